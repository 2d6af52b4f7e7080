import { defineMutants, plantIn } from 'faultlab';

const runbook = plantIn('runbook.ts');

export default defineMutants([
  runbook('keeps-more-from-now-on', {
    bug: 'wal_keep_size is raised after the WAL is gone: what was recycled does not come back.',
    by: 'A1',
    common: true,
    find: `    if (!(await replayFromArchive(cluster, standby))) await rebuild(primary, standby);
    await until(\`\${standby.name} streams\`, () => streams(primary, standby.name));`,
    put: `    await primary.configure({ wal_keep_size: '1GB' });
    await standby.restart();`,
  }),
  runbook('copies-once', {
    bug: 'The missing segments are copied by hand, which works until the next outage.',
    by: 'A1',
    find: `  await standby.configure({ restore_command: \`cp \${cluster.archiveDir}/%f %p\` });
`,
    put: `  await standby.run('cp', '-R', cluster.archiveDir + '/.', standby.dataDir + '/pg_wal');
  await standby.restart();
`,
  }),
  runbook('rebuilds-the-primary', {
    bug: 'rm -rf on the wrong host: the data directory of the primary is removed (GitLab 2017).',
    by: 'A2',
    common: true,
    shown: true,
    find: '  await standby.stop();\n  await standby.remove();',
    put: '  await standby.stop();\n  await primary.remove();',
  }),
  runbook('rebuilds-without-a-slot', {
    bug: 'A new base backup and nothing else: the next outage loses the standby again.',
    by: 'A2',
    common: true,
    find: `  await standby.remove();
  await standby.baseBackup(primary.name, { slot });`,
    put: `  await primary.sql('SELECT pg_drop_replication_slot($1)', [slot]);
  await standby.remove();
  await standby.baseBackup(primary.name);`,
  }),
  runbook('rebuilds-everybody', {
    bug: 'Every standby is rebuilt, even the one that is well.',
    by: 'A2',
    find: '    if (!(await isLost(primary, standby))) continue;\n',
    put: '',
  }),
  runbook('drops-what-is-inactive', {
    bug: 'All inactive slots are dropped, even that of a standby that is away for an hour.',
    by: 'B1',
    common: true,
    find: 'if (!nodes.includes(name)) await primary',
    put: 'await primary',
  }),
  runbook('drops-nothing', {
    bug: 'The ghost stays; only its greed is bounded.',
    by: 'B1',
    find: '  await dropGhosts(cluster, primary);\n',
    put: '',
  }),
  runbook('bound-too-small', {
    bug: 'Slots may keep so little that a standby which is away for minutes is lost.',
    by: 'B1',
    find: "const SLOT_KEEPS = '24MB';",
    put: "const SLOT_KEEPS = '1MB';",
  }),
  runbook('no-bound', {
    bug: 'The ghost is dropped, and the next standby that does not come back fills the disk.',
    by: 'B2',
    common: true,
    find: 'await primary.configure({ max_slot_wal_keep_size: SLOT_KEEPS });',
    put: '',
  }),
]);
