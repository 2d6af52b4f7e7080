/** `lab seed-set`: hidden seeds from a secret, and the hash that is published before the deadline. */
import { readFileSync } from 'node:fs';
import { commitmentOf, deriveSeedSet, parseSeedSet, type SeedSet } from '../../grader/seed-set.ts';
import { UsageError } from '../errors.ts';
import type { Ui } from '../ui.ts';

export interface SeedSetOptions {
  readonly secretFile?: string;
  readonly name?: string;
  readonly count: number;
  readonly verify?: string;
  readonly hash?: string;
}

const SECRET_BYTES_MIN = 16;

export async function seedSet(ui: Ui, options: SeedSetOptions): Promise<number> {
  if (options.verify !== undefined) return verify(ui, options.verify, options.hash);
  const { secretFile, name, count } = options;
  if (secretFile === undefined || name === undefined) {
    const what = `--${secretFile === undefined ? 'secret-file' : 'name'} is missing`;
    throw new UsageError({ what, todo: 'lab seed-set --secret-file FILE --name "raft 2026"' });
  }
  const secret = read(secretFile).trim();
  if (Buffer.byteLength(secret) < SECRET_BYTES_MIN) {
    const what = `the secret in ${JSON.stringify(secretFile)} has ${Buffer.byteLength(secret)} bytes, and can be guessed`;
    throw new UsageError({ what, todo: `give at least ${SECRET_BYTES_MIN}: openssl rand -hex 32` });
  }
  const set = deriveSeedSet(secret, name, count);
  ui.out(JSON.stringify(set));
  ui.err(`Publish this hash now, and the list after the deadline: ${commitmentOf(set)}`);
  return 0;
}

function verify(ui: Ui, file: string, hash: string | undefined): number {
  const commitment = commitmentOf(parsed(file));
  if (hash === undefined) {
    ui.out(commitment);
    return 0;
  }
  const isSame = commitment === hash.toLowerCase();
  ui.out(
    isSame ? '✓ the seeds are those that were promised' : `✗ these are other seeds: ${commitment}`,
  );
  return isSame ? 0 : 1;
}

function parsed(file: string): SeedSet {
  const text = read(file);
  try {
    return parseSeedSet(text);
  } catch (error) {
    const what = `${JSON.stringify(file)} is not a seed set: ${(error as Error).message}`;
    throw new UsageError({ what, todo: 'give a file that lab seed-set made' });
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const what = `${JSON.stringify(file)} cannot be read: ${(error as Error).message}`;
    throw new UsageError({ what, todo: 'give a file that can be read' });
  }
}
