/**
 * Keeps a broken cluster for a person: the process behind `lab up`. It runs the script of a scenario
 * as grading does, up to the point where the submission would repair; there it waits. Commands come
 * over a socket in the cluster's folder; `check` lets the script go on to its verdict.
 */
import { chmodSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isOnPostgres } from '../lab.ts';
import { loadLab } from '../paths.ts';
import type { SeedResult } from '../report/report.ts';
import { findBackend } from './backend.ts';
import type { PgServers } from './cluster.ts';
import { Desk, type Reply, type Request } from './desk.ts';
import { conduct } from './run.ts';

export interface KeeperOptions {
  readonly lab: string;
  readonly scenario: string;
  readonly seed: number;
  readonly keepIn: string;
}

/** What the keeper tells `lab up`. */
export interface Kept {
  readonly pid: number;
  readonly socket: string;
  readonly backend: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly port: number;
    readonly dataDir: string;
  }[];
  readonly archiveDir: string;
  /** False when the scenario judges code: there is nothing for a person to repair. */
  readonly byHand: boolean;
}

export type FromKeeper =
  | { readonly type: 'doing'; readonly text: string }
  | { readonly type: 'ready'; readonly kept: Kept }
  | { readonly type: 'trouble'; readonly text: string };

export type Command =
  | ({ readonly type: 'op' } & Request)
  | { readonly type: 'check' }
  | { readonly type: 'down' };

export type Answer =
  | { readonly type: 'reply'; readonly reply: Reply }
  | { readonly type: 'verdict'; readonly result: SeedResult }
  | { readonly type: 'gone' };

const tell = (message: FromKeeper) => process.connected && process.send?.(message, () => {});
const options = JSON.parse(process.argv[2] ?? '{}') as KeeperOptions;
const down = new AbortController();
let letGo = () => {};
let verdict: Promise<SeedResult> | undefined;

async function serve(cluster: PgServers): Promise<string> {
  const desk = new Desk(cluster, () => {});
  const socket = join(cluster.folder, 'keeper.sock');
  const server = createServer((client) => {
    client.on('error', () => {});
    createInterface({ input: client }).on('line', (line) => {
      void answer(desk, JSON.parse(line) as Command).then((reply) => say(client, reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o600);
  return socket;
}

function say(client: Socket, answer: Answer): void {
  client.write(`${JSON.stringify(answer)}\n`, () => {
    if (answer.type === 'gone') down.abort();
  });
}

async function answer(desk: Desk, command: Command): Promise<Answer> {
  if (command.type === 'op') return { type: 'reply', reply: await desk.perform(command) };
  if (command.type === 'down') return { type: 'gone' };
  letGo();
  return verdict ? { type: 'verdict', result: await verdict } : { type: 'gone' };
}

async function main(): Promise<void> {
  const lab = await loadLab(options.lab);
  const scenario = isOnPostgres(lab)
    ? lab.parts.flatMap((p) => p.scenarios).find((s) => s.id === options.scenario)
    : undefined;
  if (scenario === undefined) throw new Error(`${options.lab} has no ${options.scenario}`);
  const backend = await findBackend();
  tell({
    type: 'doing',
    text: `${scenario.nodes} server${scenario.nodes === 1 ? '' : 's'}, ${backend.words}`,
  });
  let settle: (result: SeedResult) => void = () => {};
  verdict = new Promise((resolve) => {
    settle = resolve;
  });
  const result = await conduct({
    backend,
    scenario,
    seed: options.seed,
    keepIn: options.keepIn,
    signal: down.signal,
    equip(cluster) {
      const hand = async (byHand: boolean) => {
        const socket = await serve(cluster);
        const nodes = cluster.nodes.map(({ name, port, dataDir }) => ({ name, port, dataDir }));
        const isUsed = (await cluster.primary.list(cluster.archiveDir)).length > 0;
        const archiveDir = cluster.spec.archive || isUsed ? cluster.archiveDir : '';
        const kept = {
          pid: process.pid,
          socket,
          backend: backend.words,
          nodes,
          archiveDir,
          byHand,
        };
        tell({ type: 'ready', kept });
        process.disconnect?.();
        await new Promise<void>((resolve) => {
          letGo = byHand ? resolve : () => {};
        });
      };
      return { open: () => hand(false) as Promise<never>, byHand: () => hand(true) };
    },
    async onJudged(judged) {
      settle(judged);
      if (judged.undecided) tell({ type: 'trouble', text: judged.undecided });
      // The servers stay up to be looked at, until `lab down`.
      await new Promise((resolve) => down.signal.addEventListener('abort', resolve));
    },
  });
  if (result.undecided) tell({ type: 'trouble', text: result.undecided });
}

for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => down.abort());
main()
  .catch((error: Error) => tell({ type: 'trouble', text: error.message }))
  .finally(() => process.exit());
