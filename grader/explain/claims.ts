/**
 * What a write-up claims about a run, found in its sentences and checked against the run:
 * `#120 happened before #214`, `#120 and #214 are concurrent`, `#120 set off #214`, `#120 (1.204 s)`,
 * `37 appendEntries were sent`, `without #120, #214 comes at 1.254 s`. Prose around them is for people.
 */
import { plain } from '../report/plain.ts';
import { chainOf } from './about-code.ts';
import type { RunEvent, RunRecord } from './record.ts';
import { milestone } from './what-if.ts';
import { at } from './words.ts';

export type ClaimKind = 'event' | 'before' | 'concurrent' | 'cause' | 'time' | 'count' | 'without';

export interface Claim {
  /** From 1 on. */
  readonly line: number;
  readonly kind: ClaimKind;
  readonly text: string;
  /** What the run says instead; '' when the claim holds. */
  readonly wrong: string;
}

type Check = (run: RunRecord, words: readonly string[]) => string | Promise<string>;

interface Form {
  readonly kind: ClaimKind;
  readonly pattern: RegExp;
  /** '' or what is true. */
  readonly check: Check;
}

/** Written times may be rounded. */
const ROUNDING_MS = 1;

const FORMS: readonly Form[] = [
  {
    kind: 'without',
    pattern:
      /without #(\d+),? #(\d+) (?:(never comes)|comes (?:at (\d+(?:\.\d+)?) s|(as it did)))/gi,
    check: checkWithout,
  },
  {
    kind: 'before',
    pattern: /#(\d+) happened before #(\d+)/gi,
    check: (run, [a, b]) =>
      orderOf(run, a, b) === 'before' ? '' : `#${a} ${orderWords(run, a, b)} #${b}`,
  },
  {
    kind: 'concurrent',
    pattern: /#(\d+) and #(\d+) are concurrent/gi,
    check: (run, [a, b]) =>
      orderOf(run, a, b) === 'concurrent' ? '' : `#${a} ${orderWords(run, a, b)} #${b}`,
  },
  {
    kind: 'cause',
    pattern: /#(\d+) set off #(\d+)/gi,
    check(run, [a, b]) {
      const chain = chainOf(run, eventOf(run, b) as RunEvent);
      if (chain.some(({ number }) => number === Number(a))) return '';
      const numbers = chain.slice(0, -1).map(({ number }) => `#${number}`);
      return `what set off #${b} is ${numbers.join(' → ') || 'nothing before it'}`;
    },
  },
  {
    kind: 'time',
    pattern: /#(\d+) (?:\(|at )(\d+(?:\.\d+)?) s\)?/gi,
    check(run, [a, time]) {
      const { atMs } = eventOf(run, a) as RunEvent;
      return Math.abs(atMs - 1000 * Number(time)) <= ROUNDING_MS ? '' : `#${a} was at ${at(atMs)}`;
    },
  },
  {
    kind: 'count',
    pattern: /(\d+) (\w+)(?: requests)? were sent/gi,
    check(run, [count, what = '']) {
      const sends = run.all('send').filter(({ facts: { wire } }) => {
        return what === 'messages' || (wire?.kind === 'request' && wire.method === what);
      });
      return sends.length === Number(count) ? '' : `${sends.length} ${what} were sent`;
    },
  },
];

const REFERENCE = /#(\d+)\b/g;

/** All claims in a text, in the order of its lines. Markdown comments claim nothing. */
export async function checkClaims(run: RunRecord, text: string): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const [i, line] of withoutComments(text).split('\n').entries()) {
    const add = (kind: ClaimKind, words: string, wrong: string) =>
      claims.push({ line: i + 1, kind, text: plain(words), wrong });
    const missing = [...line.matchAll(REFERENCE)].filter(([, number]) => !eventOf(run, number));
    for (const [words] of missing.slice(0, CLAIMS_MAX - claims.length))
      add('event', words, `there are events #1 to #${run.events.length} in this run`);
    for (const { kind, pattern, check } of FORMS) {
      for (const [words, ...parts] of line.matchAll(pattern)) {
        const isAbout = (reference: string) => words.includes(reference);
        if (missing.some(([reference]) => isAbout(reference))) continue;
        if (claims.length >= CLAIMS_MAX) return claims;
        add(kind, words, await check(run, parts));
      }
    }
  }
  return claims;
}

/** Nobody reads more; each "without" is a run of its own. */
const CLAIMS_MAX = 60;

/** Comments are blanked, so that lines keep their numbers. */
export function withoutComments(text: string): string {
  const [first = '', ...rest] = text.split('<!--');
  return rest.reduce((visible, piece) => {
    const end = piece.indexOf('-->');
    const hidden = end === -1 ? piece : piece.slice(0, end);
    return visible + hidden.replace(/[^\n]/g, '') + (end === -1 ? '' : piece.slice(end + 3));
  }, first);
}

const eventOf = (run: RunRecord, number: string | undefined) => run.events[Number(number) - 1];

function orderOf(run: RunRecord, a: string | undefined, b: string | undefined) {
  const [first, second] = [eventOf(run, a), eventOf(run, b)];
  return first && second ? run.order(first, second) : undefined;
}

function orderWords(run: RunRecord, a: string | undefined, b: string | undefined): string {
  const order = orderOf(run, a, b);
  if (order === undefined)
    return 'is not on a node (a fault, say), or was lost, so it has no order with';
  return { before: 'happened before', after: 'happened after', concurrent: 'is concurrent with' }[
    order
  ];
}

async function checkWithout(
  run: RunRecord,
  [a, b, never, time, same]: readonly string[],
): Promise<string> {
  const [send, end] = [eventOf(run, a), eventOf(run, b)] as [RunEvent, RunEvent];
  const { message } = send.facts;
  if (send.kind !== 'send' || message === undefined) return `#${a} is not the sending of a message`;
  const then = milestone(run, end).find(await run.again({ drop: [message] }));
  const holds =
    then === undefined
      ? never !== undefined
      : never === undefined &&
        Math.abs(then.atMs - (same === undefined ? 1000 * Number(time) : end.atMs)) <= ROUNDING_MS;
  if (holds) return '';
  return `without #${a}, #${b} ${then === undefined ? 'never comes' : `comes at ${at(then.atMs)}`}`;
}
