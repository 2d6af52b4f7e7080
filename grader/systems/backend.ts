/** Which backend runs a lab: what the user chose, or the first that works. */

import { localBackend } from './local.ts';
import type { Backend, BackendKind } from './machine.ts';
import { InfrastructureError } from './wait.ts';

/** In the order in which they are tried. */
export const BACKENDS: readonly BackendKind[] = ['local', 'containers', 'embedded'];

export function isBackend(name: string): name is BackendKind {
  return (BACKENDS as readonly string[]).includes(name);
}

/** One backend. @throws {Error} that says what is missing and what to do */
export function openBackend(kind: BackendKind): Promise<Backend> {
  if (kind === 'containers') return import('./containers.ts').then((m) => m.containersBackend());
  return localBackend(kind);
}

let chosen: Promise<Backend> | undefined;

/** The backend of this process: `FAULTLAB_BACKEND`, or the first that works. */
export function findBackend(): Promise<Backend> {
  chosen ??= choose();
  return chosen;
}

async function choose(): Promise<Backend> {
  const wanted = process.env.FAULTLAB_BACKEND;
  if (wanted) {
    if (isBackend(wanted)) return openBackend(wanted).catch(complain);
    throw new InfrastructureError(
      `FAULTLAB_BACKEND is ${JSON.stringify(wanted)}: it can be ${BACKENDS.join(', ')}`,
    );
  }
  const problems: string[] = [];
  for (const kind of BACKENDS) {
    try {
      return await openBackend(kind);
    } catch (error) {
      problems.push(`${kind}: ${(error as Error).message}`);
    }
  }
  throw new InfrastructureError(`no PostgreSQL to run this lab on. ${problems.join('; ')}`);
}

function complain(error: Error): never {
  throw new InfrastructureError(`${process.env.FAULTLAB_BACKEND}: ${error.message}`);
}
