/** Other correct runbooks. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'runbook.ts', find, replace });

const variants: readonly Variant[] = [
  {
    name: 'restarts-for-sessions',
    what: 'Sessions are ended by a restart, and slots by what the table of consumers says.',
    edit: [
      edit(
        `  for (const holder of await holdersOf(n1)) {
    if (holder.kind === 'slot') {
      await n1.sql('SELECT pg_drop_replication_slot($1)', [holder.name]);
    } else await n1.sql('SELECT pg_terminate_backend($1)', [holder.pid]);
  }
`,
        `  await n1.sql(\`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
    WHERE slot_name IN (SELECT slot FROM consumers WHERE state LIKE '%shut down%')\`);
  await n1.restart();
`,
      ),
    ],
  },
  {
    name: 'asks-whom-vacuum-waits-for',
    what: 'Sessions are found as those that a vacuum waits for, again and again until it is over.',
    edit: [
      edit(
        'async () => (await ageOf(n1)) < HALF, {',
        `async () => {
    await n1.sql(\`SELECT pg_terminate_backend(blocker) FROM pg_stat_activity a,
      unnest(pg_blocking_pids(a.pid)) AS blocker WHERE a.backend_type = 'autovacuum worker'\`);
    return (await ageOf(n1)) < HALF;
  }, {`,
      ),
      edit("} else await n1.sql('SELECT pg_terminate_backend($1)', [holder.pid]);", '}'),
    ],
  },
];

export default variants;
