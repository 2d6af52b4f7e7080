import { defineMutants, type Mutant, plantIn } from 'faultlab';

const trigger = plantIn('trigger.ts');
const runbook = plantIn('runbook.ts');

const RELEASE = `  for (const holder of await holdersOf(n1)) {
    if (holder.kind === 'slot') {
      await n1.sql('SELECT pg_drop_replication_slot($1)', [holder.name]);
    } else await n1.sql('SELECT pg_terminate_backend($1)', [holder.pid]);
  }
`;
const WAIT = `  await until('all databases are frozen', async () => (await ageOf(n1)) < HALF, {
    withinMs: FREEZE_WITHIN_MS,
    everyMs: 100,
  });
`;
const DROPS_OLD = ` AS name FROM pg_replication_slots
     WHERE greatest(age(xmin), age(catalog_xmin)) > \${HALF}`;

const edit = (find: string, replace: string) => ({ file: 'runbook.ts', find, replace });

/** Advice that is followed without looking at what holds freezing back. */
const advice = (name: string, bug: string, step: string, common = false): Mutant => ({
  name,
  bug,
  killedBy: 'F1',
  common,
  edit: [edit(RELEASE, step), edit(WAIT, '')],
});

export default defineMutants([
  trigger('autovacuum-off', {
    bug: 'Only autovacuum is turned off: against this limit the server vacuums all the same.',
    by: 'R1',
    common: true,
    find: 'forgotten-slot',
    put: 'autovacuum-off',
  }),
  trigger('too-few', {
    bug: 'Seven tenths of the transactions: there are alarms, and writes.',
    by: 'R1',
    find: 'millions: 2146',
    put: 'millions: 1500',
  }),
  trigger('slot-afterwards', {
    bug: 'The slot comes after the transactions: it holds nothing that is old.',
    by: 'R1',
    find: "{ do: 'forgotten-slot' }, { do: 'writes', millions: 2146 }",
    put: "{ do: 'writes', millions: 2146 }, { do: 'forgotten-slot' }",
  }),
  advice(
    'vacuums-and-vacuums',
    'VACUUM FREEZE is run, and ends without an error: nothing was frozen.',
    "  await n1.sql('VACUUM (FREEZE)');\n",
    true,
  ),
  advice('restarts', 'The server is restarted: a slot outlives that.', '  await n1.restart();\n'),
  advice(
    'counter-back',
    'pg_resetwal sets the counter back: numbers are given a second time.',
    `  await n1.stop();
  await n1.run('pg_resetwal', '-f', '-x', '20000', '-D', n1.dataDir);
  await n1.start();
`,
  ),
  runbook('drops-every-slot', {
    bug: 'All slots are dropped, even that of a standby that is away for a day.',
    by: 'F1',
    common: true,
    shown: true,
    find: DROPS_OLD,
    put: ' AS name FROM pg_replication_slots',
  }),
  runbook('truncates', {
    bug: 'The largest table is emptied, as they had to: here there was another way.',
    by: 'F1',
    find: '  // The server freezes every',
    put: "  await until('room', async () => (await ageOf(n1)) < HALF, { withinMs: FREEZE_WITHIN_MS });\n  await n1.sql('TRUNCATE events');\n  // The server freezes every",
  }),
  {
    name: 'slots-only',
    bug: 'Only slots are looked at: a session keeps vacuum from one table, and that is enough.',
    killedBy: 'F1',
    common: true,
    edit: [
      edit('...sessions.map', '...sessions.slice(99).map'),
      edit('= 45_000', '= 5_000'),
      edit("    everyMs: 100,\n  });\n  await n1.sql('VACUUM (FREEZE)');", '  }).catch(() => {});'),
    ],
  },
  runbook('names-every-slot', {
    bug: 'The alarm names each slot there is.',
    by: 'F2',
    find: DROPS_OLD,
    put: ' AS name FROM pg_replication_slots',
  }),
  runbook('names-every-lock', {
    bug: 'The alarm names each session that holds a lock, even readers, which vacuum does not mind.',
    by: 'F2',
    common: true,
    find: "l.mode IN ('ShareUpdateExclusiveLock',",
    put: "l.mode IN ('AccessShareLock', 'ShareUpdateExclusiveLock',",
  }),
  runbook('too-late', {
    bug: 'The alarm comes at two thousand million: at their rate only days are left.',
    by: 'F2',
    common: true,
    find: 'if ((await ageOf(n1)) < HALF) return [];',
    put: 'if ((await ageOf(n1)) < 2_000_000_000) return [];',
  }),
  runbook('too-early', {
    bug: 'The alarm comes when autovacuum would begin anyway: it rings every week.',
    by: 'F2',
    find: 'if ((await ageOf(n1)) < HALF) return [];',
    put: 'if ((await ageOf(n1)) < 200_000_000) return [];',
  }),
  runbook('counts-to-the-wrap', {
    bug: 'It counts to where the numbers wrap: the server stops before that, to leave room for repairs.',
    by: 'E1',
    common: true,
    find: 'const RESERVE = 3_000_000;',
    put: 'const RESERVE = 0;',
  }),
  runbook('counts-all-numbers', {
    bug: 'It counts 2^32 numbers: half of them are the past.',
    by: 'E1',
    find: 'const WRAP = 2 ** 31;',
    put: 'const WRAP = 2 ** 32;',
  }),
]);
