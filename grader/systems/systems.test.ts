/** What needs no server: settings, links, outcomes of writes, the record, positions. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedSettings } from './conf.ts';
import { isDeed, requestWords } from './desk.ts';
import { Links } from './links.ts';
import { claimPorts } from './ports.ts';
import { lsnToBytes, SqlError, until } from './postgres.ts';
import { treeOf } from './tree.ts';
import { Overdue, waitFor } from './wait.ts';
import { compare, isLocalOnly, type Write, type WriteOutcome } from './workload.ts';

test.each([
  ['a', "a = '1'\nb = '2'\n", { a: '3' }, "b = '2'\na = '3'\n"],
  ['a reset', "a = '1'\nb = '2'\n", { a: null }, "b = '2'\n"],
  ['quotes', '', { a: "it's" }, "a = 'it''s'\n"],
  ['comments stay', "# by hand\na='1'\n", { b: '2' }, "# by hand\na='1'\nb = '2'\n"],
])('changes settings of a server that is down: %s', (_, text, settings, after) => {
  expect(changedSettings(text, settings)).toBe(after);
});

const write = (id: number, outcome: WriteOutcome): Write => {
  return { id, outcome, client: 1, node: 'n1', askedAtMs: 0, answeredAtMs: 1, said: '' };
};

test.each<[string, Write[], number[], number[], number[], number[]]>([
  ['all is there', [write(1, 'ok'), write(2, 'ok')], [1, 2], [], [], []],
  ['an acknowledged one is lost', [write(1, 'ok'), write(2, 'ok')], [2], [1], [], []],
  ['an unknown one may be there', [write(1, 'unknown')], [1], [], [], []],
  ['… and may not', [write(1, 'unknown')], [], [], [], []],
  ['a refused one is there', [write(1, 'fail')], [1], [], [1], []],
  ['there twice', [write(1, 'ok')], [1, 1], [], [], [1]],
  ['nobody’s', [write(1, 'ok')], [1, 9], [], [], [9]],
])('compares what clients were told with what is there: %s', (_, writes, ids, ...want) => {
  const { lost, refused, strange } = compare(writes, ids);
  expect([lost.map(({ id }) => id), refused.map(({ id }) => id), strange]).toEqual(want);
});

test('a port belongs to one cluster until it is gone, even when nobody listens', () => {
  const all = mkdtempSync(join(tmpdir(), 'faultlab-ports-'));
  const [one, other] = [join(all, 'c-1'), join(all, 'c-2')];
  for (const folder of [one, other]) mkdirSync(folder);
  expect(claimPorts(one, [11])).toBe(true);
  expect(claimPorts(one, [12])).toBe(true);
  expect(claimPorts(one, [11])).toBe(false);
  expect(claimPorts(other, [12, 13])).toBe(false);
  expect(claimPorts(other, [11])).toBe(false);
  expect(claimPorts(one, [13])).toBe(true);
  rmSync(one, { recursive: true });
  expect(claimPorts(other, [11, 12, 13])).toBe(true);
  rmSync(all, { recursive: true });
});

test('a commit that was only local is told apart', () => {
  const message = 'canceling wait for synchronous replication due to user request';
  expect(isLocalOnly({ severity: 'WARNING', code: '01000', message })).toBe(true);
  expect(
    isLocalOnly({ severity: 'WARNING', code: '01000', message: 'there is no transaction' }),
  ).toBe(false);
});

test('the record has what changes something, in words', () => {
  const look = { node: 'n1', op: 'sql', args: ['SELECT\n  1'] };
  const act = { node: 'n2', op: 'query', args: ['SELECT pg_promote()', [1]] };
  const stop = { node: 'n3', op: 'stop', args: ['fast'] };
  expect([look, act, stop].map(requestWords)).toEqual([
    'n1: SELECT 1',
    'n2: SELECT pg_promote()  [1]',
    'n3: stop fast',
  ]);
  expect([look, act, stop].map(isDeed)).toEqual([false, true, true]);
});

test('positions are compared as numbers', () => {
  expect(lsnToBytes('0/FFFFFFFF') < lsnToBytes('1/0')).toBe(true);
  expect(() => lsnToBytes('zero')).toThrow('give an LSN such as 0/3000060');
});

test('an error says whether anything was sent', () => {
  const error = new SqlError({ message: 'refused', code: '08001', wasSent: false });
  expect(error).toMatchObject({ code: '08001', wasSent: false, message: 'refused' });
});

test('waits have an end, and say what they waited for', async () => {
  const never = waitFor('rain', () => false, { withinMs: 20, seen: () => 'a cloud' });
  await expect(never).rejects.toThrow(Overdue);
  await expect(never).rejects.toThrow('for rain; last seen: a cloud');
  await expect(until('rain', () => false, { withinMs: 20 })).rejects.toThrow('until rain');
});

test('a tree is a process and all below it', () => {
  const process = (pid: number, parent: number) => ({ pid, parent, command: '', folder: '' });
  const all = [process(1, 0), process(2, 1), process(3, 2), process(4, 1)];
  expect(treeOf(2, all)).toEqual([2, 3]);
});

/** An echo behind the link from n1 to n2, and a client of it. */
async function linked(): Promise<{
  links: Links;
  client: Socket;
  heard: () => string;
  end(): void;
}> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const host = '127.0.0.1';
  const targets = { n1: { host, port: 1 }, n2: { host, port } };
  const links = await Links.open({ targets, proxyHost: host, proxyAddress: host });
  const client = connect(links.address('n1', 'n2'));
  client.on('error', () => {});
  let text = '';
  client.on('data', (bytes) => {
    text += String(bytes);
  });
  await once(client, 'connect');
  const end = () => {
    client.destroy();
    links.close();
    server.close();
  };
  return { links, client, heard: () => text, end };
}

test('a link that is cut holds bytes back, and one that is healed delivers them in order', async () => {
  const { links, client, heard, end } = await linked();
  client.write('a');
  await waitFor('the echo', () => heard() === 'a', { withinMs: 2000 });
  links.shape('n2', 'n1', { cut: true });
  client.write('b');
  client.write('c');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heard()).toBe('a');
  links.heal();
  await waitFor('the rest', () => heard() === 'abc', { withinMs: 2000 });
  end();
});

test('a slow link takes the time that its rate says', async () => {
  const { links, client, heard, end } = await linked();
  links.shape('n1', 'n2', { kbPerSecond: 100 });
  const startMs = performance.now();
  client.write('x'.repeat(20_000));
  await waitFor('the echo', () => heard().length === 20_000, { withinMs: 5000 });
  expect(performance.now() - startMs).toBeGreaterThan(100);
  end();
});

test('a link is shaped between ends that there are', async () => {
  const { links, end } = await linked();
  expect(() => links.shape('n3', 'n2', { cut: true })).toThrow('the ends are clients, n1, n2');
  expect(() => links.cut('n2', 'n4')).toThrow('no link has the end n4');
  end();
});

test('a link that is reset ends its connections', async () => {
  const { links, client, end } = await linked();
  const closed = once(client, 'close');
  links.reset('n1', 'n2');
  await closed;
  end();
});
