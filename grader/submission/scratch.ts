/**
 * A folder for as long as it is used: a copy of somebody's work must not stay behind, even when a
 * signal ends this process. What a process that was killed outright leaves, a later one removes.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'faultlab-copy-';
/** No grading takes this long: whoever made an older folder is gone. */
const FORGOTTEN_MS = 24 * 3600 * 1000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const folders = new Set<string>();

/** Calls `use` with a new folder, and removes it whatever happens. */
export async function withScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  removeForgotten();
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  if (folders.size === 0) for (const name of SIGNALS) process.on(name, end);
  folders.add(folder);
  try {
    return await use(folder);
  } finally {
    folders.delete(folder);
    if (folders.size === 0) for (const name of SIGNALS) process.off(name, end);
    remove(folder);
  }
}

/** Then the signal does what it would have done without us. */
function end(name: NodeJS.Signals): void {
  for (const folder of folders) remove(folder);
  for (const each of SIGNALS) process.off(each, end);
  process.kill(process.pid, name);
}

function removeForgotten(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    const { mtimeMs = Number.POSITIVE_INFINITY } =
      statSync(folder, { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > FORGOTTEN_MS) remove(folder);
  }
}

/** If possible: it may be another user's. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {}
}
