/** `lab export <folder>`: the course as students get it. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { studentFiles } from '../../grader/authoring/students.ts';
import { course } from '../../outages/index.ts';
import { UsageError } from '../errors.ts';
import { requireWholeCourse } from '../root.ts';
import { findLab } from '../select.ts';
import type { Ui } from '../ui.ts';
import { shown } from '../workspace.ts';

export interface ExportCommandOptions {
  readonly labs?: string;
  readonly keepReference?: string;
}

const split = (list: string | undefined) => (list ?? '').split(',').filter(Boolean);

export async function exportStudents(
  ui: Ui,
  folder: string,
  options: ExportCommandOptions,
): Promise<number> {
  requireWholeCourse('lab export');
  const target = resolve(folder);
  if (existsSync(target) && readdirSync(target).some((name) => name !== '.git')) {
    const what = `${JSON.stringify(folder)} is not empty`;
    throw new UsageError({ what, todo: 'give a new folder, or one with nothing but .git' });
  }
  const labs = options.labs === undefined ? course.map(({ slug }) => slug) : split(options.labs);
  const references = split(options.keepReference);
  const all = await Promise.all([...labs, ...references].map((slug) => findLab(slug).load()));
  for (const lab of all.slice(0, labs.length)) {
    const missing = (lab.uses ?? []).filter((slug) => !labs.includes(slug));
    if (missing.length === 0) continue;
    const what = `${lab.slug} is built on ${missing.join(', ')}, which is not among the labs`;
    throw new UsageError({ what, todo: `add it: --labs ${[...missing, ...labs].join(',')}` });
  }
  const files = studentFiles({ labs, references });
  for (const [name, contents] of files) {
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents, { flag: 'wx', mode: name.startsWith('bin/') ? 0o755 : 0o644 });
  }
  ui.out(
    `${labs.length} labs, ${files.size} files: ${shown(target)}`,
    `  then     cd ${shown(target)} && git init && npm ci && npx lab`,
  );
  return 0;
}
