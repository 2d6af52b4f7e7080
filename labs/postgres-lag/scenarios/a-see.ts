/** Part A: how far behind is each standby, and why? */
import type { Drill, PgServer, ServerScenario } from 'faultlab';
import type { Cause, Diagnosis } from '../contract.ts';
import {
  bytesBehind,
  CAUSES,
  caughtUp,
  createTables,
  endOfWal,
  hasReplayed,
  NOISE_BYTES,
  shows,
  strike,
  writeWal,
} from './faults.ts';

const RULE =
  'A diagnosis names each standby once, with its bytes and its cause (handout, The contract)';

/** What the submission says about one standby. */
async function diagnosisOf(drill: Drill, all: unknown, standby: string): Promise<Diagnosis> {
  const list = Array.isArray(all) ? (all as Diagnosis[]) : [];
  const found = list.filter((entry) => entry?.standby === standby);
  const [only] = found;
  if (only && found.length === 1) return only;
  const said = JSON.stringify(all) ?? 'undefined';
  return drill.fail({
    kind: 'contract',
    ruleId: 'diagnosis-shape',
    rule: RULE,
    evidence: `diagnose returned ${said}: ${found.length} entries for ${standby}`,
    lookAt: 'which standbys are there, and what is known of each?',
  });
}

/** Calls `diagnose`, and compares what it says with what is true before and after. */
async function expectDiagnosis(drill: Drill, truth: ReadonlyMap<PgServer, Cause>): Promise<void> {
  const measure = () =>
    Promise.all([...truth.keys()].map((standby) => bytesBehind(drill, standby)));
  const before = await measure();
  const said = await drill.call('diagnose');
  const after = await measure();
  for (const [i, [standby, cause]] of [...truth].entries()) {
    const { name } = standby;
    const diagnosis = await diagnosisOf(drill, said, name);
    drill.expect(diagnosis.cause === cause, {
      ruleId: 'wrong-cause',
      rule: 'The cause that is named is the one that holds back replay (handout, The contract)',
      evidence: `diagnose says "${diagnosis.cause}" about ${name}, which is ${after[i]} bytes behind; the cause is "${cause}"`,
      lookAt: LOOK_AT[cause],
    });
    const bounds = [before[i] ?? 0, after[i] ?? 0];
    const [min, max] = [Math.min(...bounds) - NOISE_BYTES, Math.max(...bounds) + NOISE_BYTES];
    const bytes = Number(diagnosis.bytesBehind);
    drill.expect(bytes >= min && bytes <= max, {
      ruleId: 'wrong-bytes',
      rule: 'Lag is what is written and not replayed, in bytes (handout, The contract)',
      evidence: `diagnose says that ${name} is ${diagnosis.bytesBehind} bytes behind; it was ${before[i]} before the call and ${after[i]} after it`,
      lookAt: 'between which two positions does the lag of a standby lie?',
    });
  }
}

const LOOK_AT: Record<Cause, string> = {
  none: 'is there anything in the WAL that this standby has not replayed?',
  'slow link': 'how much has been sent, and how much of that has arrived?',
  'replay paused': 'which function tells whether somebody has stopped replay?',
  'apply delay': 'which settings of the standby tell it when to replay?',
  'query conflict': 'what is the process that replays waiting for?',
};

const eachCause: ServerScenario = {
  id: 'A1',
  title: 'diagnose says of each standby how many bytes it is behind, and why',
  points: 20,
  nodes: 3,
  lookAt: 'at which of sent, written, flushed and replayed does the WAL of each standby end?',
  async run(drill) {
    await createTables(drill);
    await caughtUp(drill);
    const truth = new Map<PgServer, Cause>();
    for (const [i, standby] of drill.cluster.standbys.entries()) {
      const cause = CAUSES[(drill.seed + i) % CAUSES.length] ?? 'none';
      truth.set(standby, cause);
      await strike(drill, cause, standby);
    }
    await writeWal(drill, 1500);
    for (const standby of truth.keys()) await shows(drill, standby);
    await expectDiagnosis(drill, truth);
  },
};

const noLag: ServerScenario = {
  id: 'A2',
  title: 'a quiet standby, and a busy one that keeps up, are not behind',
  points: 10,
  nodes: 3,
  lookAt: 'does time pass on a standby to which nothing is written?',
  async run(drill) {
    await createTables(drill);
    await writeWal(drill, 300);
    await caughtUp(drill);
    const [, reader] = drill.draw.shuffle(drill.cluster.standbys);
    // A long query does no harm by being long: it holds back replay only when rows have to be removed.
    const report = await reader?.connect('report');
    await report?.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await report?.query('SELECT sum(balance) FROM accounts');
    drill.note(`${reader?.name}: a report runs; nothing is written any more`);
    // Long enough to look like lag to whoever measures by the clock, though everybody has merely been idle.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const end = await endOfWal(drill);
    for (const standby of drill.cluster.standbys) {
      await drill.assume(`${standby.name} to be at ${end}`, () => hasReplayed(standby, end));
    }
    const truth = new Map(drill.cluster.standbys.map((s) => [s, 'none'] as const));
    await expectDiagnosis(drill, truth);
    await report?.close();
  },
};

export default [eachCause, noLag];
