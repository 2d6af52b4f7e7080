/** Part A: the primary is gone. Who has the data? */
import type { Drill, PgServer, ServerScenario } from 'faultlab';
import { expectFailover, expectFollowers, hasAll, received } from './common.ts';

const LOOK_AT = 'how much of the old primary’s log had the node that you promoted received?';

/** Which standby has everything, by seed; the other lacks the last writes. */
function choose({ cluster, seed }: Drill) {
  const [n2, n3, ...more] = cluster.standbys;
  if (n2 === undefined || n3 === undefined) throw new Error('two standbys are needed');
  return seed % 2 === 1 ? { full: n3, short: n2, more } : { full: n2, short: n3, more };
}

/** Writes go on while the link to one standby is cut; then the primary dies. */
async function loseLink(drill: Drill, full: PgServer, short: PgServer): Promise<void> {
  const { primary, links } = drill.cluster;
  links.cut(primary.name, short.name);
  drill.note(`the link from ${primary.name} to ${short.name} is cut`);
  const from = await received(short);
  await drill.cluster.primary.sql(
    "INSERT INTO noise SELECT repeat('x', 500) FROM generate_series(1, 500)",
  );
  await drill.assume(`${short.name} to lack the last writes`, async () => {
    return (await received(full)) > from + 100_000n;
  });
}

async function begin(drill: Drill) {
  const { primary } = drill.cluster;
  await primary.sql('CREATE TABLE noise (body text)');
  const workload = await drill.workload({ to: () => primary.name });
  await drill.assume('some writes', async () => workload.acknowledged > 20);
  return workload;
}

const mostData: ServerScenario = {
  id: 'A1',
  title: 'the standby that has received most is promoted, even when it has replayed least',
  points: 25,
  nodes: 3,
  lookAt: LOOK_AT,
  async run(drill) {
    const { primary } = drill.cluster;
    const { full, short } = choose(drill);
    const workload = await begin(drill);
    // What is received is safe, whether it is replayed or not.
    await full.sql('SELECT pg_wal_replay_pause()');
    drill.note(`${full.name} receives, and has paused its replay`);
    await loseLink(drill, full, short);
    const seen = workload.acknowledged;
    await drill.assume('more writes', async () => workload.acknowledged > seen + 30);
    await workload.stop();
    await drill.assume(`${full.name} to have everything`, () => hasAll(drill, full));
    await primary.crash();
    drill.note(`${primary.name} is gone, with ${workload.acknowledged} acknowledged writes`);

    const chosen = await expectFailover(drill, await drill.call('failover'), [full, short]);
    await drill.expectKept(workload, chosen.name, LOOK_AT);
    await expectFollowers(drill, chosen, chosen === full ? [short] : [full]);
  },
};

const timeline: ServerScenario = {
  id: 'A2',
  title: 'a standby that went its own way is not promoted, however long its log is',
  points: 20,
  nodes: 4,
  lookAt: 'do all these positions lie on the same timeline?',
  async run(drill) {
    const { primary } = drill.cluster;
    const { full, short, more } = choose(drill);
    const [stray] = more;
    if (stray === undefined) throw new Error('three standbys are needed');
    const workload = await begin(drill);
    await stray.sql('SELECT pg_promote()');
    await stray.sql("INSERT INTO noise SELECT repeat('y', 500) FROM generate_series(1, 4000)");
    // Somebody noticed, and made it a standby again: of nobody.
    await stray.stop();
    await stray.writeFile('standby.signal', '');
    await stray.configure({ primary_conninfo: null });
    await stray.start();
    drill.note(`${stray.name} was promoted by mistake, written to, and made a standby again`);
    await loseLink(drill, full, short);
    await workload.stop();
    await drill.assume(`${full.name} to have everything`, () => hasAll(drill, full));
    await primary.crash();
    drill.note(`${primary.name} is gone, with ${workload.acknowledged} acknowledged writes`);

    const living = [full, short, stray];
    const chosen = await expectFailover(drill, await drill.call('failover'), living);
    await drill.expectKept(workload, chosen.name, LOOK_AT);
    await expectFollowers(
      drill,
      chosen,
      [full, short].filter((node) => node !== chosen),
    );
  },
};

export default [mostData, timeline];
