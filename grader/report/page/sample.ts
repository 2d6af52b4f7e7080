/** A run with a bit of everything that a page draws, for its tests. */
import type { TraceLine } from '../../replay.ts';
import type { PageOptions } from './page.ts';

const NASTY = '</script><script>alert(1)</script>';

/**
 * Two nodes and a client: c1 puts and gets, n1 leads and is cut off, crashes and comes back. Of its
 * messages one arrives at once, one late, one twice, and one not at all.
 */
const TRACE: readonly TraceLine[] = [
  { atMs: 0, node: 'n1', kind: 'boot', text: 'boots' },
  { atMs: 0, node: 'n2', kind: 'boot', text: 'boots' },
  { atMs: 0, node: 'c1', kind: 'boot', text: 'boots' },
  { atMs: 1, node: 'n1', kind: 'state', text: 'is leader in term 2' },
  change(1, 'n1', { role: 'leader', term: 2, log: [] }),
  change(1, 'n2', { role: 'follower', term: 2, log: [] }),
  { atMs: 2, node: 'c1', kind: 'call', text: 'put("x", "1")', facts: { call: 4 } },
  message(3, 'send', 'c1', 'n1', 1, 'write'),
  message(5, 'deliver', 'c1', 'n1', 1, 'write'),
  change(5, 'n1', { log: ['x=1'] }),
  message(5, 'send', 'n1', 'c1', 2, 'write reply'),
  message(6, 'deliver', 'n1', 'c1', 2, 'write reply'),
  message(7, 'deliver', 'n1', 'c1', 2, 'write reply', ' (second copy)'),
  { atMs: 7, node: 'c1', kind: 'return', text: 'resolves to null', facts: { call: 4 } },
  { atMs: 8, kind: 'fault', text: 'isolate n2', facts: { cuts: ['n1>n2', 'n2>n1'] } },
  message(9, 'send', 'n1', 'n2', 3, 'append', ` ${NASTY}`),
  message(9, 'drop', 'n1', 'n2', 3, 'append', ` ${NASTY} is lost (cut)`),
  { atMs: 10, kind: 'fault', text: 'heal the network', facts: { cuts: [] } },
  clock(11, 'the clocks of n2 run at 0.5 × speed', 0.5),
  message(12, 'send', 'n1', 'n2', 4, 'append'),
  { atMs: 13, node: 'n1', kind: 'crash', text: 'crashes' },
  { atMs: 14, node: 'n2', kind: 'pause', text: 'is paused' },
  { atMs: 200, node: 'n2', kind: 'resume', text: 'resumes; 1 event waited' },
  message(212, 'deliver', 'n1', 'n2', 4, 'append'),
  { atMs: 213, node: 'n1', kind: 'restart', text: 'restarts' },
  { atMs: 220, node: 'c1', kind: 'call', text: 'get("x")', facts: { call: 7 } },
  { atMs: 221, node: 'c1', kind: 'return', text: 'resolves to ""', facts: { call: 7 } },
  { atMs: 230, kind: 'note', text: 'the scenario reads once more' },
];

function change(atMs: number, node: string, changes: Record<string, unknown>): TraceLine {
  return { atMs, node, kind: 'change', text: 'as the facts say', facts: { changes } };
}

function message(
  atMs: number,
  kind: 'send' | 'deliver' | 'drop',
  from: string,
  to: string,
  number: number,
  name: string,
  rest = '',
): TraceLine {
  const facts = { message: number, method: name.split(' ')[0] as string };
  return {
    atMs,
    node: kind === 'send' ? from : to,
    kind,
    text: `${from} → ${to} ${name}${rest}`,
    facts,
  };
}

function clock(atMs: number, text: string, rate: number): TraceLine {
  return { atMs, kind: 'fault', text, facts: { clock: { node: 'n2', rate } } };
}

export function samplePage(): PageOptions {
  const finding = {
    kind: 'safety',
    ruleId: 'r',
    rule: 'Rule (a paper): <b>no</b> text of a submission is ever markup',
    evidence: `n1 said ${NASTY}`,
    lookAt: 'what is durable?',
    atMs: 231,
    story: [
      { atMs: 1, text: 'n1 is leader in term 2' },
      { atMs: 13, text: 'n1 crashes' },
    ],
    core: [
      { client: 'c1', callAtMs: 2, returnAtMs: 7, text: 'put x "1"' },
      { client: 'c1', callAtMs: 220, returnAtMs: 221, text: 'get x → ""', isCulprit: true },
    ],
  } as const;
  const counts = { traceHash: '0', virtualMs: 231, events: TRACE.length };
  return {
    replay: { result: { seed: 7, verdict: 'failed', finding, ...counts }, trace: TRACE },
    title: 'a claim',
    lab: 'A lab',
    scenario: 'A1',
    command: 'lab replay x A1 --seed 7',
    nodes: ['n1', 'n2', 'n3', 'c1'],
  };
}
