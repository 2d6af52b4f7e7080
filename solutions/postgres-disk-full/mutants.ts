import { defineMutants, plantIn } from 'faultlab';

const runbook = plantIn('runbook.ts');

export default defineMutants([
  runbook('deletes-wal', {
    bug: 'WAL is deleted to make room: all segments but the last few.',
    by: 'A1',
    common: true,
    shown: true,
    find: "    if (kind === 'file' && words === 'may go') await n1.run('rm', name);\n  }",
    put: `    void [kind, name, words];
  }
  for (const name of (await n1.list('pg_wal')).filter((f) => f.length === 24).sort().slice(0, -3)) {
    await n1.remove(\`pg_wal/\${name}\`);
  }`,
  }),
  runbook('makes-no-room', {
    bug: 'The server is started again and again, and finds no more room than before.',
    by: 'A1',
    find: "kind === 'file' && words === 'may go'",
    put: "kind === 'nothing' && words === 'may go'",
  }),
  runbook('takes-any-file', {
    bug: 'All files beside the data directory go: nobody has read what they are.',
    by: 'A1',
    common: true,
    find: "kind === 'file' && words === 'may go'",
    put: "kind === 'file' && words !== ''",
  }),
  runbook('drops-all-slots', {
    bug: 'Every slot that is not active is dropped, even that of a standby that is away.',
    by: 'A1',
    common: true,
    find: 'if (!inUse.includes(name)) await',
    put: 'if (inUse.length > 0) await',
  }),
  runbook('leaves-the-slot', {
    bug: 'There is room again, for a while: the slot that nobody reads is still there.',
    by: 'A1',
    find: 'if (!inUse.includes(name)) await',
    put: 'if (inUse.includes(name)) await n1.sql("SELECT 1"); else if (name === "") await',
  }),
  runbook('no-limit', {
    bug: 'Nothing limits what a slot keeps: wal_keep_size is something else.',
    by: 'B1',
    common: true,
    find: 'configure({ max_slot_wal_keep_size: SLOT_KEEPS })',
    put: 'configure({ wal_keep_size: SLOT_KEEPS })',
  }),
  runbook('keeps-too-little', {
    bug: 'A slot may keep so little that a standby is lost when it is away for a moment.',
    by: 'B1',
    find: "const SLOT_KEEPS = '16MB';",
    put: "const SLOT_KEEPS = '1MB';",
  }),
  runbook('alarm-by-slots', {
    bug: 'Every slot that is not active raises an alarm, however little it keeps.',
    by: 'B2',
    find: 'if (free > FREE_SHARE_MIN * size) return [];',
    put: "const idle = await n1.sql('SELECT FROM pg_replication_slots WHERE NOT active');\n  if (free > FREE_SHARE_MIN * size && idle.length === 0) return [];",
  }),
  runbook('blames-data', {
    bug: 'The alarm says that the disk is full, but not what fills it.',
    by: 'B2',
    common: true,
    find: "if (Number(archive?.kept) > missing) return [{ node: 'n1', cause: 'archive' }];",
    put: '',
  }),
]);
