/** Part E: how many are left? Asked first, and then tried. */
import type { ServerScenario } from 'faultlab';
import {
  begin,
  createSlot,
  FORGOTTEN,
  leftOf,
  moveOn,
  oldestAge,
  PROGRAM_LIMIT,
  refusal,
  SETTINGS,
} from '../site.ts';

/** Millions: some 15,000 transactions before the server stops. */
const NEAR_THE_END = 2144.469;
/** Between the answer and the first refusal some are taken by the server itself. */
const TOLERANCE = 2000;

const foretold: ServerScenario = {
  id: 'E1',
  title: 'how many transactions are left is known before they are gone',
  points: 15,
  nodes: 1,
  cluster: { settings: SETTINGS },
  requires: ['pg_resetwal'],
  lookAt: 'which database is the oldest, and at which distance does the server stop?',
  async run(drill) {
    const { primary } = drill.cluster;
    const workload = await begin(drill);
    await workload.stop();
    await createSlot(primary, FORGOTTEN);
    await moveOn(drill, primary, NEAR_THE_END);
    const before = await oldestAge(primary);
    const said = await drill.call<unknown>('left');
    drill.note(`left says ${String(said)}`);
    await primary.sql(`
      CREATE PROCEDURE burn(count int) LANGUAGE plpgsql AS $$
      BEGIN
        FOR i IN 1 .. count LOOP
          PERFORM pg_current_xact_id();
          COMMIT;
        END LOOP;
      END $$`);
    let failed = '';
    while (failed === '') {
      failed = await primary.sql('CALL burn(5000)').then(
        () => '',
        (error: { code?: string }) => error.code ?? 'an error',
      );
    }
    await drill.assume('the server to stop', async () => failed === PROGRAM_LIMIT, { withinMs: 0 });
    const took = (await oldestAge(primary)) - before;
    drill.note(`after ${took} transactions it takes no more`);
    await drill.assume(
      'the limit to be where it was',
      async () =>
        Math.abs(took - leftOf(before)) < TOLERANCE && (await refusal(primary)) === PROGRAM_LIMIT,
    );
    const isRight = typeof said === 'number' && Math.abs(said - took) <= TOLERANCE;
    drill.expect(isRight, {
      ruleId: 'wrong-forecast',
      rule: `left is right to within ${TOLERANCE} transactions (handout, Part E)`,
      evidence: `left said ${String(said)}; the server took ${took} more, and then no more writes`,
      lookAt: 'which database is the oldest, and at which distance does the server stop?',
    });
  },
};

export default [foretold];
