/** Processes of this machine, and signals to a whole tree of them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { waitFor } from './wait.ts';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Working directory; empty where the system does not tell. */
  readonly folder: string;
}

/** All processes that can be seen; zombies are not among them. */
export function processes(): ProcessInfo[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

function fromProc(): ProcessInfo[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // `pid (name) state parent …`; the name may hold spaces and brackets.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X') return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid: Number(name), parent: Number(parent), command, folder: folderOf(name) }];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

function folderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function fromPs(): ProcessInfo[] {
  const output = execFileSync('ps', ['-axo', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' });
  return output.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || state?.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), command: command ?? '', folder: '' }];
  });
}

/** A process and all that descend from it, the process itself first. */
export function treeOf(root: number, all = processes()): number[] {
  const found = [root];
  for (const pid of found) {
    for (const child of all) if (child.parent === pid) found.push(child.pid);
  }
  return found;
}

/** When a process began, in a form that is only good for comparing; undefined when there is none. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  return startOf(pid) !== undefined;
}

/** Sends a signal; a process that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Stops a tree where it stands. The root first, so that it starts nothing more. */
export function freeze(root: number): number[] {
  signal(root, 'SIGSTOP');
  const tree = treeOf(root);
  for (const pid of tree) signal(pid, 'SIGSTOP');
  return tree;
}

/** Lets a frozen tree run on, the root last. */
export function thaw(root: number): void {
  for (const pid of treeOf(root).reverse()) signal(pid, 'SIGCONT');
}

/**
 * A power cut: no process of the tree runs another instruction. Killing the root alone would leave
 * its children to notice, and to write, for a while. Returns the ids of the dead.
 */
export async function killTree(root: number): Promise<number[]> {
  const tree = freeze(root);
  for (const pid of tree.toReversed()) signal(pid, 'SIGKILL');
  await waitFor(`processes ${tree.join(', ')} to be gone`, () => !tree.some(isAlive), {
    withinMs: 10_000,
    everyMs: 2,
  });
  return tree;
}
