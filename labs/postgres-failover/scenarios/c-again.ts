/** Part C: it happens again, before everybody is back. */
import { type ServerScenario, sleep } from 'faultlab';
import { begin, CLUSTER, expectLeader, expectWhole } from './common.ts';

const LOOK_AT = 'of two histories, which holds what was acknowledged last: the longer one?';

const again: ServerScenario = {
  id: 'C1',
  title: 'the second primary dies as well, and the first comes back with the longer log',
  points: 15,
  nodes: 3,
  cluster: CLUSTER,
  lookAt: LOOK_AT,
  run: (drill) =>
    begin(drill, async (story) => {
      const { members } = story;
      members.isolate('n1');
      members.pauseController('n1');
      drill.note('n1 is cut off, and its controller stands still; clients still reach it');
      // The log grows even with what nobody confirms.
      await drill
        .node('n1')
        .sql(
          "SELECT pg_logical_emit_message(false, 'idle', repeat('x', 8000)) FROM generate_series(1, 200)",
        );
      const second = await expectLeader(story, ['n2', 'n3'], 'after n1 was cut off');
      const third = second.name === 'n2' ? 'n3' : 'n2';
      drill.cluster.links.cut(second.name, third);
      drill.note(`${third} receives nothing from ${second.name} any more`);
      await sleep(members.leaseMs / 3);
      await members.crash(second.name);
      members.heal();
      members.resumeController('n1');
      drill.note(`the machine of ${second.name} is gone; n1 is back`);
      await expectLeader(story, ['n1', 'n2', 'n3'], `after the death of ${second.name}`);
      await members.boot(second.name);
      drill.note(`the machine of ${second.name} is back`);
      await expectWhole(story, LOOK_AT);
    }),
};

export default [again];
