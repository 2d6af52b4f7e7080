import { defineMutants, type Mutant, plantIn } from 'faultlab';

const trigger = plantIn('trigger.ts');
const runbook = plantIn('runbook.ts');
const copies = plantIn('copies.ts');

const PG_DUMP = `    await must(primary, 'pg_dump', '-h', '127.0.0.1', '-p', \`\${primary.port}\`, '-f', path);
    const { ids } = await open(spare, primary, path);
    if (ids.length < (before?.n ?? 0)) throw new Error(\`\${path} has \${ids.length} of \${before?.n}\`);`;

/** The job looks for its `pg_dump` as it did. */
const oldPgDump: Mutant = {
  name: 'old-pg-dump',
  bug: 'The backup runs where there is no data directory, and takes the older pg_dump.',
  killedBy: 'F2',
  common: true,
  edit: [
    {
      file: 'runbook.ts',
      find: "export { trigger } from './trigger.ts';",
      replace: "import { pgDump } from './omnibus.ts';\nexport { trigger } from './trigger.ts';",
    },
    {
      file: 'runbook.ts',
      find: "await must(primary, 'pg_dump', '-h', '127.0.0.1', '-p', `${primary.port}`, '-f', path);",
      replace: 'await pgDump(spare, primary, path);',
    },
  ],
};

export default defineMutants([
  trigger('too-little-load', {
    bug: 'A little load: the standby lags for a moment, and catches up.',
    by: 'R1',
    find: 'megabytes: 40',
    put: 'megabytes: 2',
  }),
  trigger('standby-stopped', {
    bug: 'The standby is stopped: it is gone, but not because of WAL.',
    by: 'R1',
    find: "{ do: 'load', megabytes: 40 }",
    put: "{ do: 'stop-n2' }",
  }),
  trigger('network-cut', {
    bug: 'The network between the two is cut: the standby asks for nothing.',
    by: 'R1',
    find: "{ do: 'load', megabytes: 40 }",
    put: "{ do: 'cut-n2' }",
  }),
  trigger('right-pg-dump', {
    bug: 'The backup runs on the host of the database, where pg_dump is of the right version.',
    by: 'R1',
    find: 'backup-on-app',
    put: 'backup-on-db',
  }),
  trigger('nothing-ran', {
    bug: 'No backup was due: that there is none surprises nobody.',
    by: 'R1',
    find: "    { do: 'backup-on-app' },\n",
    put: '',
  }),
  trigger('standby-spared', {
    bug: 'Only the primary is wiped: the standby still has what it had.',
    by: 'R1',
    common: true,
    find: "    { do: 'wipe-n2' },\n",
    put: '',
  }),
  runbook('tries-on-the-last-copy', {
    bug: 'The machine for trials is emptied first: what the standby had was the best copy.',
    by: 'F1',
    common: true,
    find: 'const own = await setAside(spare);',
    put: 'const own: string | undefined = undefined;',
  }),
  runbook('first-that-opens', {
    bug: 'The first copy that can be restored is taken, however little is in it.',
    by: 'F1',
    common: true,
    shown: true,
    find: 'found.push(await open(spare, primary, path));',
    put: 'found.push(await open(spare, primary, path));\n      break;',
  }),
  runbook('copy-with-webhooks', {
    bug: 'The copy that has everything is taken: it is from the night before.',
    by: 'F1',
    find: 'b.ids.length - a.ids.length',
    put: 'b.webhooks.length - a.webhooks.length || a.ids.length - b.ids.length',
  }),
  runbook('no-webhooks', {
    bug: 'The copy was made for tests, and what was removed from it stays away.',
    by: 'F1',
    common: true,
    find: 'await complete(spare, hooks);',
    put: 'await complete(spare, []);',
  }),
  runbook('ids-again', {
    bug: 'Sequences go on from where the copy was: ids are given a second time.',
    by: 'F1',
    common: true,
    find: 'const IDS_LEFT_OUT = 100_000;',
    put: 'const IDS_LEFT_OUT = 0;',
  }),
  oldPgDump,
  runbook('exit-code-is-ignored', {
    bug: 'Nobody looks at the exit code, nor at what the job has left.',
    by: 'F2',
    common: true,
    find: PG_DUMP,
    put: "    await primary.run('pg_dump', '-h', '127.0.0.1', '-p', `${primary.port}`, '-f', path);",
  }),
  runbook('size-is-enough', {
    bug: 'A file that is not empty counts as a backup: pg_dump stopped in the middle.',
    by: 'F2',
    find: PG_DUMP,
    put: `    await primary.run('pg_dump', '-h', '127.0.0.1', '-p', \`\${primary.port}\`, '-f', path);
    if ((await primary.readFile(path)).length < 1000) throw new Error('empty');`,
  }),
  runbook('goes-by-the-name', {
    bug: 'n1 is taken for the primary, as it always was: after a failover it is not.',
    by: 'F3',
    common: true,
    find: 'if (source === node)',
    put: "if (name === 'n1')",
  }),
  runbook('down-is-free', {
    bug: 'A node that does not run counts for nothing: the primary was down for a moment.',
    by: 'F3',
    common: true,
    find: 'const source = await servingNode(cluster);',
    put: `let source = await servingNode(cluster);
  for (const other of cluster.nodes) {
    if (other !== node && (await other.isRunning())) source ??= other;
  }`,
  }),
  runbook('rebuilds-everybody', {
    bug: 'A standby that follows is rebuilt, too.',
    by: 'F3',
    find: '  if (await follows(source, node)) return { refused: `${name} follows ${source.name}` };\n',
    put: '',
  }),
  runbook('wipes-first', {
    bug: 'The old copy is removed before there is a new one (as on that night).',
    by: 'F4',
    common: true,
    find: 'const old = await setAside(node);',
    put: 'const old: string | undefined = undefined;\n  if (await node.isRunning()) await node.stop();\n  await node.remove();',
  }),
  runbook('always-done', {
    bug: 'The base backup fails, and the runbook says that it is done.',
    by: 'F4',
    find: 'return { refused: (error as Error).message };',
    put: 'return { done: true };',
  }),
  copies('psql-says-nothing', {
    bug: 'A dump that psql loads without an error counts as whole: its end is missing.',
    by: 'E1',
    common: true,
    find: "!(await node.readFile(path)).includes('PostgreSQL database dump complete')",
    put: "(await node.readFile(path)) === ''",
  }),
  copies('starts-is-whole', {
    bug: 'A server that starts counts as restored: nobody has read the rows.',
    by: 'E1',
    common: true,
    find: "'SELECT id, body FROM writes');\n  await node.sql('SELECT id, name FROM projects');",
    put: "'SELECT id, body FROM writes').catch(() => []);",
  }),
]);
