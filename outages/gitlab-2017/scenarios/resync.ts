/** F3, F4: a standby is rebuilt, and somebody is on the wrong host. */
import type { Drill, PgServer, ServerScenario, Workload } from 'faultlab';
import type { Resync } from '../contract.ts';
import { begin, isRefusal, more, PATIENT, readWrites } from '../site.ts';

const GAP = /requested WAL segment \w+ has already been removed/;

async function callResync(drill: Drill, name: string): Promise<Resync> {
  drill.note(`resync ${name}`);
  const said = await drill.call<Partial<Record<'done' | 'refused', unknown>> | undefined>(
    'resync',
    [name],
  );
  const { done, refused } = said ?? {};
  drill.expect((done === true) !== (typeof refused === 'string' && refused !== ''), {
    kind: 'contract',
    ruleId: 'no-answer',
    rule: 'resync returns done or refused (contract, Resync)',
    evidence: `resync of ${name} returned ${JSON.stringify(said) ?? 'undefined'}`,
    lookAt: 'was it rebuilt, or is it as it was?',
  });
  return said as Resync;
}

/** `lost` is away until the WAL that it needs is gone. */
async function lose(drill: Drill, serving: PgServer, lost: PgServer): Promise<void> {
  await lost.stop('immediate');
  for (let i = 0; i < 6; i++) {
    await serving.sql(
      "INSERT INTO spam SELECT repeat('x', 200) FROM generate_series(1, 200); SELECT pg_switch_wal()",
    );
  }
  // They must not be lost, too, while WAL is removed.
  const others = drill.cluster.nodes.filter((node) => node !== serving && node !== lost);
  const [row] = await serving.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  await drill.assume('the other standbys to have all of it', async () => {
    const there = await serving.sql<{ name: string }>(
      'SELECT application_name AS name FROM pg_stat_replication WHERE flush_lsn >= $1::pg_lsn',
      [row?.lsn],
    );
    return others.every(({ name }) => there.some((other) => other.name === name));
  });
  await serving.sql('CHECKPOINT');
  await serving.sql('CHECKPOINT');
  await lost.start();
  await drill.assume(`${lost.name} to miss WAL`, async () => GAP.test(await lost.logTail(20)));
  drill.note(`${lost.name} has fallen too far behind`);
}

async function expectFollows(
  drill: Drill,
  { serving, standby, workload }: { serving: PgServer; standby: PgServer; workload: Workload },
): Promise<void> {
  await drill.eventually(async () => (await standby.isRunning()) && isStreaming(serving, standby), {
    ruleId: 'not-following',
    rule: 'A standby that was rebuilt follows (handout, The contract)',
    evidence: () => `${standby.name} does not stream from ${serving.name}`,
    lookAt: 'from whom does it receive WAL?',
  });
  await workload.stop();
  const [row] = await serving.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  await drill.eventually(
    async () => {
      const [at] = await standby.sql<{ done: boolean }>(
        'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done',
        [row?.lsn],
      );
      return at?.done === true;
    },
    {
      ruleId: 'not-following',
      rule: 'A standby that was rebuilt follows (handout, The contract)',
      evidence: () => `${standby.name} has not replayed ${row?.lsn}`,
      lookAt: 'from whom does it receive WAL?',
    },
  );
  for (const node of [serving, standby]) {
    await drill.expectKept(workload, node.name, 'whose data directory was removed?');
  }
}

async function isStreaming(serving: PgServer, { name }: PgServer): Promise<boolean> {
  const rows = await serving.sql(
    "SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming'",
    [name],
  );
  return rows.length > 0;
}

/** When a server was started, and which database it holds; undefined while it is down. */
async function identity(node: PgServer): Promise<string | undefined> {
  if (!(await node.isRunning())) return undefined;
  const [row] = await node.sql<{ id: string; at: Date }>(
    'SELECT system_identifier::text AS id, pg_postmaster_start_time() AS at FROM pg_control_system()',
  );
  return `${row?.id} since ${row?.at.toISOString()}`;
}

async function expectRefused(drill: Drill, node: PgServer, why: string): Promise<void> {
  const before = await identity(node);
  const said = await callResync(drill, node.name);
  drill.expect('refused' in said && (await identity(node)) === before, {
    ruleId: 'wrong-host',
    rule: 'A node whose data nobody else has is not wiped, nor is one that follows (handout, The contract)',
    evidence: `${node.name}, ${why}, was ${'refused' in said ? 'touched, and then refused' : 'rebuilt'}`,
    lookAt:
      'how do you know which node this is when it does not answer, or when names are out of date?',
  });
}

