// Whether dist/ is older than what it is made from.
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = ['grader', 'cli', 'labs', 'solutions', 'outages'];

/** When a file was last changed; 0 if it does not exist. */
const changedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** True if a source, or the build script, was changed after `sinceMs`. A removed file counts too. */
function isNewer(folder, sinceMs) {
  if (changedMs(folder) > sinceMs) return true;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (
      entry.isDirectory()
        ? isNewer(path, sinceMs)
        : isSource(entry.name) && changedMs(path) > sinceMs
    ) {
      return true;
    }
  }
  return false;
}

const isSource = (name) => name.endsWith('.ts') && !name.endsWith('.test.ts');

export function isStale() {
  const script = changedMs(join(root, 'scripts', 'build.mjs'));
  if (script === 0) return false; // not a checkout
  const stamp = changedMs(join(root, 'dist', '.stamp'));
  if (script > stamp) return true;
  return SOURCES.some(
    (name) => changedMs(join(root, name)) > 0 && isNewer(join(root, name), stamp),
  );
}
