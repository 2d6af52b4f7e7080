/** Part C: a commit on two of three nodes. */
import { type Drill, type ServerScenario, sleep } from 'faultlab';
import { expectFailover, expectFollowers } from './common.ts';

async function prepared(drill: Drill) {
  const { primary } = drill.cluster;
  const workload = await drill.workload({ to: () => primary.name, clients: 3 });
  await drill.assume('some writes', async () => workload.acknowledged > 20);
  await drill.call('makeDurable');
  drill.note('makeDurable returned');
  const seen = workload.acknowledged;
  await drill.eventually(async () => workload.acknowledged > seen + 10, {
    ruleId: 'writes-stand',
    rule: 'With all nodes up, writes go on (handout, The contract)',
    evidence: () =>
      `only ${workload.acknowledged - seen} writes have been acknowledged since makeDurable`,
    lookAt: 'is every name that a commit waits for the name of a standby?',
  });
  return workload;
}

const oneAway: ServerScenario = {
  id: 'C1',
  title: 'with any one standby away writes go on; with both away none is acknowledged',
  points: 10,
  nodes: 3,
  lookAt: 'for how many standbys does a commit wait, and for which?',
  async run(drill) {
    const { standbys } = drill.cluster;
    const workload = await prepared(drill);
    const order = drill.seed % 2 === 1 ? [...standbys] : [...standbys].reverse();
    for (const standby of order) {
      await standby.crash();
      drill.note(`${standby.name} is down`);
      const seen = workload.acknowledged;
      await drill.eventually(async () => workload.acknowledged > seen + 10, {
        ruleId: 'writes-stand',
        rule: 'With one standby away writes go on (handout, The contract)',
        evidence: () =>
          `with ${standby.name} down, ${workload.acknowledged - seen} writes were acknowledged`,
        lookAt: 'which standbys may stand in for each other?',
      });
      await standby.start();
      drill.note(`${standby.name} is back`);
      await drill.cluster.streaming(standbys.map(({ name }) => name));
    }
    for (const standby of standbys) await standby.crash();
    drill.note('both standbys are down');
    // What was on its way when the second one died may still be acknowledged.
    await sleep(300);
    const seen = workload.acknowledged;
    await sleep(1500);
    drill.expect(workload.acknowledged === seen, {
      ruleId: 'one-node-commit',
      rule: 'A commit is on two nodes before it is acknowledged (handout, The contract)',
      evidence: `${workload.acknowledged - seen} writes were acknowledged while n1 was alone`,
      lookAt: 'for whom did these commits wait?',
    });
    for (const standby of standbys) await standby.start();
  },
};

const nothingLost: ServerScenario = {
  id: 'C2',
  title: 'the primary dies in the middle of writes, and nothing that was acknowledged is lost',
  points: 10,
  nodes: 3,
  lookAt: 'which standby had the last commit?',
  async run(drill) {
    const { primary, standbys, links } = drill.cluster;
    const workload = await prepared(drill);
    const slow = standbys[drill.seed % 2];
    if (slow === undefined) throw new Error('two standbys are needed');
    links.cut(primary.name, slow.name);
    drill.note(`the link to ${slow.name} is cut`);
    const seen = workload.acknowledged;
    await drill.eventually(async () => workload.acknowledged > seen + 30, {
      ruleId: 'writes-stand',
      rule: 'With one standby away writes go on (handout, The contract)',
      evidence: () =>
        `with ${slow.name} cut off, ${workload.acknowledged - seen} writes were acknowledged`,
      lookAt: 'which standbys may stand in for each other?',
    });
    await primary.crash();
    drill.note(`${primary.name} is gone, with ${workload.acknowledged} acknowledged writes`);
    await workload.stop();
    const chosen = await expectFailover(drill, await drill.call('failover'), standbys);
    await drill.expectKept(workload, chosen.name, 'which standby had the last commit?');
    await expectFollowers(
      drill,
      chosen,
      standbys.filter((node) => node !== chosen),
    );
    const unknown = workload.with('unknown').length;
    drill.tell(`${workload.acknowledged} acknowledged writes kept, ${unknown} of unknown outcome`);
  },
};

export default [oneAway, nothingLost];
