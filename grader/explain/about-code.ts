/** Questions about which code of the submission did something, and what set it off. */
import { type Draft, type QuestionMaker, question } from './question.ts';
import type { RunEvent, RunRecord } from './record.ts';
import { at, bodyOf, named } from './words.ts';

const lineOf = (place: string) => place.split(':').slice(0, 2).join(':');

/**
 * Which line of the code sent this message. When all messages of a kind leave from one line, which a
 * search for `call(` finds, the question is from where that line was reached this time.
 */
export function whichLine({ method }: { readonly method?: string } = {}): QuestionMaker {
  return question('line', (run) => {
    const sends = run
      .all('send')
      .filter((e) => e.facts.wire?.kind === 'request' && run.placesOf(e).length > 0)
      .filter((e) => method === undefined || e.facts.method === method);
    const methods = [...new Set(sends.map((e) => e.facts.method ?? ''))];
    const forks = methods.flatMap((name) => {
      const own = sends.filter((e) => e.facts.method === name);
      return forkOf(run, own) ?? [];
    });
    // The more ways there are, the harder it is to guess.
    const [fork] = forks.sort((a, b) => b.lines.size - a.lines.size);
    return fork && draftOf(run, fork);
  });
}

interface Fork {
  /** Places from the sending line outwards that all these messages share. */
  readonly shared: readonly string[];
  /** Behind them: the line by which each message came, and the messages. */
  readonly lines: ReadonlyMap<string, readonly RunEvent[]>;
}

function forkOf(run: RunRecord, sends: readonly RunEvent[]): Fork | undefined {
  const paths = sends.map((e) => run.placesOf(e).map(lineOf));
  const depthMax = Math.max(0, ...paths.map((path) => path.length));
  for (let depth = 0; depth < depthMax; depth++) {
    const lines = new Map<string, RunEvent[]>();
    paths.forEach((path, i) => {
      const line = path[depth];
      if (line === undefined) return;
      lines.set(line, [...(lines.get(line) ?? []), sends[i] as RunEvent]);
    });
    if (lines.size > 1) return { shared: paths[0]?.slice(0, depth) ?? [], lines };
  }
  return undefined;
}

function draftOf(run: RunRecord, { shared, lines }: Fork): Draft | undefined {
  const draw = run.draw('line');
  // Not the line by which most messages come: that one would be guessed.
  const ways = [...lines].sort((a, b) => a[1].length - b[1].length);
  const [line, sends] = draw.pick(ways.slice(0, Math.max(1, ways.length - 1)));
  const send = draw.pick(sends);
  const ask = (place: string) => `${place}  ${run.sourceOf(place)}`;
  const others = ways.map(([other]) => other).filter((other) => other !== line);
  const cause = run.causeOf(send);
  const because = cause === undefined ? '' : ` The node was busy with ${named(cause)}.`;
  const fact = `#${send.number} was sent by way of ${ask(line)}.${because}`;
  const [exit] = shared;
  const { wire } = send.facts;
  const message = `${named(send)}: ${bodyOf(send)}.`;
  if (exit === undefined || others.length < 2) {
    const from = exit === undefined ? 'Which line of your code sent it?' : 'Which line led there?';
    const leaves = exit === undefined ? '' : ` It left your code at ${exit}.`;
    return { text: `${message}${leaves} ${from}`, fact, about: [send], answer: { line } };
  }
  const text = `${message} Each ${wire?.method} leaves your code at ${exit}. Which line led there this time?`;
  return { text, fact, about: [send], answer: { choice: ask(line), wrong: others.map(ask) } };
}

/** Shorter is read off at a glance; longer is tedious. */
const CHAIN_MIN = 6;
const CHAIN_MAX = 14;

/** Events that begin something of their own accord. */
const ROOTS = new Set(['timer', 'call', 'boot', 'restart', 'timeout']);

/** From an event back to what set it off: each step is what the node was busy with, or the sending. */
export function chainOf(run: RunRecord, event: RunEvent): RunEvent[] {
  const chain = [event];
  for (let last: RunEvent | undefined = event; last !== undefined; ) {
    if (last.kind === 'deliver') last = run.sending(last.facts.message ?? -1);
    else if (ROOTS.has(last.kind)) last = undefined;
    else last = run.causeOf(last);
    if (last === undefined || chain.length > 200) break;
    chain.push(last);
  }
  return chain.reverse();
}

/**
 * What an event goes back to, over several messages: a timer, a call, a boot. `pick` selects the events
 * worth asking about; the rarer the better.
 */
export function whatBegan({
  pick = (event) => event.kind === 'emit',
}: {
  readonly pick?: (event: RunEvent, run: RunRecord) => boolean;
} = {}): QuestionMaker {
  return question('began', (run) => {
    const chains = run.events
      .filter((event) => pick(event, run))
      .map((event) => chainOf(run, event))
      .filter(({ length }) => length >= CHAIN_MIN && length <= CHAIN_MAX)
      .filter(([root]) => ROOTS.has(root?.kind ?? ''));
    if (chains.length === 0) return undefined;
    const longest = [...chains].sort((a, b) => b.length - a.length).slice(0, 3);
    const chain = run.draw('began').pick(longest);
    const [root, end] = [chain[0] as RunEvent, chain.at(-1) as RunEvent];
    const others = run.events
      .filter((e) => ROOTS.has(e.kind) && e.number < end.number && e.number !== root.number)
      .filter((e) => !chain.includes(e) && e.atMs !== root.atMs)
      .slice(-12);
    const steps = chain.length - 2;
    return {
      text: `${named(end)}. What set this off? Go back step by step, over ${steps} events: to what the node was busy with when it did this, to the sending of that, and so on.`,
      fact: `${named(root)} set off: ${chain
        .slice(1)
        .map(({ number, atMs }) => `#${number} (${at(atMs)})`)
        .join(' → ')}.`,
      about: [root, end],
      answer: { choice: named(root), wrong: distinct(others).map(named) },
    };
  });
}

/** At most one per node and kind, the last ones first. */
function distinct(events: readonly RunEvent[]): RunEvent[] {
  const seen = new Set<string>();
  return [...events].reverse().filter(({ node, kind }) => {
    const key = `${node} ${kind}`;
    return !seen.has(key) && seen.add(key);
  });
}
