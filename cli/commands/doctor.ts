/** `lab doctor`: what works on this machine, found out by doing it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { isOnPostgres, type ServerScenario } from '../../grader/lab.ts';
import { WORKER_FILE } from '../../grader/paths.ts';
import { wrap } from '../../grader/report/terminal.ts';
import { type Backend, inWords } from '../../grader/systems/machine.ts';
import { labOrLast } from '../select.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace, shown } from '../workspace.ts';

const MB = 1024 * 1024;
const SERVER_COLUMNS = 22;
const MEMORY_MB_MIN = 500;

/** A check returns what it saw, or throws what is wrong and what to do about it. */
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
      return `${root} is writable`;
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
      ui.out(...marked(ui.style.colours.green('✓'), name, await run(), 10));
    } catch (error) {
      isWell = false;
      ui.out(...marked(ui.style.colours.red('✗'), name, (error as Error).message, 10));
    }
  }
  ui.out('', ...(await serverLines(ui)));
  return isWell ? 0 : 3;
}

/** Which backends boot a server here, by booting one, and which labs that leaves out. */
async function serverLines(ui: Ui): Promise<string[]> {
  const { green, yellow, bold } = ui.style.colours;
  const { BACKENDS, openBackend } = await import('../../grader/systems/backend.ts');
  const { PgServers } = await import('../../grader/systems/cluster.ts');
  const lines = [
    bold('Labs on real servers (FAULTLAB_BACKEND chooses; default: the first that works)'),
  ];
  let taken: Backend | undefined;
  for (const kind of BACKENDS) {
    try {
      const backend = await openBackend(kind);
      const startMs = performance.now();
      const cluster = await PgServers.create(backend, { nodes: 2 });
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      await cluster.destroy();
      taken ??= backend;
      const what = `${backend.words}; a primary and a standby in ${seconds} s`;
      lines.push(...marked(green('✓'), kind, what));
    } catch (error) {
      lines.push(...marked(yellow('-'), kind, (error as Error).message));
    }
  }
  for (const { slug, scenarios } of await serverLabs()) {
    const needs = scenarios.flatMap(({ requires = [] }) => requires);
    const missing = [...new Set(needs)].filter((name) => !taken?.can.has(name));
    const why = taken ? `not here: no ${inWords(missing)}` : 'no backend works';
    const isFine = taken !== undefined && missing.length === 0;
    lines.push(
      ...marked(isFine ? green('✓') : yellow('-'), slug, isFine ? `on ${taken?.kind}` : why),
    );
  }
  return lines;
}

function marked(mark: string, name: string, text: string, columns = SERVER_COLUMNS): string[] {
  const [first = '', ...rest] = wrap(text, 78 - columns);
  const margin = ' '.repeat(columns + 2);
  return [`${mark} ${name.padEnd(columns)}${first}`, ...rest.map((line) => margin + line)];
}

async function serverLabs(): Promise<{ slug: string; scenarios: readonly ServerScenario[] }[]> {
  const { syllabus } = await import('../../labs/index.ts');
  const labs = await Promise.all(syllabus.map(({ load }) => load()));
  return labs.filter(isOnPostgres).map(({ slug, parts }) => {
    return { slug, scenarios: parts.flatMap((part) => part.scenarios) };
  });
}
