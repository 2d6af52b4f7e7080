/** A crew goes on when one of its processes dies, and says what was lost with it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT } from '../paths.ts';
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
