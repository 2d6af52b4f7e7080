import { defineMutants, plantIn } from 'faultlab';

const runbook = plantIn('runbook.ts');

export default defineMutants([
  runbook('no-salvage', {
    bug: 'The old primary is rewound at once: what only it had is gone without a word.',
    by: 'A1',
    common: true,
    shown: true,
    find: '  await salvage(old, young);\n',
    put: '',
  }),
  runbook('only-new-rows', {
    bug: 'Only rows that are missing are saved: those that both have changed are forgotten.',
    by: 'A1',
    common: true,
    find: 'other?.balance === balance) continue;',
    put: 'other) continue;',
  }),
  runbook('every-difference', {
    bug: 'Every row that differs is saved, even those that only the new primary has changed.',
    by: 'A1',
    find: 'if (xid <= fork || other',
    put: 'if (other',
  }),
  runbook('naive-rejoin', {
    bug: 'standby.signal and a start, without a rewind: it streams, or seems to, with rows of its own.',
    by: 'A1',
    common: true,
    find: "...['pg_rewind', '--target-pgdata', old.dataDir, '--source-server', source],",
    put: "...['ls', old.dataDir, source.slice(0, 0) + '.'],",
  }),
  runbook('starts-unfenced', {
    bug: 'The old primary is started to be read, and only then fenced: for a moment it takes writes.',
    by: 'A2',
    common: true,
    find: `  await old.configure(READ_ONLY);
  if (!(await old.isRunning())) await old.start();`,
    put: `  if (!(await old.isRunning())) await old.start();
  await until('it is looked at', async () => (await old.logTail()).length > 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await old.configure(READ_ONLY);`,
  }),
  runbook('copies-everything', {
    bug: 'The data directory is thrown away and copied anew, however large it is.',
    by: 'B1',
    find: '  const source = ',
    put: `  await old.remove();
  await old.baseBackup(young.name);
  await old.start();
  if (young.name) return;
  const source = `,
  }),
]);
