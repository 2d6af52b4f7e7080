/** `lab doctor`: what of this machine works, by doing it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { WORKER_FILE } from '../../grader/paths.ts';
import { labOrLast } from '../select.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown } from '../workspace.ts';

const MB = 1024 * 1024;
const MEMORY_MB_MIN = 500;

/** A check returns what it saw, and throws what is wrong and what to do. */
type Check = readonly [name: string, run: () => Promise<string> | string];

const CHECKS: readonly Check[] = [
  [
    'Node',
    () => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      if (major > 20 || (major === 20 && minor >= 19)) return process.version;
      throw new Error(`${process.version} is too old: install Node 20.19 or newer`);
    },
  ],
  ['Cores', () => `${availableParallelism()}, one worker process each`],
  [
    'Memory',
    () => {
      const text = `${Math.round(totalmem() / MB)} MB, ${Math.round(freemem() / MB)} MB free`;
      if (totalmem() / MB >= MEMORY_MB_MIN) return text;
      throw new Error(`${text}: use --jobs 1`);
    },
  ],
  [
    'Compiler',
    async () => {
      const { transform, version } = await import('esbuild');
      const { code } = await transform('const x: number = 1;', { loader: 'ts' });
      if (code.includes('number')) throw new Error('esbuild does not translate TypeScript: npm ci');
      return `esbuild ${version}`;
    },
  ],
  [
    'Worker',
    () => {
      if (existsSync(WORKER_FILE)) return shown(WORKER_FILE);
      throw new Error(`${WORKER_FILE} is missing: npm run prepare`);
    },
  ],
  [
    'Files',
    () => {
      const root = findWorkspace();
      const folder = join(root, '.lab');
      mkdirSync(folder, { recursive: true });
      const probe = join(folder, `probe.${process.pid}`);
      writeFileSync(probe, 'probe');
      rmSync(probe);
      return `${root} can be written`;
    },
  ],
  [
    'Labs',
    async () => {
      const { course } = await import('../../outages/index.ts');
      const labs = await Promise.all(course.map(({ slug }) => labOrLast('', slug).load()));
      return labs.map((lab) => lab.slug).join(', ');
    },
  ],
];

export async function doctor(ui: Ui): Promise<number> {
  let isWell = true;
  for (const [name, run] of CHECKS) {
    try {
      ui.out(`${ui.style.colours.green('✓')} ${name.padEnd(10)}${await run()}`);
    } catch (error) {
      isWell = false;
      ui.out(`${ui.style.colours.red('✗')} ${name.padEnd(10)}${(error as Error).message}`);
    }
  }
  return isWell ? 0 : 3;
}
