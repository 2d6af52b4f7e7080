import { describe, expect, test } from 'vitest';
import { bruteForce, randomHistory, type Write } from './brute-force.ts';
import { checkListAppend, checkRwRegister } from './check.ts';
import { included, type Level } from './levels.ts';

const HISTORIES = Number(process.env.HISTORIES ?? 3000);

/** What the checker says of each level, as "level verdict"; throws if trying all legal runs differs. */
function compare(seed: number, write: Write): string[] {
  const history = randomHistory(seed, write);
  const check = write === 'append' ? checkListAppend : checkRwRegister;
  const { ruledOut, holds, anomalies } = check(history);
  return Object.entries(bruteForce(history, write)).map(([name, legal]) => {
    const level = name as Level;
    const out = ruledOut.some((weaker) => included(level).includes(weaker));
    const sure = holds.some((stronger) => included(stronger).includes(level));
    if (!out && !sure) return `${level} undecided`;
    if (legal === sure) return `${level} ${sure ? 'ok' : 'violated'}`;
    throw new Error(
      `seed ${seed}: ${level} is ${legal ? 'legal' : 'illegal'}, the checker says ` +
        `${sure ? 'ok' : `violated (${anomalies.map((a) => a.name)})`}\n` +
        history.map((operation) => JSON.stringify(operation)).join('\n'),
    );
  });
}

describe.each(['append', 'w'] as const)('random histories of %s', (write) => {
  test('have the verdicts of trying all runs, for each level', { timeout: 600_000 }, () => {
    const tally = new Map<string, number>();
    for (let seed = 1; seed <= HISTORIES; seed++)
      for (const said of compare(seed, write)) tally.set(said, (tally.get(said) ?? 0) + 1);
    const share = (said: string) => (tally.get(said) ?? 0) / HISTORIES;
    for (const level of ['strict-serializable', 'serializable', 'snapshot-isolation']) {
      expect(share(`${level} ok`)).toBeGreaterThan(0.2);
      expect(share(`${level} violated`)).toBeGreaterThan(0.1);
      expect(share(`${level} undecided`)).toBeLessThan(0.02);
    }
  });
});
