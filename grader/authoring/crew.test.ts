/** A crew goes on when one of its processes dies, and says what was lost with it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { CREW_FILE, ROOT } from '../paths.ts';
import { performAll } from './crew.ts';

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
});

const task = {
  lab: 'kv-server',
  edit: [],
  scenarios: [{ id: 'A1', seeds: 1 }],
  stopAtFailure: true,
};

test('what was lost with its process is undecided, and the rest is done by another', async () => {
  const tasks = Array.from({ length: 40 }, () => task);
  const rules: (string | undefined)[] = [];
  const all = performAll(tasks, (_, [cell]) => rules.push(cell?.failures[0]?.ruleId));
  const found = execFileSync('pgrep', ['-P', `${process.pid}`, '-f', 'crew-member'], {
    encoding: 'utf8',
  });
  const members = found.trim().split('\n').map(Number);
  for (const pid of members) process.kill(pid, 'SIGKILL');
  await all;
  expect(rules).toHaveLength(tasks.length);
  const lost = rules.filter((rule) => rule !== undefined);
  expect(lost).toEqual(members.map(() => 'process-ended'));
});

test('an edit that does not fit is an error', async () => {
  const edit = [{ file: 'server.ts', find: 'there is no such line', replace: '' }];
  await expect(performAll([{ ...task, edit }], () => {})).rejects.toThrow('no such line');
});

test('no process outlives whoever asked it', async () => {
  const endless = JSON.stringify({ ...task, scenarios: [{ id: 'A1', seeds: 1_000_000 }] });
  const code = `
    const child = require('node:child_process').fork(process.argv[1]);
    child.send(${endless});
    setTimeout(() => { console.log(child.pid); process.exit(); }, 3000);`;
  const said = execFileSync(process.execPath, ['-e', code, CREW_FILE], { encoding: 'utf8' });
  const pid = Number(said);
  const isThere = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  await expect.poll(isThere, { timeout: 60_000 }).toBe(false);
});
