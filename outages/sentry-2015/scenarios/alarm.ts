/** F2: an alarm in time, which names whom to ask. */
import type { Drill, ServerScenario } from 'faultlab';
import type { Alarm, Holder } from '../contract.ts';
import { begin, createSlot, FORGOTTEN, moveOn, oldestAge, SETTINGS } from '../site.ts';

async function call(drill: Drill): Promise<readonly Alarm[]> {
  const said = await drill.call<unknown>('alarms');
  drill.expect(Array.isArray(said), {
    kind: 'contract',
    ruleId: 'no-list',
    rule: 'alarms returns a list (handout, The contract)',
    evidence: `alarms returned ${JSON.stringify(said) ?? 'undefined'}`,
    lookAt: 'what does alarms return when there is nothing to say?',
  });
  return said as readonly Alarm[];
}

async function expectSilence(drill: Drill, when: string): Promise<void> {
  const said = await call(drill);
  drill.expect(said.length === 0, {
    ruleId: 'false-alarm',
    rule: 'While less than half of the transactions are used up, nobody is woken (handout, The contract)',
    evidence: `${when}, and alarms said ${JSON.stringify(said)}`,
    lookAt: 'what is wrong at this moment?',
  });
}

const words = (holder: Partial<Holder> & { readonly pid?: number; readonly name?: string }) =>
  `${holder.kind} ${holder.name ?? holder.pid}`;

const inTime: ServerScenario = {
  id: 'F2',
  title: 'an alarm comes halfway, and names all that holds freezing back, and nothing else',
  points: 25,
  nodes: 1,
  // Nobody vacuums meanwhile: what is old stays old.
  cluster: {
    settings: { ...SETTINGS, autovacuum: 'off', autovacuum_freeze_max_age: '2000000000' },
  },
  requires: ['pg_resetwal'],
  lookAt: 'what is the age of each slot, and who waits for whom?',
  async run(drill) {
    const { primary } = drill.cluster;
    const workload = await begin(drill);
    await workload.stop();
    const isSlot = drill.seed % 3 !== 2;
    const isSession = drill.seed % 3 !== 1;
    if (isSlot) await createSlot(primary, FORGOTTEN);
    await moveOn(drill, primary, 700);
    await expectSilence(drill, 'a third of the transactions are used up');
    await moveOn(drill, primary, 1500);
    // Neither of these two holds back anything that is older than itself.
    await primary.sql("SELECT pg_create_physical_replication_slot('offsite', true)");
    const reader = await primary.connect('short report');
    drill.atEnd(() => reader.close());
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM consumers');
    const holders: Holder[] = isSlot ? [{ kind: 'slot', name: FORGOTTEN }] : [];
    if (isSession) {
      const session = await primary.connect('nightly report');
      drill.atEnd(() => session.close());
      await session.query('BEGIN');
      await session.query('LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE');
      const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      holders.push({ kind: 'session', pid: rows[0]?.pid ?? 0 });
    }
    drill.note(
      `${holders.map(words).join(' and ')} ${holders.length > 1 ? 'hold' : 'holds'} freezing back`,
    );
    const [alarm, ...more] = await call(drill);
    const age = await oldestAge(primary);
    drill.expect(alarm !== undefined && more.length === 0, {
      ruleId: 'no-alarm',
      rule: 'Once half of the transactions are used up, there is one alarm (handout, The contract)',
      evidence: `the oldest transaction is ${age} transactions old, and alarms said ${alarm === undefined ? 'nothing' : 'more than one thing'}`,
      lookAt: 'how much time do two thousand million transactions leave you, at your rate?',
    });
    const told = (alarm?.holders ?? []).map(words).sort();
    const real = holders.map(words).sort();
    drill.expect(told.join() === real.join(), {
      ruleId: 'wrong-holder',
      rule: 'An alarm names all that holds freezing back, and nothing else (contract, Holder)',
      evidence: `alarms named ${told.join(' and ') || 'nobody'}; it was ${real.join(' and ')}`,
      lookAt: 'what is the age of each slot, and who waits for whom?',
    });
  },
};

export default [inTime];
