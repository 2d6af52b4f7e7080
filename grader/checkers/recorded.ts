/** For tests and benchmarks: the recorded histories of `testdata/`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT } from '../paths.ts';

/** Path → text. */
export function recorded(bundle: string): ReadonlyMap<string, string> {
  const file = join(ROOT, 'grader', 'checkers', 'testdata', `${bundle}.json.gz`);
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
}

/** The etcd logs that are linearizable, by Porcupine's own tests; all others are not. */
export const ETCD_LINEARIZABLE = new Set(
  '002 005 007 018 025 031 038 045 048 049 051 053 056'.split(' '),
);
