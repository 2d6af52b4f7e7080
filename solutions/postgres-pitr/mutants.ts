import { defineMutants, plantIn } from 'faultlab';

const runbook = plantIn('runbook.ts');

export default defineMutants([
  runbook('inclusive', {
    bug: 'The target is the accident itself, which is restored with everything before it.',
    by: 'A1',
    common: true,
    find: "recovery_target_inclusive: 'off',",
    put: "recovery_target_inclusive: 'on',",
  }),
  runbook('only-the-backup', {
    bug: 'The base backup is restored without the archive: rows written after it are missing.',
    by: 'A1',
    common: true,
    shown: true,
    find: "  await node.writeFile('recovery.signal', '');\n  await node.start();",
    put: "  await node.configure({ recovery_target_xid: null, recovery_target: 'immediate' });\n  await node.writeFile('recovery.signal', '');\n  await node.start();",
  }),
  runbook('replaces-the-rows', {
    bug: 'The table is put back as it was: what was written since is gone.',
    by: 'A1',
    common: true,
    find: "  const rows = await spare.sql('SELECT * FROM writes');\n",
    put: "  const rows = await spare.sql('SELECT * FROM writes');\n  await primary.sql('TRUNCATE writes');\n",
  }),
  runbook('trusts-the-archive', {
    bug: 'Nobody checks whether archiving works: the log ends before the accident.',
    by: 'A2',
    common: true,
    find: '  await primary.configure({ archive_command: archiveCommand(cluster) });\n',
    put: '',
  }),
  runbook('only-missing-rows', {
    bug: 'Rows that are gone are brought back, rows that were changed are not.',
    by: 'A2',
    find: 'DO UPDATE SET body = excluded.body WHERE writes.body <> excluded.body',
    put: 'DO NOTHING',
  }),
  runbook('stops-when-consistent', {
    bug: 'Recovery ends as soon as the backup is consistent: the archive is of no use.',
    by: 'B1',
    find: '/backup`, {}',
    put: "/backup`, { recovery_target: 'immediate' }",
  }),
]);
