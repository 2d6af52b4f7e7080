/** A Gradescope autograder as files of a zip: the grader with one lab, its set-up, and how to run it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { studentFiles } from './students.ts';

export interface GradescopeOptions {
  readonly lab: string;
  /** Labs it is built on. */
  readonly uses: readonly string[];
  /** Those of them whose solution stands in; the others are handed in beside it. */
  readonly references: readonly string[];
  readonly detail: string;
  /** Text of a seed set, or none for the public seeds. */
  readonly seedSet?: string;
}

/** Path in the zip → contents. */
export function gradescopeFiles(options: GradescopeOptions): ReadonlyMap<string, Buffer> {
  const { lab, uses, references, detail, seedSet } = options;
  const template = (name: string) => readFileSync(join(ROOT, 'docs', 'templates', name));
  const words = [
    ...['--lab', lab, '--detail', detail],
    ...(references.length > 0 ? ['--with-reference', references.join(',')] : []),
    ...(seedSet === undefined ? [] : ['--seed-set', '../seeds.json']),
  ];
  const files = studentFiles({ labs: [...uses, lab], references });
  return new Map([
    ['setup.sh', template('gradescope-setup.sh')],
    ['run_autograder', template('gradescope-run.sh')],
    ['options', Buffer.from(`${words.join('\n')}\n`)],
    ...(seedSet === undefined ? [] : [['seeds.json', Buffer.from(seedSet)] as const]),
    ...[...files].map(([name, contents]) => [`faultlab/${name}`, contents] as const),
  ]);
}
