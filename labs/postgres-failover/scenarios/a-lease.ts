/** Part A: one holds the lease; when it is gone, the standby with the data takes over. */
import { lsnToBytes, type PgServer, type ServerScenario, sleep } from 'faultlab';
import { begin, CLUSTER, expectLeader, expectOneLine, expectWhole, type Story } from './common.ts';

const calm: ServerScenario = {
  id: 'A1',
  title: 'as long as the primary is well nobody else takes over, whoever comes and goes',
  points: 15,
  nodes: 3,
  cluster: CLUSTER,
  lookAt: 'who renews the lease, and how does everybody else know?',
  run: (drill) =>
    begin(drill, async (story) => {
      const { members, workload } = story;
      const gone = drill.seed % 2 === 1 ? 'n2' : 'n3';
      await members.crash(gone);
      drill.note(`the machine of ${gone} is gone`);
      await expectLeader(story, ['n1'], `with ${gone} gone`);
      await sleep(2 * members.leaseMs);
      await members.boot(gone);
      drill.note(`the machine of ${gone} is back`);
      await expectOneLine(story);
      const others = workload.with('ok').find(({ node }) => node !== 'n1');
      drill.expect(others === undefined, {
        ruleId: 'needless-takeover',
        rule: 'While the primary is well it stays the primary (handout, The contract)',
        evidence: `${others?.node} acknowledged number ${others?.id}, though n1 was well throughout`,
        lookAt: 'from what moment does a controller that has just started count the lease?',
      });
      await expectWhole(story, 'what did each commit wait for?');
    }),
};

async function received(standby: PgServer): Promise<bigint> {
  const [row] = await standby.sql<{ lsn: string | null }>(
    'SELECT pg_last_wal_receive_lsn() AS lsn',
  );
  return lsnToBytes(row?.lsn ?? '0/0');
}

/** One standby falls behind, while the other one lets commits go on. */
async function leaveBehind({ drill, workload }: Story, short: PgServer, full: PgServer) {
  const { links } = drill.cluster;
  links.cut('n1', short.name);
  drill.note(`${short.name} receives nothing from n1 any more`);
  const seen = workload.acknowledged;
  await drill.assume(`${short.name} to lack writes`, async () => {
    return (
      workload.acknowledged > seen + 20 && (await received(full)) > (await received(short)) + 2000n
    );
  });
}

const dead: ServerScenario = {
  id: 'A2',
  title: 'the machine of the primary dies: the standby with all the data takes over',
  points: 20,
  nodes: 3,
  cluster: CLUSTER,
  lookAt: 'which of the two standbys had the last commit?',
  run: (drill) =>
    begin(drill, async (story) => {
      const { members } = story;
      const [n2, n3] = drill.cluster.standbys as [PgServer, PgServer];
      const [full, short] = drill.seed % 2 === 1 ? [n3, n2] : [n2, n3];
      await leaveBehind(story, short, full);
      members.pauseController(full.name);
      await members.crash('n1');
      drill.note(`the machine of n1 is gone, and the controller of ${full.name} is slow`);
      await sleep(1.6 * members.leaseMs);
      members.resumeController(full.name);
      await expectLeader(story, ['n2', 'n3'], 'after the death of n1');
      drill.cluster.links.heal();
      await members.boot('n1');
      drill.note('the machine of n1 is back');
      await expectWhole(story, 'which of the two standbys had the last commit?');
    }),
};

export default [calm, dead];
