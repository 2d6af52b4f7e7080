/**
 * Carries out what a program in another process asks of the servers: by IPC for a runbook, by a
 * socket for `lab shell`. Everything passes through here, so everything is in the record.
 */

import type { NodeId } from '../node.ts';
import type { PgServers } from './cluster.ts';
import type { StoreMember } from './live/store.ts';
import { type PgSession, ServerError, SqlError, type SqlFault, StoreError } from './postgres.ts';

/** What another process may ask for: `node` is a node's name, `store`, or `#7` for a session. */
export interface Request {
  readonly node: string;
  readonly op: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: Fault };

/** An error as data. */
export interface Fault {
  readonly kind: 'sql' | 'server' | 'store' | 'other';
  readonly sql?: SqlFault;
  readonly message: string;
}

const NODE_OPS = [
  'sql',
  'isRunning',
  'conninfo',
  'start',
  'stop',
  'restart',
  'configure',
  'run',
  'baseBackup',
  'readFile',
  'writeFile',
  'list',
  'remove',
  'logTail',
] as const;

/** Where a program runs, when it is not beside all servers: it reaches this one, and the store. */
export interface Place {
  readonly node: NodeId;
  readonly store: StoreMember;
}

type Method = (...args: unknown[]) => Promise<unknown>;

export class Desk {
  readonly #cluster: PgServers;
  readonly #onRequest: (request: Request) => void;
  readonly #sessions = new Map<string, { session: PgSession; node: string }>();
  readonly #place: Place | undefined;
  #next = 1;

  constructor(cluster: PgServers, onRequest: (request: Request) => void, place?: Place) {
    this.#cluster = cluster;
    this.#onRequest = onRequest;
    this.#place = place;
  }

  async perform(request: Request): Promise<Reply> {
    try {
      return { ok: true, value: await this.#perform(request) };
    } catch (error) {
      return { ok: false, fault: faultOf(error) };
    }
  }

  async #perform({ node, op, args }: Request): Promise<unknown> {
    const open = this.#sessions.get(node);
    this.#onRequest({ node: open?.node ?? node, op, args });
    if (open && op === 'query') {
      return open.session.query(args[0] as string, args[1] as unknown[] | undefined);
    }
    if (open && op === 'close') {
      this.#sessions.delete(node);
      return open.session.close();
    }
    const place = this.#place;
    if (place && node === 'store') return place.store.perform(op, args);
    const server = this.#cluster.node(node);
    if (place && node !== place.node) {
      throw new ServerError(`from the machine of ${place.node} no other server can be operated`);
    }
    if (op === 'connect') {
      const session = await server.connect('runbook');
      const name = `#${this.#next++}`;
      this.#sessions.set(name, { session, node });
      return name;
    }
    if (!(NODE_OPS as readonly string[]).includes(op)) {
      throw new ServerError(
        `a node has no operation ${JSON.stringify(op)}: ${NODE_OPS.join(', ')}`,
      );
    }
    return (server as unknown as Record<string, Method>)[op]?.(...args);
  }

  /** Closes what the program has left open. */
  async close(): Promise<void> {
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(open.map(({ session }) => session.close()));
  }
}

export function faultOf(error: unknown): Fault {
  const { message } = error as Error;
  if (error instanceof SqlError) {
    const { code, detail, wasSent } = error;
    return { kind: 'sql', message, sql: { message, code, detail, wasSent } };
  }
  if (error instanceof StoreError) return { kind: 'store', message };
  return { kind: error instanceof ServerError ? 'server' : 'other', message };
}

export function errorOf({ kind, message, sql }: Fault): Error {
  if (sql) return new SqlError(sql);
  if (kind === 'store') return new StoreError(message);
  return kind === 'server' ? new ServerError(message) : new Error(message);
}

/** Facts about the nodes that another process needs at once, without asking. */
export interface NodeFacts {
  readonly name: string;
  readonly port: number;
  readonly dataDir: string;
  /** By the name of the other node. */
  readonly conninfo: Readonly<Record<string, string>>;
}

export function factsOf({ nodes }: PgServers): NodeFacts[] {
  return nodes.map((node) => {
    const others = nodes.filter((n) => n !== node).map(({ name }) => [name, node.conninfo(name)]);
    const { name, port, dataDir } = node;
    return { name, port, dataDir, conninfo: Object.fromEntries(others) };
  });
}

/** A request in words, for the record: `n2: ALTER SYSTEM SET …`. */
export function requestWords({ node, op, args }: Request): string {
  if (op === 'sql' || op === 'query') {
    const [text, params] = args as [string, unknown[] | undefined];
    const values = params?.length ? `  ${JSON.stringify(params)}` : '';
    return `${node}: ${String(text).replaceAll(/\s+/g, ' ').trim()}${values}`;
  }
  const words = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)));
  return `${node}: ${[op, ...words].join(' ')}`.trim();
}

const CHANGES = /^\s*(insert|update|delete|alter|create|drop|truncate|vacuum|checkpoint|begin)/i;
const ACTS =
  /pg_(promote|wal_replay_(pause|resume)|terminate_backend|cancel_backend|drop_replication_slot|create_\w*slot|reload_conf|switch_wal|replication_slot_advance)\s*\(/i;
const DEEDS = ['start', 'stop', 'restart', 'configure', 'run', 'baseBackup', 'writeFile', 'remove'];

/** Whether a request may change something; what only looks is not worth a line of a story. */
export function isDeed({ op, args }: Request): boolean {
  if (op !== 'sql' && op !== 'query') return DEEDS.includes(op);
  return CHANGES.test(String(args[0])) || ACTS.test(String(args[0]));
}
