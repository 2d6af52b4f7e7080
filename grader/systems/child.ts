/**
 * The process in which a runbook lives. It holds no connection to any server: each call travels to
 * the grader, which carries it out and writes it down. Ends with its parent.
 */

import { inspect } from 'node:util';
import { Script } from 'node:vm';
import { BUNDLE_NAME } from '../realm/load.ts';
import type { NodeFacts, Reply } from './desk.ts';
import { errorOf } from './desk.ts';
import type { PgCluster, PgMachine, PgNode, PgSession, Store } from './postgres.ts';
import * as api from './postgres.ts';

export type ToChild =
  | {
      type: 'open';
      code: string;
      nodes: readonly NodeFacts[];
      archiveDir: string;
      /** The machine on which a controller runs; absent for a runbook, which is beside all servers. */
      machine?: MachineFacts;
    }
  | { type: 'call'; id: number; name: string; args: readonly unknown[] }
  | { type: 'reply'; id: number; reply: Reply };

export interface MachineFacts {
  readonly node: string;
  readonly leaseMs: number;
}

export type FromChild =
  | { type: 'opened'; exports: readonly string[] }
  | { type: 'request'; id: number; node: string; op: string; args: readonly unknown[] }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'thrown'; id: number; name: string; message: string; stack: string }
  | { type: 'log'; text: string };

const send = (message: FromChild) => process.send?.(message);

const waiting = new Map<number, (reply: Reply) => void>();
let next = 1;

async function ask(node: string, op: string, ...args: unknown[]): Promise<unknown> {
  const id = next++;
  const reply = await new Promise<Reply>((resolve) => {
    waiting.set(id, resolve);
    send({ type: 'request', id, node, op, args });
  });
  if (reply.ok) return reply.value;
  throw errorOf(reply.fault);
}

/** A node whose methods ask the grader; what is known at once is a property. */
function nodeOf({ name, port, dataDir, conninfo }: NodeFacts): PgNode {
  const known = {
    name,
    port,
    dataDir,
    conninfo(peer: string) {
      const value = conninfo[peer];
      if (value !== undefined) return value;
      const peers = Object.keys(conninfo).join(', ');
      throw new api.ServerError(
        `${name} has no way to ${JSON.stringify(peer)}: there are ${peers}`,
      );
    },
    async connect(): Promise<PgSession> {
      const id = (await ask(name, 'connect')) as string;
      return {
        query: (text, params) => ask(id, 'query', text, params) as never,
        close: () => ask(id, 'close') as Promise<never>,
      };
    },
  };
  return new Proxy(known, {
    get(target, key) {
      if (key in target || typeof key === 'symbol') return Reflect.get(target, key);
      // A node must not look like a promise when it is returned from an async function.
      return key === 'then' ? undefined : (...args: unknown[]) => ask(name, key, ...args);
    },
  }) as unknown as PgNode;
}

function log(...values: readonly unknown[]): void {
  const words = values.map((v) => (typeof v === 'string' ? v : inspect(v, { breakLength: 100 })));
  send({ type: 'log', text: words.join(' ') });
}

let submission: Record<string, unknown> = {};
/** The first argument of each call. */
let world: PgCluster | PgMachine;

const store: Store = {
  get: (...args) => ask('store', 'get', ...args) as Promise<string>,
  put: (...args) => ask('store', 'put', ...args) as Promise<never>,
  cas: (...args) => ask('store', 'cas', ...args) as Promise<boolean>,
};

function machineOf({ node, leaseMs }: MachineFacts, nodes: readonly PgNode[]): PgMachine {
  const own = nodes.find(({ name }) => name === node);
  if (own === undefined) throw new Error(`there is no node ${node}`);
  const peers = nodes.filter((other) => other !== own).map(({ name }) => name);
  return { node: own, peers, store, leaseMs, log };
}

function clusterOf(nodes: readonly PgNode[], archiveDir: string): PgCluster {
  return {
    nodes,
    archiveDir,
    log,
    node(name) {
      const node = nodes.find((n) => n.name === name);
      if (node) return node;
      const names = nodes.map((n) => n.name).join(', ');
      throw new api.ServerError(`there is no node ${JSON.stringify(name)}: there are ${names}`);
    },
  };
}

function open(message: Extract<ToChild, { type: 'open' }>): void {
  const { code, archiveDir, machine } = message;
  const nodes = message.nodes.map(nodeOf);
  world = machine === undefined ? clusterOf(nodes, archiveDir) : machineOf(machine, nodes);
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) console[method] = log;
  const factory = new Script(code, { filename: BUNDLE_NAME }).runInThisContext();
  const module = { exports: {} as Record<string, unknown> };
  factory(() => api, module, module.exports);
  submission = module.exports;
  send({ type: 'opened', exports: Object.keys(submission) });
}

async function call({ id, name, args }: Extract<ToChild, { type: 'call' }>): Promise<void> {
  const value = await (submission[name] as (...all: unknown[]) => unknown)(world, ...args);
  send({ type: 'result', id, value });
}

function thrown(id: number, error: unknown): void {
  const { name = 'Error', message = inspect(error), stack = '' } = (error ?? {}) as Error;
  send({ type: 'thrown', id, name, message, stack });
}

process.on('message', (message: ToChild) => {
  if (message.type === 'reply') {
    waiting.get(message.id)?.(message.reply);
    waiting.delete(message.id);
  } else if (message.type === 'open') {
    try {
      open(message);
    } catch (error) {
      thrown(0, error);
    }
  } else {
    call(message).catch((error: unknown) => thrown(message.id, error));
  }
});
process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error) => thrown(0, error));
process.on('unhandledRejection', (error) => thrown(0, error));
