import { defineMutants, plantIn } from 'faultlab';

const runbook = plantIn('runbook.ts');
const router = plantIn('router.ts');

export default defineMutants([
  runbook('counts-from-what-arrived', {
    bug: 'Lag is counted from what the standby has received: a slow link hides all of it.',
    by: 'A1',
    common: true,
    find: 'pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn()) AS behind',
    put: 'pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) AS behind',
  }),
  runbook('asks-no-startup-process', {
    bug: 'Nobody asks what replay waits for: a query conflict is not recognised.',
    by: 'A1',
    find: "if (/^RecoveryConflict/.test(state.waits ?? '')) return 'query conflict';",
    put: '',
  }),
  runbook('lag-by-the-clock', {
    bug: 'Lag is the age of the last replayed transaction: when nothing is written, it grows.',
    by: 'A2',
    common: true,
    find: "  if (behind < NOISE_BYTES) return 'none';\n",
    put: `  const [clock] = await standby.sql(
    'SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp()) AS age',
  );
  if (clock?.age < 1 && behind < NOISE_BYTES) return 'none';
  if (behind < NOISE_BYTES) return 'apply delay';
`,
  }),
  runbook('repairs-what-is-meant', {
    bug: 'The inventory is not read: the company’s undo button is repaired, too.',
    by: 'B1',
    common: true,
    find: 'inventory.some(({ node, purpose }) => node === name && /on purpose/.test(purpose))',
    put: 'inventory.some(({ node, purpose }) => node === name && /never/.test(purpose))',
  }),
  runbook('restarts-the-standby', {
    bug: 'A restart instead of a look: the delay is in the configuration and comes back with it.',
    by: 'B1',
    find: 'await standby.configure({ recovery_min_apply_delay: null });',
    put: 'await standby.restart();',
  }),
  runbook('ends-everybody', {
    bug: 'All sessions of the standby are ended, the quarterly report among them.',
    by: 'B2',
    common: true,
    find: "WHERE state LIKE 'idle in transaction%' AND backend_xmin IS NOT NULL",
    put: "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
  }),
  runbook('ends-it-once', {
    bug: 'The session is ended and nothing is changed: the next one holds back replay again.',
    by: 'B2',
    common: true,
    shown: true,
    find: "await standby.configure({ max_standby_streaming_delay: '2s' });",
    put: '',
  }),
  runbook('gives-feedback', {
    bug: 'hot_standby_feedback ends the conflicts, and the primary keeps the garbage instead.',
    by: 'B2',
    find: "await standby.configure({ max_standby_streaming_delay: '2s' });",
    put: "await standby.configure({ hot_standby_feedback: 'on' });",
  }),
  runbook('waits-for-the-setting', {
    bug: 'A shorter delay is configured, and the wait that is under way is expected to notice.',
    by: 'B2',
    find: '    await standby.sql(OLDEST_IDLE);\n',
    put: '',
  }),
  router('token-before-commit', {
    bug: 'The token is taken in the statement that writes: the commit record comes after it.',
    by: 'C1',
    common: true,
    find: `  await primary.sql(upsert, [key, value]);
  // After the commit: its record lies before this position.
  const [row] = await primary.sql<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');`,
    put: `  const [row] = await primary.sql<{ lsn: string }>(
    \`\${upsert} RETURNING pg_current_wal_insert_lsn() AS lsn\`,
    [key, value],
  );`,
  }),
  router('any-standby', {
    bug: 'Reads go to the next standby, whatever it has replayed.',
    by: 'C1',
    find: 'if (answer) return answer.value;',
    put: 'return (await readAt(node, key))?.value;',
  }),
  router('primary-only', {
    bug: 'All reads go to the primary: never stale, and no use for standbys.',
    by: 'C1',
    find: '  const endMs = performance.now() + PATIENCE_MS;\n',
    put: '  if (key) return (await readAt(cluster.node(PRIMARY), key))?.value;\n  const endMs = performance.now() + PATIENCE_MS;\n',
  }),
  router('waits-for-one', {
    bug: 'The read waits for the standby whose turn it is, for as long as that takes.',
    by: 'C2',
    find: 'const order = [...standbys.slice(first), ...standbys.slice(0, first)];\n  const endMs = performance.now() + PATIENCE_MS;',
    put: 'const order = standbys.slice(first, first + 1);\n  const endMs = performance.now() + 8 * 1000;',
  }),
  router('no-fallback', {
    bug: 'When no standby gets there, the read shows what one of them has.',
    by: 'C3',
    find: 'return (await readAt(cluster.node(PRIMARY), key))?.value;',
    put: 'return (await readAt(order[0] as PgNode, key))?.value;',
  }),
]);
