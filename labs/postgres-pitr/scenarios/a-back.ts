/** Part A: back to just before the accident, and not one row further. */
import type { ServerScenario } from 'faultlab';
import { accident, begin, expectWhole, takeBase } from './accident.ts';

const deleted: ServerScenario = {
  id: 'A1',
  title: 'what the accident deleted is back, and what was written since is still there',
  points: 35,
  nodes: 2,
  cluster: { archive: true },
  requires: ['pg_basebackup'],
  byHand: true,
  lookAt: 'where in the log is the last moment before the accident?',
  async run(drill) {
    const workload = await begin(drill);
    await takeBase(drill);
    await accident(drill, workload, 'delete');
    await drill.repair();
    await workload.stop();
    await expectWhole(drill, workload, drill.cluster.primary);
  },
};

const failing: ServerScenario = {
  id: 'A2',
  title: 'archiving had stopped without a word, and rows were changed, not deleted',
  points: 35,
  nodes: 2,
  cluster: { archive: true },
  requires: ['pg_basebackup'],
  byHand: true,
  lookAt: 'which was the last segment to reach the archive, and where are those after it?',
  async run(drill) {
    const { primary } = drill.cluster;
    const workload = await begin(drill);
    await takeBase(drill);
    await primary.configure({ archive_command: 'false' });
    drill.note('archiving fails from now on');
    await accident(drill, workload, 'update');
    await primary.sql('SELECT pg_switch_wal()');
    await drill.assume('archiving to have failed', async () => {
      const [row] = await primary.sql<{ failed: number }>(
        'SELECT failed_count AS failed FROM pg_stat_archiver',
      );
      return (row?.failed ?? 0) > 0;
    });
    await drill.repair();
    await workload.stop();
    await expectWhole(drill, workload, primary);
  },
};

export default [deleted, failing];
