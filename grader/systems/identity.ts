/** The user that servers run as: PostgreSQL refuses the superuser, so root borrows another one. */
import { execFile } from 'node:child_process';
import { chownSync, readFileSync } from 'node:fs';
import type { ToolResult } from './postgres.ts';

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

const NOBODY = 65534;

/** What to spawn with; empty for everybody but root. */
export const identity: Identity = process.getuid?.() === 0 ? lent() : {};

function lent(): Identity {
  let users = '';
  try {
    users = readFileSync('/etc/passwd', 'utf8');
  } catch {}
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  return uid === undefined ? { uid: NOBODY, gid: NOBODY } : { uid: Number(uid), gid: Number(gid) };
}

/** Gives a file or folder to the servers' user. */
export function hand(path: string): void {
  const { uid, gid } = identity;
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

export interface RunAsOptions {
  readonly cwd: string;
  readonly withinMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

/** Runs a program as the servers' user, with both streams together. Rejects only when it cannot start. */
export function runAs(
  file: string,
  args: readonly string[],
  { cwd, withinMs, env = {} }: RunAsOptions,
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    let output = '';
    const options = {
      ...identity,
      cwd,
      timeout: withinMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...env },
    };
    const child = execFile(file, [...args], options, (error) => {
      if (error === null) resolve({ exitCode: 0, output });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, output });
      else if (error.killed) {
        resolve({ exitCode: 124, output: `${output}\n(stopped after ${withinMs / 1000} s)` });
      } else if (error.signal) resolve({ exitCode: 128, output: `${output}\n(${error.signal})` });
      else reject(error);
    });
    const add = (text: string) => {
      output += text;
    };
    child.stdout?.on('data', add);
    child.stderr?.on('data', add);
    child.stdin?.end();
  });
}
