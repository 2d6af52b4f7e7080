/**
 * The data directory that every node begins as, made once for each version and configuration: a
 * copy takes a tenth of the time of `initdb`, and copies of one directory are members of one cluster
 * (their system identifier is the same), so a standby needs no base backup.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { BASE_SETTINGS, INITDB_ARGS, PG_HBA, settingLines } from './conf.ts';
import { hand, runAs } from './identity.ts';
import { stateFolder } from './registry.ts';
import { InfrastructureError } from './wait.ts';

const MAKE_WITHIN_MS = 120_000;

/** The folder of the template; made if it is not there. */
export async function templateFolder(binaries: Binaries): Promise<string> {
  const recipe = JSON.stringify([binaries.folder, binaries.version, BASE_SETTINGS, INITDB_ARGS]);
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const base = join(stateFolder(), 'templates');
  mkdirSync(base, { recursive: true, mode: 0o711 });
  const folder = join(base, `${binaries.version}-${key}`);
  if (!existsSync(folder)) await make(binaries, base, folder);
  return folder;
}

async function make({ folder: bin }: Binaries, base: string, target: string): Promise<void> {
  // Made beside it and then renamed: two graders may do this at the same time.
  const part = mkdtempSync(join(base, 'new-'));
  const data = join(part, 'data');
  try {
    hand(part);
    const run = async (program: string, ...args: string[]) => {
      const options = { cwd: part, withinMs: MAKE_WITHIN_MS };
      const { exitCode, output } = await runAs(join(bin, program), args, options);
      if (exitCode === 0) return;
      throw new InfrastructureError(`${program} failed with ${exitCode}: ${output.trim()}`);
    };
    await run('initdb', ...INITDB_ARGS, '-D', data);
    appendFileSync(join(data, 'postgresql.conf'), `\n# Faultlab\n${settingLines(BASE_SETTINGS)}`);
    writeFileSync(join(data, 'pg_hba.conf'), PG_HBA);
    // pg_control keeps the limits of the last start, and a standby with lower ones refuses to run.
    // It also checkpoints, so that copies begin on a clean page.
    await startOnce(bin, part, data);
    try {
      renameSync(data, target);
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Single-user mode starts and ends a server without a port. */
async function startOnce(bin: string, cwd: string, data: string): Promise<void> {
  const args = ['--single', '-D', data, 'postgres'];
  const options = { cwd, withinMs: MAKE_WITHIN_MS };
  const { exitCode, output } = await runAs(join(bin, 'postgres'), args, options);
  if (exitCode !== 0) throw new InfrastructureError(`postgres --single failed: ${output.trim()}`);
}
