/**
 * Where clusters live on this machine, and the promise that none outlives its owner. Each cluster is
 * a folder that names the process it belongs to. A guard process, started with the first cluster,
 * notices when its owner ends, however that happens, and removes what is left; and whoever starts a
 * cluster first removes what is left of owners whose guard was killed as well.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT } from '../paths.ts';
import { removeDisks } from './disks.ts';
import { removeSegmentsOf } from './segments.ts';
import { processes, signal, startOf, treeOf } from './tree.ts';
import { InfrastructureError } from './wait.ts';

/** The compiled guard: a program of its own. */
const GUARD_FILE = join(ROOT, 'dist', 'grader', 'systems', 'guard.js');
const OWNER_FILE = 'owner.json';
const CLUSTER_PREFIX = 'c-';
/** In the folder of a cluster of containers. */
export const CONTAINERS_FILE = 'containers';
/** On each container: the name of its cluster's folder. */
export const CLUSTER_LABEL = 'org.faultlab.cluster';
/** In each container: a folder of the host that all machines of a cluster see. */
export const SHARED = '/faultlab-shared';
/** Memory is the faster disk, when there is enough of it. */
const MEMORY_DISK = '/dev/shm';
const FREE_BYTES_MIN = 1024 ** 3;

export interface Owner {
  readonly pid: number;
  readonly startedAt: string;
}

export const thisProcess = (): Owner => ({
  pid: process.pid,
  startedAt: startOf(process.pid) ?? '',
});

/** The folder of all clusters and templates of this user. `FAULTLAB_STATE` moves it. */
export function stateFolder(): string {
  const user = process.getuid?.() ?? 0;
  const base = process.env.FAULTLAB_STATE ?? (hasMemoryDisk() ? MEMORY_DISK : tmpdir());
  const folder = join(base, `faultlab-${user}`);
  mkdirSync(folder, { recursive: true });
  const { uid } = lstatSync(folder);
  if (process.getuid !== undefined && uid !== user) {
    throw new InfrastructureError(
      `${folder} belongs to another user (${uid}): set FAULTLAB_STATE to a folder of your own`,
    );
  }
  // The servers' user has to pass through, and nobody else has to look.
  chmodSync(folder, 0o711);
  return folder;
}

function hasMemoryDisk(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_DISK);
    return bavail * bsize > FREE_BYTES_MIN;
  } catch {
    return false;
  }
}

/** A new folder for a cluster of this process, under guard. */
export function claimFolder(): string {
  reapLeftovers();
  guard();
  const folder = mkdtempSync(join(stateFolder(), CLUSTER_PREFIX));
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, OWNER_FILE), JSON.stringify(thisProcess()));
  return folder;
}

/** Ends all processes that live in a folder, and removes it. */
export function removeFolder(folder: string): void {
  const killed: number[] = [];
  // More than once: a server may have been about to start another process.
  for (let round = 0; round < 5; round++) {
    const found = livingIn(folder);
    if (found.length === 0) break;
    for (const pid of found) signal(pid, 'SIGKILL');
    killed.push(...found);
  }
  removeSegmentsOf(killed);
  removeDisks(folder);
  if (existsSync(join(folder, CONTAINERS_FILE))) removeContainers(basename(folder));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

/** By the `docker` command, and waiting for it: this may be the last thing that a process does. */
function removeContainers(cluster: string): void {
  const filter = `label=${CLUSTER_LABEL}=${cluster}`;
  const { stdout } = spawnSync('docker', ['ps', '-aq', '--filter', filter], { encoding: 'utf8' });
  const ids = (stdout ?? '').split('\n').filter(Boolean);
  // The user of this process could not remove what the image's own server user has left.
  const clear = ['-u', 'root', ids[0] ?? '', 'sh', '-c', `rm -rf ${SHARED}/*`];
  if (ids.length > 0) spawnSync('docker', ['exec', ...clear]);
  if (ids.length > 0) spawnSync('docker', ['rm', '-f', '-v', ...ids]);
}

/** Processes that were started for this folder or work in it, and their children. */
function livingIn(folder: string): number[] {
  const all = processes();
  const roots = all.filter(
    ({ pid, command, folder: at }) =>
      pid !== process.pid && (at.startsWith(`${folder}/`) || command.includes(`${folder}/`)),
  );
  return [...new Set(roots.flatMap(({ pid }) => treeOf(pid, all)))];
}

/** The folders of all clusters, and whether each has lost its owner. */
export function clusterFolders(): { folder: string; owner: Owner | undefined; orphan: boolean }[] {
  const base = stateFolder();
  return readdirSync(base)
    .filter((name) => name.startsWith(CLUSTER_PREFIX))
    .flatMap((name) => {
      const folder = join(base, name);
      // Another process may be removing it at this moment.
      const stats = lstatSync(folder, { throwIfNoEntry: false });
      if (stats === undefined) return [];
      const owner = ownerOf(folder);
      const isNew = owner === undefined && Date.now() - stats.ctimeMs < 5000;
      const orphan = !isNew && (owner === undefined || startOf(owner.pid) !== owner.startedAt);
      return [{ folder, owner, orphan }];
    });
}

function ownerOf(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER_FILE), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** Removes clusters whose owner is gone. Returns how many. */
export function reapLeftovers(): number {
  const orphans = clusterFolders().filter(({ orphan }) => orphan);
  for (const { folder } of orphans) removeFolder(folder);
  return orphans.length;
}

/** Removes the clusters of one process: what the guard does when that process is gone. */
export function reapOf(owner: Owner): void {
  for (const { folder, owner: found } of clusterFolders()) {
    if (found?.pid === owner.pid && found.startedAt === owner.startedAt) removeFolder(folder);
  }
}

let running: ChildProcess | undefined;

/** Starts the guard of this process, once. It holds one end of a pipe, and waits for the other to close. */
function guard(): void {
  if (running !== undefined) return;
  if (!existsSync(GUARD_FILE)) {
    throw new InfrastructureError(`${GUARD_FILE} is missing: npm run prepare`);
  }
  running = spawn(process.execPath, [GUARD_FILE, JSON.stringify(thisProcess())], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { ...process.env },
  });
  running.on('error', () => {});
  running.unref();
  (running.stdin as unknown as { unref?(): void }).unref?.();
}
