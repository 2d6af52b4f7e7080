/** Part B: WAL that is kept for somebody who does not come. */
import type { Drill, ServerScenario } from 'faultlab';
import {
  createTables,
  endOfWal,
  hasReplayed,
  lastWords,
  streams,
  walMegabytes,
  writeAndRecycle,
} from './wal.ts';

const GHOSTS = ['n4', 'old_replica', 'backup_2019'];
/** What a standby may miss and still come back, how much of it piles up first, and the limit of `pg_wal`. */
const AWAY_MB = 12;
const PILED_MB = 10;
const WAL_MB_MAX = 40;

/** The standby that is away, by seed, and the one that is here. */
function choose({ cluster, seed }: Drill) {
  const [n2, n3] = cluster.standbys;
  if (n2 === undefined || n3 === undefined) throw new Error('two standbys are needed');
  return seed % 2 === 1 ? { away: n2, here: n3 } : { away: n3, here: n2 };
}

async function slots(drill: Drill): Promise<string[]> {
  const rows = await drill.cluster.primary.sql<{ name: string }>(
    'SELECT slot_name AS name FROM pg_replication_slots ORDER BY 1',
  );
  return rows.map(({ name }) => name);
}

/** A standby that is away on purpose, and the slot of a node that no longer exists. */
async function arrange(drill: Drill): Promise<{ ghost: string }> {
  const { primary } = drill.cluster;
  const { away, here } = choose(drill);
  const ghost = GHOSTS[drill.seed % GHOSTS.length] ?? 'n4';
  await createTables(drill);
  await primary.sql('INSERT INTO inventory VALUES ($1, $2), ($3, $4), ($5, $6)', [
    ...[primary.name, 'takes all writes'],
    ...[here.name, 'reads'],
    ...[away.name, 'reads; new disks today, comes back with the data that it has'],
  ]);
  await primary.sql('SELECT pg_create_physical_replication_slot($1, true)', [ghost]);
  await drill.assume('both standbys to have everything', () => hasReplayedAll(drill));
  await away.stop();
  drill.note(`${away.name} is away; the slot "${ghost}" belongs to nobody`);
  const before = await walMegabytes(primary);
  await writeAndRecycle(drill, PILED_MB);
  await drill.assume('WAL to pile up', async () => (await walMegabytes(primary)) > before + 3);
  drill.note(`pg_wal of ${primary.name} has grown to ${await walMegabytes(primary)} MB`);
  return { ghost };
}

async function hasReplayedAll({ cluster }: Drill): Promise<boolean> {
  const end = await endOfWal(cluster.primary);
  const done = await Promise.all(cluster.standbys.map((standby) => hasReplayed(standby, end)));
  return done.every(Boolean);
}

async function expectSlots(drill: Drill, ghost: string): Promise<void> {
  const { away, here } = choose(drill);
  const there = await slots(drill);
  drill.expect(!there.includes(ghost), {
    ruleId: 'ghost-slot',
    rule: 'No WAL is kept for a node that no longer exists (handout, The contract)',
    evidence: `the slot "${ghost}" is still there, and no node in the inventory has this name`,
    lookAt: 'which slots belong to a node that exists?',
  });
  for (const { name } of [away, here]) {
    drill.expect(there.includes(name), {
      ruleId: 'slot-dropped',
      rule: 'The slot of a node that will come back stays (handout, The contract)',
      evidence: `the slot "${name}" is gone; the slots left: ${there.join(', ') || 'none'}`,
      lookAt: 'does "inactive" mean that nobody needs it?',
    });
  }
}

const ghostSlot: ServerScenario = {
  id: 'B1',
  title:
    'the slot that belongs to nobody goes, the slot of a node that is away stays, and the node comes back',
  points: 25,
  nodes: 3,
  cluster: { slots: true },
  byHand: true,
  lookAt: 'which slots belong to a node that exists?',
  async run(drill) {
    const { primary } = drill.cluster;
    const { away, here } = choose(drill);
    const { ghost } = await arrange(drill);
    const workload = await drill.workload({ to: () => primary.name });
    await drill.repair();
    await expectSlots(drill, ghost);
    await writeAndRecycle(drill, AWAY_MB - PILED_MB);
    await workload.stop();
    if (!(await away.isRunning())) await away.start();
    drill.note(`${away.name} is back`);
    const end = await endOfWal(primary);
    for (const standby of [away, here]) {
      await drill.eventually(
        async () => (await hasReplayed(standby, end)) && streams(drill, standby.name),
        {
          ruleId: 'not-back',
          rule: `A standby that was away for ${AWAY_MB} MB of WAL comes back without help (handout, The contract)`,
          evidence: async () =>
            `${standby.name} has not replayed ${end}; its log: ${await lastWords(standby)}`,
          lookAt: 'is the WAL that it needs still kept for it?',
        },
      );
      await drill.expectKept(workload, standby.name, 'does the standby have what the primary has?');
    }
  },
};

const bounded: ServerScenario = {
  id: 'B2',
  title: 'a standby that never comes back cannot fill the disk of the primary',
  points: 20,
  nodes: 3,
  cluster: { slots: true },
  byHand: true,
  lookAt: 'which setting says how much WAL a slot may keep?',
  async run(drill) {
    const { primary } = drill.cluster;
    const { away, here } = choose(drill);
    const { ghost } = await arrange(drill);
    await drill.repair();
    await expectSlots(drill, ghost);
    if (await away.isRunning()) await away.stop();
    drill.note(`${away.name} does not come back; ${primary.name} goes on`);
    await writeAndRecycle(drill, WAL_MB_MAX + 20);
    // Recycling may need another checkpoint to see that the slot has been given up.
    await primary.sql('CHECKPOINT');
    const size = await walMegabytes(primary);
    drill.tell(`pg_wal has ${size} MB after ${WAL_MB_MAX + 20} MB of WAL that a standby missed`);
    drill.expect(size <= WAL_MB_MAX, {
      ruleId: 'wal-unbounded',
      rule: `pg_wal stays within ${WAL_MB_MAX} MB, whoever is away (handout, The contract)`,
      evidence: `with ${away.name} away, pg_wal of ${primary.name} has grown to ${size} MB`,
      lookAt: 'what does a slot promise, and what does that cost the primary?',
    });
    const end = await endOfWal(primary);
    await drill.eventually(() => hasReplayed(here, end), {
      ruleId: 'still-behind',
      rule: 'The standby that is here follows all the while (handout, The contract)',
      evidence: () => `${here.name} has not replayed ${end}`,
      lookAt: 'who else is affected by your limit?',
    });
  },
};

export default [ghostSlot, bounded];
