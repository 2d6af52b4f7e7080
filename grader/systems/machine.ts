/**
 * What a backend provides: machines that can run PostgreSQL. All that the labs do with servers is
 * built on this (server.ts, cluster.ts), so that a lab means the same on each backend.
 */
import type { NodeId } from '../node.ts';
import type { ToolResult } from './postgres.ts';

export type BackendKind = 'containers' | 'local' | 'embedded';

/** A program of PostgreSQL that only some backends have, or a fault that only some can cause. */
export type Capability =
  | 'pg_basebackup'
  | 'pg_rewind'
  | 'pg_waldump'
  | 'pg_dump'
  | 'pg_resetwal'
  | 'psql'
  | 'disk-limit';

/** Those that are programs: a backend has them or not. */
export const TOOL_CAPABILITIES = [
  'pg_basebackup',
  'pg_rewind',
  'pg_waldump',
  'pg_dump',
  'pg_resetwal',
  'psql',
] as const;

const NEEDS: Partial<Record<Capability, string>> = {
  'disk-limit': 'Linux and root, or containers',
};

/** `disk-limit (needs Linux and root, or containers)`, for a message. */
export function inWords(missing: readonly Capability[]): string {
  return missing.map((name) => (NEEDS[name] ? `${name} (needs ${NEEDS[name]})` : name)).join(', ');
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One machine: a disk with a data directory, and at most one server on it. */
export interface Machine {
  readonly name: NodeId;
  readonly dataDir: string;
  /** Where this process, and a student's psql, reach the server. */
  readonly address: Address;
  /** Spawns the server and does not wait for it. Rejects when one is running already. */
  launch(): Promise<void>;
  /** Whether the server's main process is there. */
  isUp(): Promise<boolean>;
  signalServer(name: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP'): Promise<void>;
  /** Power off: no process of the machine's server runs another instruction. */
  powerOff(): Promise<void>;
  /** All processes of the server stand still. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Runs a program as the server's user. Never rejects for its exit code. */
  run(program: string, args: readonly string[], withinMs?: number): Promise<ToolResult>;
  /** Paths are full, or in the data directory. Rejects with the system's words when nothing is there. */
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  list(path: string): Promise<string[]>;
  remove(path: string): Promise<void>;
  /** The end of the server's log. */
  logTail(lines: number): Promise<string>;
}

/** Machines that belong together, with the template of a data directory on each. */
export interface Site {
  readonly machines: readonly Machine[];
  /** The claimed folder; a process that has it on its command line ends with the site. */
  readonly folder: string;
  readonly archiveDir: string;
  /** Where a proxy of this process has to listen so that the machines reach it. */
  readonly proxyHost: string;
  /** How a machine reaches that proxy. */
  readonly proxyAddress: string;
  /** Power off, and nothing left behind. */
  destroy(): Promise<void>;
}

export interface SiteSpec {
  readonly names: readonly NodeId[];
  /** The disk of a node can hold this much, WAL and data. */
  readonly diskMb?: Readonly<Record<NodeId, number>>;
}

export interface Backend {
  readonly kind: BackendKind;
  /** `15.14` */
  readonly version: string;
  readonly can: ReadonlySet<Capability>;
  /** One line for people: `PostgreSQL 15.14, local binaries in /usr/lib/postgresql/15/bin`. */
  readonly words: string;
  createSite(spec: SiteSpec): Promise<Site>;
}
