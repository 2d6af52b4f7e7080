/** Part B: only what has been restored is a backup. */
import type { ServerScenario } from 'faultlab';
import { archived, begin, expectWhole, more } from './accident.ts';

const proven: ServerScenario = {
  id: 'B1',
  title: 'the disk of the primary is gone, and the backup has all that had reached the archive',
  points: 30,
  nodes: 2,
  cluster: { archive: true },
  requires: ['pg_basebackup'],
  lookAt: 'what does a server need besides the files of a base backup?',
  async run(drill) {
    const { primary, archiveDir, nodes } = drill.cluster;
    const workload = await begin(drill);
    await drill.call('backup');
    drill.note('backup returned');
    await more(drill, workload, 60);
    await workload.stop();
    await archived(drill, primary);
    await primary.crash();
    await primary.remove();
    drill.note(`the disk of ${primary.name} is gone; the archive is in ${archiveDir}`);
    const name = await drill.call('restore');
    const node = nodes.find((each) => each.name === name);
    if (node === undefined) {
      return drill.fail({
        kind: 'contract',
        ruleId: 'no-server',
        rule: 'restore returns the name of the node that has the data (handout, The contract)',
        evidence: `restore returned ${JSON.stringify(name) ?? 'undefined'}`,
        lookAt: 'which node takes writes from now on?',
      });
    }
    const isOpen = async () => {
      if (!(await node.isRunning())) return false;
      const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      return row?.standby === false;
    };
    await drill.eventually(isOpen, {
      ruleId: 'not-open',
      rule: 'The restored server takes writes (handout, The contract)',
      evidence: () => `${node.name} is in recovery, or down`,
      lookAt: 'when is a recovery over, and who says so?',
    });
    await expectWhole(drill, workload, node);
  },
};

export default [proven];
