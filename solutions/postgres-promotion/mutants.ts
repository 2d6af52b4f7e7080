import { defineMutants, plantIn } from 'faultlab';

const runbook = plantIn('runbook.ts');
const client = plantIn('client.ts');

export default defineMutants([
  runbook('compares-what-is-replayed', {
    bug: 'Replayed positions are compared: a standby that has paused its replay looks empty.',
    by: 'A1',
    common: true,
    shown: true,
    find: 'greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) AS lsn',
    put: 'pg_last_wal_replay_lsn() AS lsn',
  }),
  runbook('promotes-the-first', {
    bug: 'The first standby of the list is promoted, whatever it has.',
    by: 'A1',
    common: true,
    find: '    .sort((a, b) => Number(b.end - a.end));',
    put: '    .sort((a, b) => a.node.name.localeCompare(b.node.name));',
  }),
  runbook('leaves-the-others', {
    bug: 'The other standby goes on waiting for the dead primary.',
    by: 'A1',
    find: 'await node.configure({ primary_conninfo: node.conninfo(best.node.name) });',
    put: 'await node.restart();',
  }),
  runbook('promotes-everybody', {
    bug: 'Both standbys are promoted, to be on the safe side.',
    by: 'A1',
    find: 'await node.configure({ primary_conninfo: node.conninfo(best.node.name) });',
    put: "await node.sql('SELECT pg_promote()');",
  }),
  runbook('longest-log-wins', {
    bug: 'Positions of different timelines are compared: the stray has the longest log.',
    by: 'A2',
    common: true,
    find: '    .filter(({ timeline }) => timeline === line)\n    .sort',
    put: '    .sort',
  }),
  client('success-is-success', {
    bug: 'The warning is not read: a commit that is on one node only is called ok.',
    by: 'B1',
    common: true,
    find: "return notices.some(({ severity }) => severity === 'WARNING') ? 'unknown' : 'ok';",
    put: "return notices.length > 99 ? 'unknown' : 'ok';",
  }),
  client('waits-for-the-server', {
    bug: 'The client waits for an answer, and no timeout of the server ends this wait.',
    by: 'B1',
    find: 'const PATIENCE_MS = 2000;',
    put: 'const PATIENCE_MS = 8000;',
  }),
  client('silence-is-success', {
    bug: 'Silence is taken for success: a write that is not answered in time is called ok.',
    by: 'B1',
    find: "const silence = sleep(PATIENCE_MS).then(() => 'unknown' as const);",
    put: "const silence = sleep(PATIENCE_MS).then(() => 'ok' as const);",
  }),
  client('everything-is-unknown', {
    bug: 'Whatever is not a success is unknown: nobody can act on that.',
    by: 'B2',
    find: "return error instanceof SqlError && !mayBeCommitted(error) ? 'fail' : 'unknown';",
    put: "return error instanceof SqlError ? 'unknown' : 'fail';",
  }),
  client('refused-is-unknown', {
    bug: 'A connection that was refused is called unknown, though nothing was sent.',
    by: 'B2',
    find: "return 'fail'; // Nothing was sent.",
    put: "return 'unknown';",
  }),
  runbook('first-one', {
    bug: 'FIRST 1, with one name: commits wait for n2, and nobody stands in when it is away.',
    by: 'C1',
    common: true,
    find: `ANY 1 (\${standbys.join(', ')})`,
    put: 'FIRST 1 (n2)',
  }),
  runbook('waits-for-both', {
    bug: 'Commits wait for both standbys: safe, until one of them is restarted.',
    by: 'C1',
    find: 'ANY 1 (',
    put: 'ANY 2 (',
  }),
  runbook('does-not-wait', {
    bug: 'synchronous_commit is off for speed: nothing waits for anybody.',
    by: 'C1',
    find: '.configure({ synchronous_standby_names',
    put: ".configure({ synchronous_commit: 'off', synchronous_standby_names",
  }),
]);
