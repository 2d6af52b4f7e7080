/** `lab pack gradescope <lab>`: an autograder to upload. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Zippable, zipSync } from 'fflate';
import { gradescopeFiles } from '../../grader/authoring/gradescope.ts';
import { detailOf, seedsOf } from '../course.ts';
import { UsageError } from '../errors.ts';
import { requireWholeCourse } from '../root.ts';
import { findLab, referencesOf } from '../select.ts';
import type { Ui } from '../ui.ts';

export interface PackOptions {
  readonly out?: string;
  readonly withReference?: string;
  readonly seedSet?: string;
  readonly detail?: string;
}

/** One time for all entries: the same lab gives the same file. */
const ENTRY_TIME = '2026-01-01T00:00:00';
const EXECUTABLE = ['setup.sh', 'run_autograder'];

export async function pack(ui: Ui, platform: string, slug: string, options: PackOptions) {
  requireWholeCourse('lab pack');
  if (platform !== 'gradescope') {
    const what = `lab cannot pack for ${JSON.stringify(platform)}`;
    const todo = 'give gradescope; files for other platforms are in docs/templates/';
    throw new UsageError({ what, value: platform, allowed: ['gradescope'], todo });
  }
  const out = options.out ?? `${slug}-gradescope.zip`;
  if (existsSync(out)) {
    throw new UsageError({ what: `${JSON.stringify(out)} already exists`, todo: 'give --out' });
  }
  const lab = await findLab(slug).load();
  // Refuses now what `lab grade` would refuse there.
  seedsOf(options);
  const references = Object.keys(referencesOf(lab, options.withReference));
  const { seedSet } = options;
  const files = gradescopeFiles({
    ...{ lab: slug, uses: lab.uses ?? [], references, detail: detailOf(options) },
    ...(seedSet === undefined ? {} : { seedSet: readFileSync(seedSet, 'utf8') }),
  });
  const zip: Zippable = {};
  for (const [name, contents] of files) {
    const mode = EXECUTABLE.includes(name) ? 0o755 : 0o644;
    zip[name] = [contents, { mtime: ENTRY_TIME, os: 3, attrs: (0o100000 | mode) << 16 }];
  }
  const bytes = zipSync(zip);
  writeFileSync(out, bytes, { flag: 'wx' });
  ui.out(`${out}: ${files.size} files, ${(bytes.length / 1024).toFixed(0)} KB; upload it as is`);
  return 0;
}
