/** What the process of a submission may do, without any server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Isolation } from '../isolation.ts';
import { load } from '../realm/load.ts';
import type { PgServers } from './cluster.ts';
import { Program } from './program.ts';

const HOSTILE = `
import { until } from 'faultlab/postgres';
export const waits = () => until('it happens', () => false, { withinMs: 1 });
export const throws = () => { throw new Error('no') };
const builtin = (name: string) => (globalThis as any).process.getBuiltinModule(name);
export const reads = () => builtin('fs').readFileSync('/etc/hosts', 'utf8').length;
export const writes = () => builtin('fs').writeFileSync('/tmp/faultlab-was-here', '');
export const starts = () => builtin('child_process').execFileSync('true').length;
export const evaluates = () => new Function('return 1')();
export const works = () => 'well';
`;

async function open(isolation: Isolation) {
  const folder = mkdtempSync(join(tmpdir(), 'faultlab-program-'));
  try {
    writeFileSync(join(folder, 'runbook.ts'), HOSTILE);
    const api = 'faultlab/postgres';
    const built = await load({ folder, entry: 'runbook.ts', given: {}, api });
    if ('problems' in built) throw new Error(JSON.stringify(built.problems));
    const cluster = { nodes: [], folder, archiveDir: '' } as unknown as PgServers;
    const options = { loaded: built.loaded, cluster, isolation };
    return await Program.open({ ...options, onRequest() {}, onLog() {} });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each(['course', 'official'] as const)(
  'at level %s a runbook has no files, no processes and no code from text',
  { timeout: 60_000 },
  async (isolation) => {
    const program = await open(isolation);
    for (const deed of ['reads', 'writes', 'starts']) {
      await expect(program.call(deed)).rejects.toThrow('Access to this API has been restricted');
    }
    await expect(program.call('evaluates')).rejects.toThrow('Code generation from strings');
    expect(await program.call('works')).toBe('well');
    await program.close();
  },
);

test('waiting in vain is told apart from other errors', { timeout: 60_000 }, async () => {
  const program = await open('home');
  await expect(program.call('waits')).rejects.toMatchObject({ hasWaited: true });
  await expect(program.call('throws')).rejects.toMatchObject({ hasWaited: false });
  await program.close();
});

test('at home nothing is in the way', { timeout: 60_000 }, async () => {
  const program = await open('home');
  expect(await program.call('reads')).toBeGreaterThan(0);
  await program.close();
});
