/** Other correct runbooks. */
import type { Variant } from 'faultlab';

const edit = (find: string, replace: string) => ({ file: 'runbook.ts', find, replace });

const variants: readonly Variant[] = [
  {
    name: 'backs-up-the-disk',
    what: 'The backup is a base backup, taken from another host.',
    edit: [
      edit('/dumps/nightly.sql`', '/snapshots/${Date.now()}`'),
      edit(
        "await must(primary, 'pg_dump', '-h', '127.0.0.1', '-p', `${primary.port}`, '-f', path);",
        `const from = ['-d', spare.conninfo('n1'), '-X', 'fetch', '-c', 'fast', '--no-sync'];
    await must(spare, 'pg_basebackup', '-D', path, ...from);`,
      ),
    ],
  },
  {
    name: 'copies-beside',
    what: 'The new copy is made beside the old one, which is touched only when the new one is whole.',
    edit: [
      edit(
        'const old = await setAside(node);\n  try {\n    await node.baseBackup(source.name);',
        `const fresh = \`\${node.dataDir}.new\`;
  const from = ['-d', node.conninfo(source.name), '-X', 'stream', '-c', 'fast', '-R', '--no-sync'];
  const { exitCode, output } = await node.run('pg_basebackup', '-D', fresh, ...from);
  if (exitCode !== 0) {
    await node.run('rm', '-rf', fresh);
    return { refused: output };
  }
  const old = await setAside(node);
  try {
    await must(node, 'mv', fresh, node.dataDir);`,
      ),
    ],
  },
  {
    name: 'restores-in-place',
    what: 'The best copy is restored on n1 itself, once it is known.',
    edit: [
      edit(
        `await open(spare, primary, best.path);
  await complete(spare, hooks);
  await primary.baseBackup(spare.name);
  await primary.start();
  await promote(primary);`,
        `await open(primary, spare, best.path);
  await complete(primary, hooks);`,
      ),
    ],
  },
];

export default variants;
