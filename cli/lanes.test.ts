import { expect, test } from 'vitest';
import type { TraceLine } from '../grader/replay.ts';
import { laneLines } from './lanes.ts';

const line = (atMs: number, node: string | undefined, kind: string, text: string): TraceLine => ({
  atMs,
  ...(node === undefined ? {} : { node }),
  kind,
  text,
});

test('messages go from lane to lane, and what happens to a node is on its lane', () => {
  const trace = [
    line(0, 'n1', 'boot', 'boots'),
    line(150, 'n1', 'send', 'n1 → n3 requestVote {"term":1}'),
    line(153, 'n3', 'deliver', 'n1 → n3 requestVote {"term":1}'),
    line(155, 'n1', 'deliver', 'n3 → n1 requestVote reply {"term":1}'),
    line(156, 'n2', 'drop', 'n1 → n2 requestVote {"term":1} is lost (cut)'),
    line(157, 'n1', 'state', 'is leader in term 1'),
    line(160, undefined, 'fault', 'isolate n1'),
    line(170, 'n1', 'crash', 'crashes'),
  ];
  expect(laneLines(trace, ['n1', 'n2', 'n3']).join('\n')).toMatchInlineSnapshot(`
    "          n1     n2     n3
       0.000   ○      │      │      n1 boots
       0.153   ├─────────────▶      requestVote
       0.155   ◀─────────────┤      requestVote reply
       0.156   ├─────✗│      │      requestVote is lost
       0.157   ★      │      │      n1 is leader in term 1
       0.160   │      │      │      isolate n1
       0.170   ✗      │      │      n1 crashes"
  `);
});

test('never wider than 80 columns, with nine nodes as with one', () => {
  const nodes = Array.from({ length: 9 }, (_, i) => `n${i + 1}`);
  const trace = [line(123_456, 'n9', 'deliver', `n1 → n9 ${'x'.repeat(90)} {}`)];
  for (const of of [nodes, ['n9']])
    for (const text of laneLines(trace, of)) expect(text.length).toBeLessThanOrEqual(80);
});