const guarded: ServerScenario = {
  id: 'F3',
  title: 'the node that serves is never wiped, whatever it is called, even while it is down',
  points: 15,
  nodes: 3,
  // No checkpoint but those of the script: n3 would be lost with the other.
  cluster: { settings: { max_wal_size: '64MB', ...PATIENT } },
  requires: ['pg_basebackup'],
  lookAt:
    'how do you know which node this is when it does not answer, or when names are out of date?',
  async run(drill) {
    const [n1, n2, n3] = ['n1', 'n2', 'n3'].map((name) => drill.node(name)) as [
      PgServer,
      PgServer,
      PgServer,
    ];
    const isSwapped = drill.seed % 3 === 2;
    const [serving, lost] = isSwapped ? [n2, n1] : [n1, n2];
    if (isSwapped) await swap(drill);
    const workload = await begin(drill, () => serving.name);
    await serving.sql('CREATE TABLE spam (body text)');
    if (!isSwapped) await lose(drill, serving, lost);
    await drill.assume('n3 to follow', async () => isStreaming(serving, n3));
    await expectRefused(drill, n3, 'a standby that follows');
    if (drill.seed % 3 === 0) {
      await serving.stop();
      drill.note(`${serving.name} is down for a moment, to change a setting`);
      await expectRefused(drill, serving, 'which serves and is down for a moment');
      await serving.start();
    } else {
      await expectRefused(drill, serving, 'which serves');
    }
    await more(drill, workload, 10);
    const said = await callResync(drill, lost.name);
    drill.expect('done' in said, {
      ruleId: 'not-made-anew',
      rule: 'A standby that has fallen too far behind is rebuilt (handout, The contract)',
      evidence: `resync of ${lost.name} was refused: ${'refused' in said ? said.refused : ''}`,
      lookAt: 'which node serves, and does this one follow it?',
    });
    await expectFollows(drill, { serving, standby: lost, workload });
  },
};

/** n2 is the primary by now, n3 follows it, and n1 has a new, empty disk. */
async function swap(drill: Drill): Promise<void> {
  const [n1, n2, n3] = ['n1', 'n2', 'n3'].map((name) => drill.node(name));
  await n1?.crash();
  await n1?.remove();
  await n2?.sql('SELECT pg_promote()');
  await n3?.configure({ primary_conninfo: n3.conninfo('n2') });
  await drill.cluster.streaming(['n3'], n2);
  drill.note('since a failover n2 is the primary, and n1 has an empty disk');
}

const kept: ServerScenario = {
  id: 'F4',
  title: 'when the copy fails halfway, the standby still has what it had',
  points: 10,
  nodes: 2,
  cluster: { settings: { max_wal_size: '2MB' } },
  requires: ['pg_basebackup'],
  lookAt: 'what is left of the old copy, at every moment, until the new one is whole?',
  async run(drill) {
    const { primary, links } = drill.cluster;
    const standby = drill.node('n2');
    const workload = await begin(drill);
    await primary.sql('CREATE TABLE spam (body text)');
    await lose(drill, primary, standby);
    const had = await readWrites(standby);
    const isHalfway = drill.seed % 2 === 1;
    if (isHalfway) {
      links.shape('n1', 'n2', { kbPerSecond: 4000 });
      drill.atEnd(async () => links.heal());
    } else {
      await refuseReplication(drill);
      drill.note('n1 takes no further connections for replication');
    }
    const call = callResync(drill, standby.name);
    if (isHalfway) {
      const isCopying = async () =>
        (await primary.sql('SELECT 1 FROM pg_stat_progress_basebackup')).length > 0;
      const isOver = call.then(
        () => true,
        () => true,
      );
      await drill.eventually(async () => (await isCopying()) || (await isSettled(isOver)), {
        ruleId: 'nothing-copied',
        rule: 'A standby that has fallen too far behind is rebuilt (handout, The contract)',
        evidence: () => 'no base backup of n1 was begun',
        lookAt: 'what can a standby start from when nobody has its WAL?',
      });
      await workload.stop();
      await primary.crash();
      drill.note('n1 is down in the middle of the base backup');
    }
    const said = await call;
    drill.expect('refused' in said, {
      ruleId: 'claims-done',
      rule: 'resync says what has become of it (contract, Resync)',
      evidence: 'n1 could not be copied, and resync says that it is done',
      lookAt: 'what did the base backup say?',
    });
    await workload.stop();
    const there = new Set(await whatIsLeft(standby));
    const gone = had.filter((id) => !there.has(id)).length;
    drill.expect(gone === 0, {
      ruleId: 'last-copy-gone',
      rule: 'Until the new copy is whole, the old one is there (handout, The contract)',
      evidence: `${gone} of ${had.length} writes that n2 had are no longer on it`,
      lookAt: 'what is left of the old copy, at every moment, until the new one is whole?',
    });
  },
};

/** Clients are let in, standbys are not. */
async function refuseReplication(drill: Drill): Promise<void> {
  const { primary } = drill.cluster;
  const loadedAt = async () => {
    // A new connection knows what the postmaster knows.
    const session = await primary.connect('probe');
    const { rows } = await session.query<{ at: Date }>('SELECT pg_conf_load_time() AS at');
    await session.close();
    return rows[0]?.at.getTime() ?? 0;
  };
  const before = await loadedAt();
  await primary.writeFile('pg_hba.conf', 'host all all all trust\n');
  await primary.sql('SELECT pg_reload_conf()');
  await drill.assume('n1 to have read it', async () => (await loadedAt()) > before);
}

/** The writes that a standby still has; none when it cannot be started any more. */
async function whatIsLeft(standby: PgServer): Promise<readonly number[]> {
  try {
    if (!(await standby.isRunning())) await standby.start();
    return await readWrites(standby);
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
}

const isSettled = (promise: Promise<boolean>) =>
  Promise.race([promise, Promise.resolve(false)]) as Promise<boolean>;

export default [guarded, kept];
