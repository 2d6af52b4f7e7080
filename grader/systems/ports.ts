/**
 * Ports of the servers on this machine. Each belongs to one cluster until its folder is removed, even
 * while its server is down: otherwise those who ask for that server would find one of another cluster.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { InfrastructureError } from './wait.ts';

const PORTS_FILE = 'ports.json';
const HOST = '127.0.0.1';
/** Below those that systems give to outgoing connections, which could take one at any time. */
const PORTS = { min: 21_000, max: 31_999 };
const TRIES_MAX = 200;

/** Ports that nobody listens on, for the cluster of a folder. @throws {InfrastructureError} */
export async function freePorts(folder: string, count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = PORTS.min + Math.floor(Math.random() * (PORTS.max - PORTS.min));
    if (await isFree(port)) found.add(port);
    if (found.size < count) continue;
    if (claimPorts(folder, [...found])) return [...found];
    found.clear();
  }
  throw new InfrastructureError(`found no free port from ${PORTS.min} to ${PORTS.max - 1}`);
}

/**
 * Adds ports to those of a cluster; false when it has one of them already, or another cluster beside it
 * has. First it writes, then it looks: of two that claim at the same time, at least one sees the other.
 */
export function claimPorts(folder: string, ports: readonly number[]): boolean {
  const own = portsOf(folder);
  writeFileSync(join(folder, PORTS_FILE), JSON.stringify([...own, ...ports]));
  const others = readdirSync(dirname(folder)).filter((name) => name !== basename(folder));
  const taken = [...own, ...others.flatMap((name) => portsOf(join(dirname(folder), name)))];
  if (!ports.some((port) => taken.includes(port))) return true;
  writeFileSync(join(folder, PORTS_FILE), JSON.stringify(own));
  return false;
}

function portsOf(folder: string): number[] {
  try {
    return JSON.parse(readFileSync(join(folder, PORTS_FILE), 'utf8')) as number[];
  } catch {
    return [];
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
