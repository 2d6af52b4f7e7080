/** A store that was written for the simulation runs for real, survives the loss of a member, and says so when it cannot answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadLab, ROOT } from '../../paths.ts';
import { loadSubmission } from '../../submission/load.ts';
import { StoreError } from '../postgres.ts';
import { waitFor } from '../wait.ts';
import { FolderDisk } from './disk.ts';
import { Store } from './store.ts';

const folders: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'faultlab-live-'));
  folders.push(folder);
  return folder;
}

async function open(names: readonly string[], crashes: string[] = []): Promise<Store> {
  const uses = { raft: join(ROOT, 'solutions', 'raft') };
  const lab = await loadLab('kv-raft');
  const built = await loadSubmission(lab, join(ROOT, 'solutions', 'kv-raft'), { uses });
  if ('problems' in built) throw new Error(JSON.stringify(built.problems));
  const store = await Store.open({
    names,
    loaded: built.loaded,
    folder: newFolder(),
    isolation: 'course',
    pace: 2,
    onCrash: (name, text) => crashes.push(`${name}: ${text}`),
  });
  stores.push(store);
  return store;
}

/** Retries an operation that gets no answer, until somebody leads again. */
const patiently = (act: () => Promise<unknown>) =>
  waitFor(
    'the store',
    async () =>
      act()
        .then((value) => ({ value }))
        .catch(() => undefined),
    {
      withinMs: 30_000,
    },
  ).then(({ value }) => value);

test('three members agree, one may die and come back', { timeout: 90_000 }, async () => {
  const crashes: string[] = [];
  const store = await open(['n1', 'n2', 'n3'], crashes);
  const [n1, n2] = [store.member('n1'), store.member('n2')];
  await patiently(() => n1.perform('put', ['lease', 'a']));
  expect(await patiently(() => n2.perform('get', ['lease']))).toBe('a');
  expect(await patiently(() => n2.perform('cas', ['lease', 'x', 'b']))).toBe(false);
  n1.kill();
  expect(await patiently(() => n2.perform('get', ['lease']))).toBe('a');
  await patiently(() => n2.perform('put', ['lease', 'c']));
  await n1.start();
  expect(await patiently(() => n1.perform('get', ['lease']))).toBe('c');
  expect(crashes).toEqual([]);
});

test('without a majority an operation fails, and says why', { timeout: 90_000 }, async () => {
  const store = await open(['n1', 'n2', 'n3']);
  const n1 = store.member('n1');
  await patiently(() => n1.perform('put', ['k', 'before']));
  store.links.isolate('n1');
  const silent = n1.perform('get', ['k', { withinMs: 500 }]);
  await expect(silent).rejects.toThrow(StoreError);
  await expect(silent).rejects.toThrow('get k: no answer within 500 ms');
  store.links.heal();
  expect(await patiently(() => n1.perform('get', ['k']))).toBe('before');
});

test('an operation that a store does not have is refused', { timeout: 60_000 }, async () => {
  const n1 = (await open(['n1'])).member('n1');
  await expect(n1.perform('delete', ['k'])).rejects.toThrow('get, put, cas');
  await expect(n1.perform('cas', ['k', 'a'])).rejects.toThrow('cas of a store takes 3 texts');
});

test('a folder does what the disk of a node does', async () => {
  const disk = new FolderDisk(newFolder());
  expect(await disk.read('a')).toBeUndefined();
  await disk.write('a', 'one');
  await disk.append('a', ' two');
  await disk.fsync('a');
  await disk.rename('a', 'b/c');
  await disk.fsyncDirectory();
  expect(await disk.list()).toEqual(['b/c']);
  expect(await disk.read('b/c')).toBe('one two');
  await disk.truncate('b/c', 3);
  expect(await disk.readBytes('b/c')).toEqual(new TextEncoder().encode('one'));
  await disk.remove('b/c');
  await expect(disk.fsync('b/c')).rejects.toMatchObject({ code: 'ENOENT' });
});
