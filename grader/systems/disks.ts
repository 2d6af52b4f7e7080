/** Disks of a given size, for machines that are folders: in memory, on Linux, for the superuser. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { identity } from './identity.ts';
import { InfrastructureError } from './wait.ts';

let known: boolean | undefined;

/** Whether disks can be made here; found out by making one below `folder`. */
export function canLimitDisks(folder: string): boolean {
  known ??= process.platform === 'linux' && process.getuid?.() === 0 && tryOne(folder);
  return known;
}

function tryOne(folder: string): boolean {
  const probe = mkdtempSync(join(folder, 'probe-'));
  const isMade = mount(probe, 1) === '';
  if (isMade) unmount(probe);
  rmdirSync(probe);
  return isMade;
}

/** Makes a folder that holds this much, and no more. */
export function makeDisk(folder: string, sizeMb: number): void {
  mkdirSync(folder, { recursive: true });
  const trouble = mount(folder, sizeMb);
  if (trouble) throw new InfrastructureError(`a disk of ${sizeMb} MB cannot be made: ${trouble}`);
}

/** Returns what went wrong, or ''. */
function mount(folder: string, sizeMb: number): string {
  const { uid = 0, gid = 0 } = identity;
  const options = `size=${sizeMb}m,mode=0755,uid=${uid},gid=${gid}`;
  const done = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'faultlab', folder], {
    encoding: 'utf8',
  });
  if (done.status === 0) return '';
  return done.error?.message ?? (done.stderr.trim() || `mount ended with ${done.status}`);
}

/** At once, even if somebody is still using it. */
function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder], { stdio: 'ignore' });
}

/** Takes away all disks below a folder. */
export function removeDisks(folder: string): void {
  if (process.platform !== 'linux') return;
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const at = line.split(' ')[1];
    if (at?.startsWith(`${folder}/`)) unmount(at);
  }
}
