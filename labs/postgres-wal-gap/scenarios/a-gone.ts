/** Part A: the standby needs WAL that the primary has thrown away. */
import type { Drill, PgServer, ServerScenario } from 'faultlab';
import {
  createTables,
  endOfWal,
  hasReplayed,
  identityOf,
  lastWords,
  outage,
  streams,
} from './wal.ts';

/** The standby that misses WAL, by seed; the other one is well and has nothing to do with it. */
function choose({ cluster, seed }: Drill) {
  const [n2, n3] = cluster.standbys;
  if (n2 === undefined || n3 === undefined) throw new Error('two standbys are needed');
  return seed % 2 === 1 ? { lost: n2, well: n3 } : { lost: n3, well: n2 };
}

const LOG_GAP = /requested WAL segment \w+ has already been removed/;

/** The story of both scenarios; `where` says where the WAL still is. */
async function gap(drill: Drill, where: 'archive' | 'nowhere'): Promise<void> {
  const { primary } = drill.cluster;
  const { lost, well } = choose(drill);
  await createTables(drill);
  await primary.sql(
    "INSERT INTO inventory VALUES ('n1', 'takes all writes'), ('n2', 'reads'), ('n3', 'reads')",
  );
  const workload = await drill.workload({ to: () => primary.name });
  await drill.assume('some writes', async () => workload.acknowledged > 20);
  drill.note(`${lost.name} is down, and ${primary.name} goes on`);
  await outage(drill, lost, 6 + (drill.seed % 3));
  await lost.start();
  await drill.assume(`${lost.name} to miss WAL`, async () => LOG_GAP.test(await lost.logTail(20)));
  drill.note(`${lost.name} is up again, and what it needs is no longer on ${primary.name}`);
  const before = { primary: await identityOf(primary), well: await identityOf(well) };

  await drill.repair();
  await expectSame(drill, primary, before.primary, 'primary');
  await expectSame(drill, well, before.well, 'well');
  const target = await endOfWal(primary);
  await drill.eventually(() => hasReplayed(lost, target), {
    ruleId: 'still-behind',
    rule: 'After a repair every standby follows (handout, The contract)',
    evidence: async () =>
      `${lost.name} has not replayed ${target}; it ${(await streams(drill, lost.name)) ? 'streams' : 'does not stream'}`,
    lookAt:
      where === 'archive'
        ? 'who still has the segment that the log asks for?'
        : 'if nobody has the segment any more, what can the standby still become?',
  });

  drill.note(`${lost.name} is down again, for as long`);
  await outage(drill, lost, 8);
  await lost.start();
  drill.note(`${lost.name} is up again; nobody repairs anything`);
  const end = await endOfWal(primary);
  await drill.eventually(() => hasReplayed(lost, end), {
    ruleId: 'gap-again',
    rule: 'The next outage needs no operator (handout, The contract)',
    evidence: async () =>
      `after the second outage ${lost.name} has not replayed ${end}; its log: ${await lastWords(lost)}`,
    lookAt: 'what has been repaired: the standby, or the reason why it was lost?',
  });
  await workload.stop();
  const last = await endOfWal(primary);
  await drill.eventually(() => hasReplayed(lost, last), {
    ruleId: 'still-behind',
    rule: 'After a repair every standby follows (handout, The contract)',
    evidence: () => `${lost.name} has not replayed ${last}`,
    lookAt: 'does the standby stream, or does it only read the archive?',
  });
  for (const node of [primary, lost])
    await drill.expectKept(workload, node.name, 'whose data directory was rebuilt?');
}

async function expectSame(
  drill: Drill,
  node: PgServer,
  before: Awaited<ReturnType<typeof identityOf>>,
  role: 'primary' | 'well',
): Promise<void> {
  const isUp = await node.isRunning();
  const now = isUp ? await identityOf(node) : undefined;
  const isSame =
    now?.systemId === before.systemId && now.startedAt.getTime() === before.startedAt.getTime();
  const words = isUp ? 'was restarted' : 'went down';
  drill.expect(isSame, {
    ruleId: role === 'primary' ? 'primary-touched' : 'bystander-touched',
    rule:
      role === 'primary'
        ? 'The primary goes on as it is: not stopped, not rebuilt (GitLab, 31 January 2017)'
        : 'A standby that is well is left alone (handout, The contract)',
    evidence: `${node.name} ${words} during the repair`,
    lookAt: 'on which node does each of your steps run?',
  });
}

const archived: ServerScenario = {
  id: 'A1',
  title: 'a standby whose WAL is in the archive follows again, and the next time needs nobody',
  points: 25,
  nodes: 3,
  cluster: { archive: true },
  byHand: true,
  lookAt: 'who still has the segment that the log asks for?',
  run: (drill) => gap(drill, 'archive'),
};

const rebuilt: ServerScenario = {
  id: 'A2',
  title: 'a standby whose WAL is nowhere is rebuilt, and the next time needs nobody',
  points: 30,
  nodes: 3,
  byHand: true,
  lookAt: 'what tells a primary how far each of its standbys is, even while it is away?',
  run: (drill) => gap(drill, 'nowhere'),
};

export default [archived, rebuilt];
