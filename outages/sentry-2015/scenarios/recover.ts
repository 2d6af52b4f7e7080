/** F1: writes again, and nothing lost. */
import type { Drill, ServerScenario } from 'faultlab';
import {
  begin,
  counter,
  createSlot,
  FORGOTTEN,
  HALF,
  moveOn,
  oldestAge,
  PROGRAM_LIMIT,
  refusal,
  SETTINGS,
} from '../site.ts';

/** A slot that holds WAL but no rows; its standby comes back. */
const NEEDED = 'offsite';

/** What holds freezing back, by seed: a slot, a session, or both. */
async function hold(drill: Drill): Promise<void> {
  const { primary } = drill.cluster;
  const isSlot = drill.seed % 3 !== 2;
  const isSession = drill.seed % 3 !== 1;
  const name = isSlot ? FORGOTTEN : 'setup';
  await createSlot(primary, name);
  await primary.sql(
    "INSERT INTO consumers VALUES ($1, 'shut down in spring'), ($2, 'a standby; its machine is moved today')",
    [FORGOTTEN, NEEDED],
  );
  await moveOn(drill, primary, 2146);
  await primary.sql('SELECT pg_create_physical_replication_slot($1, true)', [NEEDED]);
  if (isSession) {
    const session = await primary.connect('nightly report');
    drill.atEnd(() => session.close());
    await session.query('BEGIN');
    await session.query('LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE');
    await session.query('SELECT count(*) FROM events');
    drill.note('a report has forgotten to end its transaction');
  }
  if (!isSlot) await primary.sql('SELECT pg_drop_replication_slot($1)', [name]);
  // Not before: a vacuum that came first would have frozen the table.
  await primary.configure({ autovacuum_naptime: SETTINGS.autovacuum_naptime });
  const [events] = await primary.sql<{ age: number }>(
    "SELECT age(relfrozenxid) AS age FROM pg_class WHERE relname = 'events'",
  );
  await drill.assume('events to be old', async () => !isSession || (events?.age ?? 0) > HALF, {
    withinMs: 0,
  });
  await drill.assume(
    'writes to be refused',
    async () => (await refusal(primary)) === PROGRAM_LIMIT,
  );
  drill.note('no write is taken any more');
}

const again: ServerScenario = {
  id: 'F1',
  title: 'writes are taken again, every row is there, and so is what is in use',
  points: 35,
  nodes: 1,
  cluster: { settings: { ...SETTINGS, autovacuum_naptime: '5min' } },
  requires: ['pg_resetwal'],
  byHand: true,
  lookAt: 'what holds freezing back, in which database, and for whom?',
  async run(drill) {
    const { primary } = drill.cluster;
    const workload = await begin(drill);
    await workload.stop();
    const [before] = await primary.sql<{ n: number }>('SELECT count(*) AS n FROM events');
    await hold(drill);
    const stoppedAt = await counter(primary);

    await drill.repair();
    const why = await refusal(primary);
    drill.expect(why === undefined, {
      ruleId: 'still-refused',
      rule: 'When repair is over, writes are taken (handout, The contract)',
      evidence: `a write was refused with ${why}; the oldest transaction is ${await oldestAge(primary)} transactions old`,
      lookAt: 'what holds freezing back, and in which of the databases?',
    });
    const went = (await counter(primary)) - stoppedAt;
    drill.expect(went >= 0, {
      ruleId: 'counter-went-back',
      rule: 'Transactions are never numbered a second time (handout, The contract)',
      evidence: `the number of the next transaction is ${-went} lower than when writes stopped`,
      lookAt: 'what does a row say that was written by a transaction that is still to come?',
    });
    await drill.expectKept(workload, primary.name, 'what did you give up for the room?');
    const [after] = await primary.sql<{ n: number }>('SELECT count(*) AS n FROM events');
    drill.expect((after?.n ?? 0) > (before?.n ?? 0), {
      ruleId: 'events-gone',
      rule: 'No row is lost (handout, The contract)',
      evidence: `events had ${before?.n} rows, and has ${after?.n}`,
      lookAt: 'who has decided that these rows may go?',
    });
    const slots = await primary.sql<{ name: string }>(
      'SELECT slot_name AS name FROM pg_replication_slots',
    );
    drill.expect(
      slots.some(({ name }) => name === NEEDED),
      {
        ruleId: 'slot-in-use-gone',
        rule: 'The slot of a standby that comes back stays (handout, The contract)',
        evidence: `the slot "${NEEDED}" is gone; a standby that comes back misses what was kept for it`,
        lookAt: 'how old is what each of the slots holds?',
      },
    );
    drill.expect(!slots.some(({ name }) => name === FORGOTTEN), {
      ruleId: 'holder-left',
      rule: 'Nothing holds freezing back any more (handout, The contract)',
      evidence: `the slot "${FORGOTTEN}" of a consumer that was shut down is still there`,
      lookAt: 'what will happen in half a year?',
    });
    const age = await oldestAge(primary);
    drill.tell(`the oldest transaction is ${age} transactions old now`);
    drill.expect(age < HALF, {
      ruleId: 'not-frozen',
      rule: 'Less than half of the transactions are used up in every database (handout, The contract)',
      evidence: `the oldest transaction of one database is still ${age} transactions old`,
      lookAt: 'which databases are there, including those that nobody uses?',
    });
  },
};

export default [again];
