/** For the grader's own tests: runs a scenario on a submission given as text. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster, Invariant } from './cluster/interface.ts';
import type { Scenario, SimulatedLab } from './lab.ts';
import type { Crew } from './names.ts';
import { BOOT_FILE } from './paths.ts';
import { load, loadBoot } from './realm/load.ts';
import type { BuildProblem } from './report/report.ts';
import type { Run } from './run.ts';
import { Session } from './session.ts';

let bootCode: Promise<string> | undefined;

export interface Trial {
  /** Files of the submission; `node.ts` is the entry. */
  readonly files: Readonly<Record<string, string>>;
  readonly run: (cluster: Cluster) => void;
  readonly nodes?: Crew;
  readonly seed?: number;
  readonly invariants?: readonly Invariant[];
  readonly keepTrace?: boolean;
}

/** Bundles a submission given as text. */
export async function loadText(files: Trial['files']) {
  const folder = mkdtempSync(join(tmpdir(), 'faultlab-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await load({ folder, entry: 'node.ts', given: {} });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is wrong with a submission that must not load. */
export async function problemsOf(files: Trial['files']): Promise<readonly BuildProblem[]> {
  const result = await loadText(files);
  return 'problems' in result ? result.problems : [];
}

/** A lab with nothing in it. */
export function emptyLab(invariants: readonly Invariant[] = []): SimulatedLab {
  return {
    slug: 'test',
    title: 'Test',
    summary: '',
    entry: 'node.ts',
    given: [],
    methods: { n: ['inspect'], c: [] },
    hours: '',
    parts: [],
    invariants: () => invariants,
  };
}

export function scenarioOf(trial: Pick<Trial, 'run' | 'nodes'>): Scenario {
  const { run, nodes = 2 } = trial;
  return { id: 'T1', title: 'test', points: 1, nodes, lookAt: 'why?', run };
}

export async function openSession(trial: Pick<Trial, 'files' | 'invariants'>): Promise<Session> {
  bootCode ??= loadBoot(BOOT_FILE);
  const result = await loadText(trial.files);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return new Session({
    lab: emptyLab(trial.invariants),
    loaded: result.loaded,
    bootCode: await bootCode,
  });
}

/** One run of `trial.run` on the submission. */
export async function tryOut(trial: Trial): Promise<Run> {
  const session = await openSession(trial);
  try {
    return await session.run(scenarioOf(trial), trial.seed ?? 1, {
      keepTrace: trial.keepTrace ?? false,
    });
  } finally {
    session.close();
  }
}

/** A node whose class body is `body`; it reports by `emit('out', …)`. */
export function nodeSource(body: string, before = ''): Trial['files'] {
  return {
    'node.ts': `import { RpcError, DiskError, sleep, type NodeContext } from 'faultlab/node';
void [RpcError, DiskError, sleep];
${before}
export default class Node {
  c: any;
  constructor(context: any) { this.c = context; }
  inspect() { return {}; }
${body}
}
`,
  };
}

/** Runs `body` in the `start` of each node for `ms`, and returns what it emitted as `out`, per node. */
export async function outputsOf(
  body: string,
  options: { before?: string; nodes?: number; run?: (cluster: Cluster) => void } = {},
): Promise<{ outputs: Record<string, unknown[]>; run: Run }> {
  const outputs: Record<string, unknown[]> = {};
  const run = await tryOut({
    files: nodeSource(`async start() { const c = this.c; ${body} }`, options.before),
    nodes: options.nodes ?? 1,
    run(cluster) {
      cluster.onEmit((node, _name, value) => {
        outputs[node] ??= [];
        outputs[node].push(value);
      });
      if (options.run) options.run(cluster);
      else cluster.run(5000);
    },
  });
  return { outputs, run };
}
