/** F2: a backup that says so when it is none. */
import type { Drill, ServerScenario } from 'faultlab';
import type { Backup } from '../contract.ts';
import { begin, damage, fileOf, known, more, must, restored } from '../site.ts';

async function callBackup(drill: Drill): Promise<Backup> {
  const said = await drill.call<Partial<Record<'path' | 'problem', unknown>> | undefined>('backup');
  const { path, problem } = said ?? {};
  const isPath = typeof path === 'string' && path.startsWith(`${drill.cluster.archiveDir}/`);
  const isOne = isPath || (path === undefined && typeof problem === 'string' && problem !== '');
  drill.expect(isOne, {
    kind: 'contract',
    ruleId: 'no-answer',
    rule: 'backup returns the path of a backup in the archive, or a problem (contract, Backup)',
    evidence: `backup returned ${JSON.stringify(said) ?? 'undefined'}; the archive is ${drill.cluster.archiveDir}`,
    lookAt: 'is there a backup, and where?',
  });
  return said as Backup;
}

/** Something that makes a whole backup impossible; the server goes on answering. */
async function break_(drill: Drill): Promise<string> {
  const { primary, archiveDir } = drill.cluster;
  if (drill.seed % 3 === 2) {
    await must(drill, primary, 'chmod', '-R', 'a-w', archiveDir);
    return 'nothing can be written into the archive any more';
  }
  const table = drill.seed % 3 === 1 ? 'writes' : 'projects';
  const file = await fileOf(primary, table);
  await primary.stop();
  await damage(drill, primary, primary.dataDir, file);
  await primary.start();
  return `a page of ${table} on n1 is damaged`;
}

const honest: ServerScenario = {
  id: 'F2',
  title: 'a backup can be restored with all that was there; where it cannot, it says so',
  points: 15,
  nodes: 2,
  requires: ['pg_basebackup', 'pg_dump', 'psql'],
  lookAt: 'who has looked at what the job left?',
  async run(drill) {
    const { primary } = drill.cluster;
    const host = drill.node('n2');
    await host.stop('immediate');
    await host.remove();
    const workload = await begin(drill);
    await more(drill, workload, 30);
    const before = known(workload);
    const said = await callBackup(drill);
    drill.expect('path' in said, {
      ruleId: 'no-backup',
      rule: 'While all is well, a backup is made (handout, The contract)',
      evidence: `backup says: ${'problem' in said ? said.problem : ''}`,
      lookAt: 'which pg_dump is this, and which version is the server?',
    });
    const path = 'path' in said ? said.path : '';
    const ids = await restored(host, primary, path);
    const there = new Set(typeof ids === 'string' ? [] : ids);
    const missing = before.filter((id) => !there.has(id)).length;
    drill.expect(missing === 0, {
      ruleId: 'no-such-backup',
      rule: 'A backup is what can be restored (handout, The contract)',
      evidence:
        typeof ids === 'string'
          ? `backup returned ${path}, and restoring it fails: ${ids.split('\n')[0]}`
          : `${missing} of ${before.length} writes acknowledged before are not in ${path}`,
      lookAt: 'what has the job left, and who has looked at it?',
    });
    drill.note('the backup is good');
    await workload.stop();
    const trouble = await break_(drill);
    drill.note(trouble);
    drill.atEnd(
      async () => void (await primary.run('chmod', '-R', 'u+w', drill.cluster.archiveDir)),
    );
    const then = await callBackup(drill);
    drill.expect('problem' in then, {
      ruleId: 'green-and-empty',
      rule: 'A backup that cannot be restored is not reported as one (handout, The contract)',
      evidence: `${trouble}, and backup returned ${'path' in then ? then.path : ''} as if all was well`,
      lookAt: 'what does the job go by when it says that all is well?',
    });
  },
};

export default [honest];
