/**
 * Correct implementations that decide differently where the contract leaves it open, as edits of the
 * reference. None may be accused.
 */
import type { Variant } from 'faultlab';

const file = (name: string) => (find: string, replace: string) => ({ file: name, find, replace });
const lamport = file('lamport.ts');
const mutex = file('mutex.ts');
const vector = file('vector.ts');
const broadcast = file('broadcast.ts');
const hlc = file('hlc.ts');
const store = file('store.ts');

const variants: readonly Variant[] = [
  {
    name: 'clock-in-steps-of-ten',
    what: 'The Lamport clock advances by ten.',
    edit: [lamport('this.#time++;', 'this.#time += 10;')],
  },
  {
    name: 'clock-near-the-wall-clock',
    what: 'The Lamport clock takes the wall clock where that is ahead.',
    edit: [lamport('this.#time++;', 'this.#time = Math.max(this.#time + 1, Date.now());')],
  },
  {
    name: 'ties-by-descending-name',
    what: 'In a tie the higher name comes first.',
    edit: [lamport('a.node < b.node ? -1 : 1', 'a.node < b.node ? 1 : -1')],
  },
  {
    name: 'ricart-agrawala',
    what: 'The holder, and a node that comes first, delay their answers instead of keeping a queue.',
    edit: [
      mutex(
        'if (node !== this.#link.id && compareLamport(stamp, own) < 0) return;',
        'void [node, stamp];',
      ),
      mutex(
        "this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });",
        `const own = this.#requests.get(this.#link.id);
      if (own === undefined || (this.#enter !== undefined && compareLamport(stamp, own) < 0)) {
        this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });
      }`,
      ),
    ],
  },
  {
    name: 'no-acknowledgement-when-waiting',
    what: 'A node that waits with an older request does not acknowledge: its release will do.',
    edit: [
      mutex(
        "this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });",
        `const own = this.#requests.get(this.#link.id);
      if (own === undefined || compareLamport(stamp, own) < 0) {
        this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });
      }`,
      ),
    ],
  },
  {
    name: 'vector-with-all-nodes',
    what: 'A stamp is made anew at each event, with its entries in the order of the names.',
    edit: [
      vector(
        '    return this.#seen;\n  }\n\n  receive',
        '    return Object.fromEntries(Object.entries(this.#seen).sort());\n  }\n\n  receive',
      ),
    ],
  },
  {
    name: 'vector-in-steps-of-two',
    what: 'Events are counted in twos.',
    edit: [vector('(this.#seen[this.#node] ?? 0) + 1', '(this.#seen[this.#node] ?? 0) + 2')],
  },
  {
    name: 'delivers-newest-first',
    what: 'Of several messages that are ready, the one that came last is delivered first.',
    edit: [
      broadcast(
        'for (const waiting of this.#waiting)',
        'for (const waiting of [...this.#waiting].reverse())',
      ),
    ],
  },
  {
    name: 'broadcast-names-itself-last',
    what: 'The sender delivers its own message before it sends it.',
    edit: [
      broadcast(
        '    for (const peer of this.#link.peers) this.#link.send(peer, message);\n    this.#deliverNow(text, this.#link.id);',
        '    this.#deliverNow(text, this.#link.id);\n    for (const peer of this.#link.peers) this.#link.send(peer, message);',
      ),
    ],
  },
  {
    name: 'hlc-of-the-figure',
    what: 'receive has the four cases of Figure 5, as they stand there.',
    edit: [
      hlc(
        'return this.#next(compareHlc(sent, this.#last) > 0 ? sent : this.#last);',
        `const l = Math.max(this.#last.wallMs, sent.wallMs, this.#physicalMs());
    let c = 0;
    if (l === this.#last.wallMs && l === sent.wallMs) {
      c = Math.max(this.#last.logical, sent.logical) + 1;
    } else if (l === this.#last.wallMs) c = this.#last.logical + 1;
    else if (l === sent.wallMs) c = sent.logical + 1;
    this.#last = c > LOGICAL_MAX ? { wallMs: l + 1, logical: 0 } : { wallMs: l, logical: c };
    return this.#last;`,
      ),
    ],
  },
  {
    name: 'store-sleeps-once',
    what: 'A commit sleeps for as long as the interval is wide, and is done; reads go by what is done.',
    edit: [
      store(
        '    await this.#waitUntilPast(at);\n    return at;',
        '    const { earliestMs } = this.#time.now();\n    await sleep(at - earliestMs + 2);\n    this.#pastMs = Math.max(this.#pastMs, at + 1e-3);\n    return at;',
      ),
    ],
  },
  {
    name: 'store-looks-every-millisecond',
    what: 'A call that waits asks the clock once a millisecond.',
    edit: [store('sleep(Math.max(1, at - this.#pastMs))', 'sleep(1)')],
  },
  {
    name: 'timestamps-with-fractions',
    what: 'Of two commits in one millisecond the second is a little later.',
    edit: [store('this.#lastAt + 1)', 'this.#lastAt + 0.01)')],
  },
  {
    name: 'timestamps-a-little-late',
    what: 'The timestamp is 3 ms after the end of the interval.',
    edit: [store('this.#time.now().latestMs, this', 'this.#time.now().latestMs + 3, this')],
  },
];

export default variants;
