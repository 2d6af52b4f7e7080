/** Nothing outlives the grader, however it ends. Skipped where there are no such servers. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../paths.ts';
import { openBackend } from './backend.ts';
import type { BackendKind } from './machine.ts';
import { CLUSTER_LABEL, clusterFolders } from './registry.ts';
import { type Segment, segments } from './segments.ts';
import { processes } from './tree.ts';
import { waitFor } from './wait.ts';

const LAB = 'postgres-lag';

/** Why there are no servers of this kind here; undefined when there are. */
async function whyNot(kind: BackendKind): Promise<string | undefined> {
  const why = await openBackend(kind).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (why !== undefined) console.warn(`skipped, no ${kind} servers: ${why}`);
  return why;
}

/** Starts a grading, and waits until servers of it run. */
async function grading(kind: BackendKind, isUp: (folder: string) => boolean) {
  const args = ['grade', join(ROOT, 'solutions', LAB), '--lab', LAB, '--jobs', '1'];
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'lab.mjs'), ...args], {
    stdio: 'ignore',
    env: { ...process.env, FAULTLAB_BACKEND: kind },
  });
  const folder = await waitFor(
    'servers of the grading',
    () => {
      const own = clusterFolders().find(({ owner }) => owner?.pid === child.pid);
      return own && isUp(own.folder) ? own.folder : undefined;
    },
    { withinMs: 60_000 },
  );
  return { child, folder };
}

const livingIn = (folder: string) =>
  processes().filter(({ command, folder: at }) => `${command} ${at}`.includes(`${folder}/`));

/** Ids of the containers of a cluster, running or not. */
function containersOf(folder: string): string[] {
  const filter = `label=${CLUSTER_LABEL}=${basename(folder)}`;
  const { stdout } = spawnSync('docker', ['ps', '-aq', '--filter', filter], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean);
}

const SIGNALS = ['SIGINT', 'SIGKILL'] as const;

test.skipIf(await whyNot('local')).each(SIGNALS)(
  'after %s of the grader no process, shared memory or folder of its servers is left',
  { timeout: 90_000 },
  async (name) => {
    const { child, folder } = await grading('local', (at) =>
      existsSync(join(at, 'n2', 'data', 'postmaster.pid')),
    );
    const living = livingIn(folder).map(({ pid }) => pid);
    const ofThese = ({ creator }: Segment) => living.includes(creator);
    expect(living.length).toBeGreaterThan(0);
    expect(segments().filter(ofThese).length).toBeGreaterThan(0);
    child.kill(name);
    await waitFor('the guard', () => !existsSync(folder), { withinMs: 20_000 });
    await waitFor('all processes to end', () => livingIn(folder).length === 0, {
      withinMs: 20_000,
    });
    expect(segments().filter(ofThese)).toEqual([]);
  },
);

test.skipIf(await whyNot('containers')).each(SIGNALS)(
  'after %s of the grader no container or folder of its servers is left',
  { timeout: 180_000 },
  async (name) => {
    const { child, folder } = await grading('containers', (at) => containersOf(at).length >= 2);
    child.kill(name);
    await waitFor('the guard', () => !existsSync(folder), { withinMs: 60_000 });
    await waitFor('all containers to end', () => containersOf(folder).length === 0, {
      withinMs: 60_000,
    });
    expect(livingIn(folder)).toEqual([]);
  },
);
