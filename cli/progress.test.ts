import { expect, it } from 'vitest';
import { ProgressLine } from './progress.ts';

function progress(isTTY: boolean) {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const target = { isTTY, columns: 80, write: (text: string) => written.push(text) };
  return { written, clock, line: new ProgressLine(target, () => clock.nowMs) };
}

it('draws one line over and over on a terminal', () => {
  const { written, clock, line } = progress(true);
  line.update({ type: 'planned', scenarios: 2, seeds: 10 });
  line.update({ type: 'seeds', done: 1, total: 10 });
  clock.nowMs = 100;
  line.update({ type: 'seeds', done: 5, total: 10 });
  line.update({ type: 'shrinking', scenario: 'C2' });
  line.clear();
  line.clear();
  expect(written.map((text) => text.replace('\r\u001b[2K', ''))).toEqual([
    '[........................] 0/10 runs',
    '[############............] 5/10 runs',
    '[############............] 5/10 runs  shrinking the failure of C2',
    '',
  ]);
});

it('writes plain lines, seldom, into a pipe', () => {
  const { written, clock, line } = progress(false);
  for (clock.nowMs = 0; clock.nowMs <= 25_000; clock.nowMs += 1000) {
    line.update({ type: 'seeds', done: clock.nowMs / 1000, total: 30 });
  }
  line.clear();
  expect(written).toEqual(['lab: 10/30 runs\n', 'lab: 20/30 runs\n']);
});
