/** Machines that are containers. */
import type { Backend } from './machine.ts';

export async function containersBackend(): Promise<Backend> {
  throw new Error('not built yet');
}
