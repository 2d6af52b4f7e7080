/**
 * The events of a run as they were when it was last replayed: after an edit, the first event that
 * differs shows what the edit changed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { TraceLine } from '../grader/replay.ts';
import { plural, seconds } from '../grader/report/terminal.ts';

const wordsOf = ({ atMs, node = '', kind, text }: TraceLine) =>
  `${seconds(atMs)}  ${node.padEnd(3)} ${kind.padEnd(8)} ${text}`;

function recordingFile(root: string, run: string): string {
  return join(root, '.lab', 'runs', `${run}.txt.gz`);
}

export function record(root: string, run: string, trace: readonly TraceLine[]): void {
  const file = recordingFile(root, run);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, gzipSync(trace.map(wordsOf).join('\n')));
}

/** Says where `trace` departs from the recording; undefined when it does not, or there is none. */
export function whereItDiffers(
  root: string,
  run: string,
  trace: readonly TraceLine[],
): readonly string[] | undefined {
  const file = recordingFile(root, run);
  if (!existsSync(file)) return undefined;
  const before = readBack(file);
  const now = trace.map(wordsOf);
  const length = Math.max(before.length, now.length);
  for (let i = 0; i < length; i++)
    if (before[i] !== now[i])
      return [
        `Since the last replay the run has changed, first ${i < now.length ? `at event ${i + 1} of ${now.length}` : `where it ends now, after ${plural(now.length, 'event')}`}:`,
        `  was  ${before[i] ?? 'over'}`,
        `  is   ${now[i] ?? 'over'}`,
      ];
  return undefined;
}

/** A file that cannot be read is no recording: the next replay writes a new one. */
function readBack(file: string): readonly string[] {
  try {
    return gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  } catch {
    return [];
  }
}
