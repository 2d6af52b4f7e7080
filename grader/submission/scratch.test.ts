import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../paths.ts';
import { waitFor } from '../systems/wait.ts';

const own = mkdtempSync(join(tmpdir(), 'scratch-'));
const forgotten = join(own, 'faultlab-copy-forgotten');
const copies = () => readdirSync(own).filter((name) => name.startsWith('faultlab-copy-'));

afterAll(() => rmSync(own, { recursive: true, force: true }));

test('a grading that is interrupted leaves no copy, and removes a forgotten one', async () => {
  mkdirSync(forgotten);
  utimesSync(forgotten, 0, 0);
  const args = ['grade', join(ROOT, 'solutions', 'raft'), '--lab', 'raft', '--jobs', '1'];
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'lab.mjs'), ...args], {
    stdio: 'ignore',
    env: { ...process.env, TMPDIR: own },
  });
  const ended = once(child, 'exit');
  const isCopied = () => copies().some((name) => join(own, name) !== forgotten);
  await waitFor('a copy of the submission', isCopied, { withinMs: 20_000 });
  expect(copies()).not.toContain('faultlab-copy-forgotten');
  child.kill('SIGINT');
  expect(await ended).toEqual([null, 'SIGINT']);
  expect(copies()).toEqual([]);
});
