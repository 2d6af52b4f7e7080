import { describe, expect, it } from 'vitest';
import { bruteForce, randomHistory } from './brute-force.ts';
import { checkListAppend } from './check.ts';
import { included, type Level } from './levels.ts';

describe('against all legal runs', () => {
  it('agrees on 40000', () => {
    const tally: Record<string, number> = {};
    for (let seed = 1; seed <= 40000; seed++) {
      const history = randomHistory(seed, 'append');
      const { ruledOut, holds, anomalies } = checkListAppend(history);
      for (const [name, legal] of Object.entries(bruteForce(history, 'append'))) {
        const level = name as Level;
        const out = ruledOut.some((weaker) => included(level).includes(weaker));
        const sure = holds.some((stronger) => included(stronger).includes(level));
        const said = out ? 'violated' : sure ? 'ok' : 'undecided';
        tally[`${level} ${said}`] = (tally[`${level} ${said}`] ?? 0) + 1;
        if (said === 'undecided') continue;
        if (legal !== (said === 'ok'))
          throw new Error(
            `seed ${seed}: ${level} is ${legal ? 'legal' : 'illegal'}, the checker says ${said} ` +
              `(${anomalies.map((a) => a.name)})\n${history.map((o) => JSON.stringify(o)).join('\n')}`,
          );
      }
    }
    console.log(tally);
    expect(tally['serializable ok']).toBeGreaterThan(500);
  });
});
