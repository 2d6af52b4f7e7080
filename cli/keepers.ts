/** Clusters that `lab up` keeps: one per lab, in `.lab/up/<lab>.json`, until `lab down`. */
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../grader/paths.ts';
import type { Reply } from '../grader/systems/desk.ts';
import { errorOf } from '../grader/systems/desk.ts';
import type { Answer, Command, FromKeeper, KeeperOptions, Kept } from '../grader/systems/keeper.ts';
import { startOf } from '../grader/systems/tree.ts';
import { waitFor } from '../grader/systems/wait.ts';
import { UsageError } from './errors.ts';

const KEEPER_FILE = join(ROOT, 'dist', 'grader', 'systems', 'keeper.js');
const GONE_WITHIN_MS = 20_000;

export interface UpState extends Kept {
  readonly lab: string;
  readonly scenario: string;
  readonly seed: number;
  /** Distinguishes the keeper from a later process with its number. */
  readonly startedAt: string;
}

const upFolder = (root: string) => join(root, '.lab', 'up');
const stateFile = (root: string, lab: string) => join(upFolder(root), `${lab}.json`);

/** Starts a keeper; resolves once the cluster is broken as the scenario wants it. @throws {Error} */
export async function raise(
  root: string,
  options: KeeperOptions,
  onDoing: (text: string) => void,
): Promise<UpState> {
  const keeper = fork(KEEPER_FILE, [JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const kept = await new Promise<Kept>((resolve, reject) => {
    keeper.on('message', (message: FromKeeper) => {
      if (message.type === 'ready') resolve(message.kept);
      else if (message.type === 'doing') onDoing(message.text);
      else reject(new Error(message.text));
    });
    keeper.on('error', reject);
    keeper.on('exit', () => reject(new Error('the process that kept the cluster has ended')));
  });
  keeper.unref();
  const { lab, scenario, seed } = options;
  const startedAt = startOf(kept.pid) ?? '';
  const state: UpState = { ...kept, lab, scenario, seed, startedAt };
  mkdirSync(upFolder(root), { recursive: true });
  writeFileSync(stateFile(root, lab), `${JSON.stringify(state, null, 2)}\n`);
  return state;
}

/** What is up; files of keepers that are gone are removed. */
export function allUp(root: string): UpState[] {
  if (!existsSync(upFolder(root))) return [];
  return readdirSync(upFolder(root)).flatMap((name) => {
    const file = join(upFolder(root), name);
    try {
      const state = JSON.parse(readFileSync(file, 'utf8')) as UpState;
      if (startOf(state.pid) === state.startedAt) return [state];
    } catch {
      // Not one of ours, or half written: of no use.
    }
    rmSync(file, { force: true });
    return [];
  });
}

/** The cluster of a lab, or the only one. @throws {UsageError} when there is none */
export function findUp(root: string, lab?: string): UpState {
  const all = allUp(root);
  const [only] = all;
  const found = lab === undefined && all.length === 1 ? only : all.find((up) => up.lab === lab);
  if (found) return found;
  const allowed = all.map((up) => up.lab);
  const isNode = all.some(({ nodes }) => nodes.some(({ name }) => name === lab));
  if ((lab === undefined || isNode) && all.length > 0) {
    const what = all.length > 1 ? 'several clusters are up' : `${lab} is a node, not a lab`;
    throw new UsageError({ what, allowed, todo: 'name the lab first' });
  }
  const what = lab === undefined ? 'no cluster is up' : `no cluster of ${lab} is up`;
  throw new UsageError({ what, allowed, todo: `lab up ${lab ?? '<lab>'}` });
}

/** Ends a cluster; resolves when nothing of it is left. */
export async function lower(root: string, up: UpState): Promise<void> {
  await command(up, { type: 'down' }).catch(() => undefined);
  const isGone = () => startOf(up.pid) !== up.startedAt;
  await waitFor('the cluster to end', isGone, { withinMs: GONE_WITHIN_MS });
  forget(root, up.lab);
}

function forget(root: string, lab: string): void {
  rmSync(stateFile(root, lab), { force: true });
}

/** One command to a keeper, and its answer. */
export function command(up: UpState, message: Command): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const client = connect(up.socket);
    client.on('error', reject);
    client.on('close', () => resolve({ type: 'gone' }));
    createInterface({ input: client }).on('line', (line) => {
      resolve(JSON.parse(line) as Answer);
      client.end();
    });
    client.write(`${JSON.stringify(message)}\n`);
  });
}

/** An operation on a node. @throws {SqlError | ServerError} as the node does */
export async function operate(
  up: UpState,
  node: string,
  op: string,
  ...args: readonly unknown[]
): Promise<unknown> {
  const answer = await command(up, { type: 'op', node, op, args });
  const reply: Reply | undefined = answer.type === 'reply' ? answer.reply : undefined;
  if (reply === undefined) throw new Error('the process that kept the cluster has ended: lab up');
  if (reply.ok) return reply.value;
  throw errorOf(reply.fault);
}
