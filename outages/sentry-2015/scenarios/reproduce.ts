/** Part R: no transaction is left, and vacuum changes nothing. */
import { type Budget, callTrigger, type Drill, type ServerScenario } from 'faultlab';
import {
  begin,
  createSlot,
  FORGOTTEN,
  moveOn,
  oldestAge,
  PROGRAM_LIMIT,
  refusal,
  SETTINGS,
} from '../site.ts';

const BUDGET: Budget = {
  eventsMax: 3,
  kinds: {
    writes: { millions: [2, 2147] },
    'autovacuum-off': {},
    'forgotten-slot': {},
    restart: {},
  },
};

async function happen(drill: Drill): Promise<void> {
  const { primary } = drill.cluster;
  for (const event of await callTrigger(drill, BUDGET)) {
    drill.note(event.do === 'writes' ? `${event.millions} million transactions` : event.do);
    if (event.do === 'writes') await moveOn(drill, primary, Number(event.millions));
    else if (event.do === 'restart') await primary.restart();
    else if (event.do === 'autovacuum-off') await primary.configure({ autovacuum: 'off' });
    else await createSlot(primary, FORGOTTEN);
  }
}

const stopped: ServerScenario = {
  id: 'R1',
  title: 'reads go on, no write is taken, and vacuum says that all is well and changes nothing',
  points: 25,
  nodes: 1,
  cluster: { settings: SETTINGS },
  requires: ['pg_resetwal'],
  lookAt: 'for whom must a catalog row that was written long ago stay readable?',
  async run(drill) {
    const { primary } = drill.cluster;
    const workload = await begin(drill);
    await workload.stop();
    await happen(drill);

    const why = await refusal(primary);
    drill.expect(why === PROGRAM_LIMIT, {
      ruleId: 'still-writes',
      rule: 'The server takes no write, to protect what it has: SQLSTATE 54000 (handout, Part R)',
      evidence:
        why === undefined
          ? `a write was taken; the oldest transaction is ${await oldestAge(primary)} transactions old`
          : `a write was refused with ${why}`,
      lookAt: 'how many transactions are there, and how many are behind you?',
    });
    drill.note('writes are refused');
    await drill.expectKept(workload, primary.name, 'what can still be read?');
    await primary.sql('VACUUM (FREEZE)');
    const age = await oldestAge(primary, 'postgres');
    drill.expect(age > 2_000_000_000, {
      ruleId: 'vacuum-helps',
      rule: 'VACUUM FREEZE ends without an error, and the age stays the same (handout, Part R)',
      evidence: `after VACUUM FREEZE the oldest transaction of the database is ${age} transactions old: it would have been cured without anybody's help`,
      lookAt: 'what keeps vacuum from freezing?',
    });
    drill.note('VACUUM FREEZE has changed nothing');
    await primary.restart();
    drill.expect((await refusal(primary)) === PROGRAM_LIMIT, {
      ruleId: 'restart-helps',
      rule: 'A restart does not help (handout, Part R)',
      evidence: 'after a restart a write was taken',
      lookAt: 'what is forgotten when a server is restarted?',
    });
    await primary.sql('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
    drill.note('the slot is dropped; nobody does anything else');
    await drill.eventually(async () => (await refusal(primary)) === undefined, {
      ruleId: 'not-cured',
      rule: 'Once nothing holds it back any more, the server heals itself (handout, Part R)',
      evidence: async () => `writes are still refused; the age is ${await oldestAge(primary)}`,
      lookAt: 'who vacuums when nobody does?',
    });
  },
};

export default [stopped];
