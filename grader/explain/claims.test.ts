import { expect, it } from 'vitest';
import { nodeSource, openSession, scenarioOf } from '../testing.ts';
import { checkClaims, withoutComments } from './claims.ts';
import { RunRecord } from './record.ts';
import { checkWriteUp, runNamed } from './write-up.ts';

/** n1 asks n2 and emits the answer; n3 minds its own business. */
const files = nodeSource(`
  async start() {
    const c = this.c;
    c.serve('ask', (n: number) => n + 1);
    if (c.id === 'n1') c.emit('out', await c.call('n2', 'ask', 41, { timeoutMs: 50 }));
    if (c.id === 'n3') setTimeout(() => c.emit('out', 'alone'), 2);
  }`);
const session = await openSession({ files });
const scenario = scenarioOf({ nodes: 3, run: (cluster) => cluster.run(100) });
const run = await RunRecord.of(session, scenario, 1);
session.close();

const numberOf = (words: string) => run.events.find(({ text }) => text.includes(words))?.number;
const find = (kind: string, node: string) =>
  run.events.find((e) => e.kind === kind && e.node === node)?.number;
const [asked, arrived, replied] = [find('send', 'n1'), find('deliver', 'n2'), find('send', 'n2')];
const [answer, alone] = [numberOf('out 42'), numberOf('"alone"')];
const seconds = ((run.events[(answer ?? 0) - 1]?.atMs ?? 0) / 1000).toFixed(3);

it.each([
  [`#${asked} happened before #${answer}`, ''],
  [`#${asked} HAPPENED before #${answer}, as one sees`, ''],
  [`#${answer} happened before #${asked}`, `#${answer} happened after #${asked}`],
  [`#${alone} and #${answer} are concurrent`, ''],
  [`#${asked} and #${answer} are concurrent`, `#${asked} happened before #${answer}`],
  [`#${alone} happened before #${answer}`, `#${alone} is concurrent with #${answer}`],
  [`#${arrived} set off #${answer}`, ''],
  [`#${alone} set off #${answer}`, `what set off #${answer} is #1 →`],
  [`#${answer} (${seconds} s)`, ''],
  [`#${answer} at ${seconds} s`, ''],
  [`#${answer} (1.5 s)`, `#${answer} was at ${seconds} s`],
  ['1 ask were sent', ''],
  ['2 messages were sent', ''],
  ['7 messages were sent', '2 messages were sent'],
  [`without #${asked}, #${answer} never comes`, ''],
  [`without #${replied}, #${answer} never comes`, ''],
  [`without #${asked}, #${alone} comes as it did`, ''],
  [`without #${asked}, #${alone} never comes`, `without #${asked}, #${alone} comes at 0.002 s`],
  [`without #${asked}, #${answer} comes at 9 s`, `without #${asked}, #${answer} never comes`],
  [`without #${alone}, #${answer} never comes`, `#${alone} is not the sending of a message`],
  ['#999 happened before #1', 'there are events #1 to'],
  ['#0 is wrong', 'there are events #1 to'],
])('%s', async (text, wrong) => {
  const claims = await checkClaims(run, `Some words.\nAnd: ${text}.`);
  expect(claims).toHaveLength(1);
  expect(claims[0]?.line).toBe(2);
  expect(claims[0]?.wrong).toContain(wrong);
  if (wrong === '') expect(claims[0]?.wrong).toBe('');
});

it('comments claim nothing, and lines keep their numbers', async () => {
  const text = `a <!-- #1\n#999 --> b\n#999`;
  expect(withoutComments(text)).toBe('a \n b\n#999');
  expect(await checkClaims(run, text)).toMatchObject([{ line: 3, text: '#999' }]);
  expect(withoutComments('a <!-- never\nended')).toBe('a \n');
});

it('ten thousand claims are not all checked', async () => {
  expect((await checkClaims(run, '#1 happened before #2\n'.repeat(10_000))).length).toBe(60);
  expect((await checkClaims(run, '#999 '.repeat(10_000))).length).toBe(60);
});

it('a write-up says what is open and what it lacks; the rubric is not judged', async () => {
  const text = `Run: T1\n\n[…]\n#1 [#]\n#${asked} happened before #${answer}\n\n## For whoever reads this\n[#]`;
  expect(runNamed(text)).toBe('T1');
  const { open, missing, claims } = await checkWriteUp(run, text);
  expect(open).toEqual([3, 4]);
  expect(claims).toHaveLength(1);
  expect(missing).toMatchInlineSnapshot(`
    [
      "2 like "#12 happened before #34"",
      "one like "#12 and #34 are concurrent"",
      "one like "#12 set off #34"",
      "one like "without #12, #34 comes at 1.234 s"",
    ]
  `);
});
