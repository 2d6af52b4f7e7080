/** Part B: the old primary is alive, and does not know that it is the old one. */
import { type ServerScenario, sleep } from 'faultlab';
import { begin, CLUSTER, expectLeader, expectSilence, expectWhole } from './common.ts';

const ASLEEP = 'who confirmed the old primary’s commits after the new one was chosen?';

const paused: ServerScenario = {
  id: 'B1',
  title: 'controllers stand still, and servers go on: another takes over, and no commit is lost',
  points: 20,
  nodes: 3,
  cluster: CLUSTER,
  lookAt: ASLEEP,
  run: (drill) =>
    begin(drill, async (story) => {
      const { members } = story;
      const slow = drill.seed % 2 === 1 ? 'n3' : 'n2';
      members.pauseController('n1');
      members.pauseController(slow);
      drill.note(`the controllers of n1 and ${slow} stand still; their servers go on`);
      await sleep(2 * members.leaseMs);
      members.resumeController(slow);
      drill.note(`the controller of ${slow} goes on`);
      await expectLeader(story, ['n2', 'n3'], 'after the controller of n1 stood still');
      members.resumeController('n1');
      drill.note('the controller of n1 goes on');
      await expectWhole(story, ASLEEP);
    }),
};

const cutOff: ServerScenario = {
  id: 'B2',
  title:
    'the primary is cut off with its clients, wholly or from the store only: one history remains',
  points: 20,
  nodes: 3,
  cluster: CLUSTER,
  lookAt: 'what answers do clients of the old primary get, and what becomes of its rows?',
  run: (drill) =>
    begin(drill, async (story) => {
      const { members } = story;
      if (drill.seed % 2 === 1) members.isolate('n1');
      else members.isolateStore('n1');
      const what = drill.seed % 2 === 1 ? 'the machine of n1' : 'the store of n1';
      drill.note(`${what} is cut off; clients still reach n1`);
      await expectLeader(story, ['n2', 'n3'], `after ${what} was cut off`);
      members.heal();
      drill.note('the network is whole');
      await expectWhole(
        story,
        'what answers do clients of the old primary get, and what becomes of its rows?',
      );
    }),
};

const noMajority: ServerScenario = {
  id: 'B3',
  title: 'without a majority of the store nobody acknowledges; once it is back, somebody does',
  points: 10,
  nodes: 3,
  cluster: CLUSTER,
  lookAt: 'what does a primary that cannot renew its lease know?',
  run: (drill) =>
    begin(drill, async (story) => {
      const { members } = story;
      for (const { name } of drill.cluster.nodes) members.isolateStore(name);
      drill.note('the members of the store cannot reach each other; the servers can');
      const lookAt = 'what does a primary that cannot renew its lease know?';
      await expectSilence(story, 'no two members of the store could reach each other', lookAt);
      members.heal();
      drill.note('the network is whole');
      await expectLeader(story, ['n1', 'n2', 'n3'], 'with the store back');
      await expectWhole(story, lookAt);
    }),
};

export default [paused, cutOff, noMajority];
