/** Part B: end the lag, and only the lag. */
import type { Drill, ServerScenario } from 'faultlab';
import {
  caughtUp,
  createTables,
  endOfWal,
  forgetTransaction,
  hasReplayed,
  shows,
  strike,
  writeWal,
} from './faults.ts';

/** The standby to repair, chosen by seed, and the other one. */
function choose({ cluster, seed }: Drill) {
  const [n2, n3] = cluster.standbys;
  if (n2 === undefined || n3 === undefined) throw new Error('two standbys are needed');
  return seed % 2 === 1 ? { late: n2, other: n3 } : { late: n3, other: n2 };
}

const onPurpose: ServerScenario = {
  id: 'B1',
  title: 'the late standby catches up; the one that is late on purpose stays so',
  points: 20,
  nodes: 3,
  byHand: true,
  lookAt: 'what is each of the standbys for?',
  async run(drill) {
    await createTables(drill);
    const { late, other } = choose(drill);
    const { primary } = drill.cluster;
    await primary.sql('INSERT INTO inventory VALUES ($1, $2), ($3, $4), ($5, $6)', [
      ...[primary.name, 'takes all writes'],
      ...[late.name, 'reads for the shop, as fresh as can be'],
      ...[other.name, 'delayed on purpose: 30 minutes in which a slip can be undone'],
    ]);
    await caughtUp(drill);
    await strike(drill, 'apply delay', other);
    await strike(drill, drill.seed % 3 === 1 ? 'replay paused' : 'apply delay', late);
    const workload = await drill.workload({ to: () => primary.name });
    await writeWal(drill, 600);
    await shows(drill, late);
    await shows(drill, other);
    const target = await endOfWal(drill);
    await drill.repair();
    await drill.eventually(() => hasReplayed(late, target), {
      ruleId: 'still-late',
      rule: 'After a repair the standby replays what it has received (handout, The contract)',
      evidence: () =>
        `${late.name} has not replayed ${target}, which was written before the repair`,
      lookAt: 'which of the causes holds this standby back, and is it gone?',
    });
    const [delay] = await other.sql('SHOW recovery_min_apply_delay');
    const isDelayed = delay?.recovery_min_apply_delay === '30min';
    drill.expect(isDelayed && !(await hasReplayed(other, target)), {
      ruleId: 'undo-button-gone',
      rule: 'What is late on purpose stays so (handout, The contract)',
      evidence: `${other.name} is "delayed on purpose" in the inventory; its recovery_min_apply_delay is now ${delay?.recovery_min_apply_delay}${isDelayed ? ', and it has replayed all the same' : ''}`,
      lookAt: 'what does the table `inventory` say about this node?',
    });
    await workload.stop();
    const end = await endOfWal(drill);
    await drill.eventually(() => hasReplayed(late, end), {
      ruleId: 'late-again',
      rule: 'A repaired standby keeps up (handout, The contract)',
      evidence: () => `${late.name} has not replayed ${end}, which was written after the repair`,
      lookAt: 'what has been ended: the lag, or its cause?',
    });
    await drill.expectKept(workload, late.name, 'has the standby replayed everything?');
  },
};

/** A transaction is left open again, and the standby has to recover without help. */
const AGAIN_WITHIN_MS = 12_000;

const forgotten: ServerScenario = {
  id: 'B2',
  title: 'a forgotten transaction is ended, a report is not, and the next one needs no operator',
  points: 20,
  nodes: 3,
  byHand: true,
  lookAt: 'whom does replay wait for, and how long may it?',
  async run(drill) {
    await createTables(drill);
    const { late } = choose(drill);
    const { primary } = drill.cluster;
    await caughtUp(drill);
    await strike(drill, 'query conflict', late);
    await writeWal(drill, 300);
    await shows(drill, late);
    // It begins when the rows to be removed are already invisible: replay does not wait for this one.
    const report = await late.connect('quarterly report');
    const { rows } = await report.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const running = report.query('SELECT count(*), pg_sleep(120) FROM accounts').catch(() => {});
    drill.note(`${late.name}: the quarterly report runs`);

    const target = await endOfWal(drill);
    await drill.repair();
    const isThere = async (pid: number | undefined) =>
      (await late.sql('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid])).length > 0;
    await drill.eventually(() => hasReplayed(late, target), {
      ruleId: 'still-late',
      rule: 'After a repair the standby replays what it has received (handout, The contract)',
      evidence: () =>
        `${late.name} has not replayed ${target}, which was written before the repair`,
      lookAt: 'which session is replay waiting for?',
    });
    drill.expect(await isThere(rows[0]?.pid), {
      ruleId: 'report-ended',
      rule: 'Work that is in nobody’s way is not ended (handout, The contract)',
      evidence: `the session "quarterly report" on ${late.name} was active, began after the conflict, and is gone`,
      lookAt: 'which sessions hold a snapshot that is old enough to be in the way?',
    });

    const pid = await forgetTransaction(drill, late);
    drill.note(`${late.name}: somebody forgets a transaction again`);
    await writeWal(drill, 300);
    const [held] = await primary.sql<{ held: number }>(
      'SELECT max(age(backend_xmin)) AS held FROM pg_stat_replication',
    );
    const end = await endOfWal(drill);
    await drill.eventually(
      () => hasReplayed(late, end),
      {
        ruleId: 'late-again',
        rule: 'The standby recovers from the next forgotten transaction without an operator (handout, The contract)',
        evidence: () =>
          `${late.name} has not replayed ${end}: session ${pid} has been idle in its transaction since it read`,
        lookAt:
          'which setting says how long replay may wait for a reader, and which how long a session may idle?',
      },
      { withinMs: AGAIN_WITHIN_MS },
    );
    drill.expect((held?.held ?? 0) <= 1, {
      ruleId: 'bloat',
      rule: 'A reader on a standby does not keep the primary from cleaning up (handout, The contract)',
      evidence: `${primary.name} has to keep rows that have been dead for ${held?.held} transactions: a standby has told it that they are still read`,
      lookAt: 'where do dead rows stay when a standby gives feedback?',
    });
    await report.close();
    await running;
  },
};

export default [onPurpose, forgotten];
