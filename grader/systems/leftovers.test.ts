/** Nothing outlives the grader, however it ends. Skipped where there is no PostgreSQL. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../paths.ts';
import { findLocal } from './binaries.ts';
import { clusterFolders } from './registry.ts';
import { type Segment, segments } from './segments.ts';
import { processes } from './tree.ts';
import { waitFor } from './wait.ts';

const LAB = 'postgres-lag';
const why = await findLocal().then(
  () => undefined,
  (error: Error) => error.message,
);
if (why !== undefined) console.warn(`skipped, no servers: ${why}`);

/** Starts a grading, and waits until servers of it run. */
async function grading() {
  const args = ['grade', join(ROOT, 'solutions', LAB), '--lab', LAB, '--jobs', '1'];
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'lab.mjs'), ...args], {
    stdio: 'ignore',
    env: { ...process.env, FAULTLAB_BACKEND: 'local' },
  });
  const folder = await waitFor(
    'servers of the grading',
    () => {
      const own = clusterFolders().find(({ owner }) => owner?.pid === child.pid);
      const isUp = own && existsSync(join(own.folder, 'n2', 'data', 'postmaster.pid'));
      return isUp ? own.folder : undefined;
    },
    { withinMs: 60_000 },
  );
  return { child, folder };
}

const livingIn = (folder: string) =>
  processes().filter(({ command, folder: at }) => `${command} ${at}`.includes(`${folder}/`));

test.skipIf(why !== undefined).each(['SIGINT', 'SIGKILL'] as const)(
  'after %s of the grader no process, shared memory or folder of its servers is left',
  { timeout: 90_000 },
  async (name) => {
    const { child, folder } = await grading();
    const living = livingIn(folder).map(({ pid }) => pid);
    const ofThese = ({ creator }: Segment) => living.includes(creator);
    expect(living.length).toBeGreaterThan(0);
    expect(segments().filter(ofThese).length).toBeGreaterThan(0);
    child.kill(name);
    await waitFor('the guard', () => !existsSync(folder), { withinMs: 20_000 });
    await waitFor('all processes to end', () => livingIn(folder).length === 0, {
      withinMs: 20_000,
    });
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
    expect(segments().filter(ofThese)).toEqual([]);
  },
);
