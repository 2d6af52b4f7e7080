/**
 * Bugs that people write in clocks and in what is built on them, planted in the solution. Each must
 * be killed by the scenario it names.
 */
import { defineMutants, plantIn } from 'faultlab';

const lamport = plantIn('lamport.ts');
const mutex = plantIn('mutex.ts');
const vector = plantIn('vector.ts');
const broadcast = plantIn('broadcast.ts');
const hlc = plantIn('hlc.ts');
const store = plantIn('store.ts');

export default defineMutants([
  // ── Lamport clocks ──────────────────────────────────────────────────────────────────────────
  lamport('receive-does-not-learn', {
    bug: 'A message that arrives is one more event; its stamp is ignored.',
    by: 'A1',
    common: true,
    find: 'this.#time = Math.max(this.#time, sent.time);',
    put: 'void sent;',
  }),
  lamport('receive-takes-over', {
    bug: 'The clock is set to the stamp of the message, even when it is ahead of that.',
    by: 'A1',
    find: 'Math.max(this.#time, sent.time)',
    put: 'sent.time',
  }),
  lamport('receive-is-no-event', {
    bug: 'An arrival has the highest time that is known, not one above it.',
    by: 'A1',
    find: 'return this.tick();',
    put: 'return { time: this.#time, node: this.#node };',
  }),
  lamport('wall-clock', {
    bug: 'The time of an event is what the wall clock says.',
    by: 'A2',
    find: 'this.#time++;',
    put: 'this.#time = Date.now();',
  }),
  lamport('wall-clock-unless-behind', {
    bug: 'The wall clock is used; a message from the future moves the clock, but nothing keeps it there.',
    by: 'A2',
    find: 'this.#time++;',
    put: 'this.#time = Math.max(Date.now(), this.#time - 1_000_000) + 1;',
  }),
  lamport('tie-undecided', {
    bug: 'Two events with the same time are equal in the order, so each node sorts them as they come.',
    by: 'A3',
    common: true,
    find: 'return a.node < b.node ? -1 : 1;',
    put: 'return 0;',
  }),
  lamport('node-decides-first', {
    bug: 'The order is by node first, and by time among the events of one node.',
    by: 'A3',
    find: 'if (a.time !== b.time) return a.time - b.time;',
    put: 'if (a.node === b.node) return a.time - b.time;',
  }),
  // ── The mutex ───────────────────────────────────────────────────────────────────────────────
  mutex('enters-when-first-in-queue', {
    bug: 'A node enters when no request that it knows of is before its own; it waits for nobody.',
    by: 'A4',
    common: true,
    find: 'if (heard === undefined || compareLamport(heard, own) < 0) return;',
    put: 'void heard;',
  }),
  mutex('any-message-will-do', {
    bug: 'A node enters if it has ever heard from everybody, not only if it has since its request.',
    by: 'A6',
    common: true,
    shown: true,
    find: 'heard === undefined || compareLamport(heard, own) < 0',
    put: 'heard === undefined',
  }),
  mutex('clock-stands-still', {
    bug: 'The clock does not learn from messages, so acknowledgements look older than the request.',
    by: 'A4',
    find: 'this.#clock.receive(stamp);',
    put: '',
  }),
  mutex('order-of-arrival', {
    bug: 'Requests are granted in the order in which they arrive.',
    by: 'A5',
    find: 'if (node !== this.#link.id && compareLamport(stamp, own) < 0) return;',
    put: 'if (node === this.#link.id) break;\n      void stamp;',
  }),
  mutex('stamped-by-the-wall-clock', {
    bug: 'Requests are stamped with the time of day.',
    by: 'A5',
    common: true,
    find: 'const stamp = this.#clock.tick();\n    this.#requests.set',
    put: 'const stamp = { ...this.#clock.tick(), time: Date.now() };\n    this.#requests.set',
  }),
  mutex('release-not-told', {
    bug: 'A release is not sent to the others.',
    by: 'A4',
    find: "this.#sendAll({ kind: 'release', stamp: this.#clock.tick() });",
    put: '',
  }),
  mutex('tie-lets-both-in', {
    bug: 'Requests are compared by time only, so in a tie nobody has to wait for the other.',
    by: 'A7',
    find: 'if (node !== this.#link.id && compareLamport(stamp, own) < 0) return;',
    put: 'if (node !== this.#link.id && stamp.time < own.time) return;',
  }),
  {
    name: 'silence-is-consent',
    bug: 'A node that has said nothing for two seconds is taken to agree.',
    killedBy: 'A8',
    common: true,
    edit: [
      {
        file: 'mutex.ts',
        find: "this.#sendAll({ kind: 'request', stamp });",
        replace: `this.#sendAll({ kind: 'request', stamp });
    setTimeout(() => {
      if (this.#requests.get(this.#link.id) !== stamp) return;
      for (const peer of this.#link.peers) {
        if (compareLamport(this.#heard.get(peer) ?? stamp, stamp) <= 0) {
          this.#heard.set(peer, { time: stamp.time + 1, node: peer });
          this.#requests.delete(peer);
        }
      }
      this.#enterIfFirst();
    }, 2000);`,
      },
    ],
  },
  {
    name: 'by-name-not-by-time',
    bug: 'A node delays its answer to a request if it wants to enter too and comes first by name, not by time.',
    killedBy: 'A5',
    edit: [
      {
        file: 'mutex.ts',
        find: 'if (node !== this.#link.id && compareLamport(stamp, own) < 0) return;',
        replace: 'void [node, stamp];',
      },
      {
        file: 'mutex.ts',
        find: "this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });",
        replace: `const isOwnFirst = this.#enter === undefined || this.#link.id < from;
      if (!this.#requests.has(this.#link.id) || !isOwnFirst) {
        this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });
      }`,
      },
    ],
  },
  mutex('only-requests-move-the-clock', {
    bug: 'Acknowledgements and releases are not shown to the clock, though they may carry news of requests.',
    by: 'A9',
    find: 'this.#clock.receive(stamp);',
    put: "if (kind === 'request') this.#clock.receive(stamp);",
  }),
  mutex('everybody-is-told-everything', {
    bug: 'An acknowledgement is sent to all nodes, not only to the one that asked.',
    by: 'A4',
    find: "this.#link.send(from, { kind: 'acknowledge', stamp: this.#clock.tick() });",
    put: "this.#sendAll({ kind: 'acknowledge', stamp: this.#clock.tick() });",
  }),
  // ── Vector clocks ───────────────────────────────────────────────────────────────────────────
  vector('merge-by-sum', {
    bug: 'What the sender knew is added to what this node knows.',
    by: 'B1',
    find: 'Math.max(both[node] ?? 0, count)',
    put: '(both[node] ?? 0) + count',
  }),
  vector('learns-of-the-sender-only', {
    bug: 'Only the highest entry of the message is taken over, so what came through others is not known.',
    by: 'B1',
    common: true,
    find: 'for (const [node, count] of Object.entries(b)) both',
    put: 'for (const [node, count] of Object.entries(b).sort((x, y) => y[1] - x[1]).slice(0, 1)) both',
  }),
  vector('receive-is-no-event', {
    bug: 'An arrival is not counted as an event of this node.',
    by: 'B1',
    find: 'return this.tick();',
    put: 'return this.#seen;',
  }),
  vector('shares-its-object', {
    bug: 'The clock gives out the object that it counts in, so old stamps change later.',
    by: 'B1',
    common: true,
    find: 'this.#seen = { ...this.#seen, [this.#node]: (this.#seen[this.#node] ?? 0) + 1 };',
    put: 'const own = this.#seen as Record<NodeId, number>;\n    own[this.#node] = (own[this.#node] ?? 0) + 1;',
  }),
  vector('missing-is-concurrent', {
    bug: 'A node that is missing in one of the stamps makes the events concurrent.',
    by: 'B1',
    find: 'count <= (b[node] ?? 0)',
    put: 'count <= (b[node] ?? 0) && Object.keys(b).length === Object.keys(a).length',
  }),
  vector('compared-by-sum', {
    bug: 'The stamp that counts fewer events in all is taken to be before the other.',
    by: 'B1',
    common: true,
    find: '  const [isAInB, isBInA] = [isWithin(a, b), isWithin(b, a)];',
    put: `  const sum = (stamp: VectorStamp) => Object.values(stamp).reduce((x, y) => x + y, 0);
  const [isAInB, isBInA] = [sum(a) <= sum(b), sum(b) <= sum(a)];
  void isWithin;`,
  }),
  vector('latest-message-wins', {
    bug: 'The vector of a message replaces the entries here, so a late one takes knowledge away.',
    by: 'B2',
    find: 'Math.max(both[node] ?? 0, count)',
    put: 'node === Object.keys(a)[0] ? Math.max(both[node] ?? 0, count) : count',
  }),
  // ── Causal broadcast ────────────────────────────────────────────────────────────────────────
  broadcast('delivered-on-arrival', {
    bug: 'A message is delivered when it arrives.',
    by: 'B4',
    common: true,
    find: 'if (!this.#isReady(waiting.message)) continue;',
    put: 'void this.#isReady;',
  }),
  broadcast('fifo-only', {
    bug: 'A message waits for earlier ones of its own sender, and not for what the sender had seen.',
    by: 'B4',
    find: 'every(([node, count]) => (this.#delivered[node] ?? 0) >= count)',
    put: 'every(([node, count]) => (this.#delivered[node] ?? 0) >= count || count > 0)',
  }),
  broadcast('looks-once', {
    bug: 'When a message is delivered, those that wait for it are not looked at again.',
    by: 'B6',
    common: true,
    find: '      this.#deliverWaiting(); // others may have waited for this one\n',
    put: '',
  }),
  broadcast('early-ones-are-dropped', {
    bug: 'A message that comes too early is thrown away.',
    by: 'B4',
    find: 'if (!this.#isReady(waiting.message)) continue;',
    put: 'if (!this.#isReady(waiting.message)) {\n        this.#waiting.delete(waiting);\n        continue;\n      }',
  }),
  broadcast('enough-in-all', {
    bug: 'A message waits until as many have been delivered here as at its sender, whichever they are.',
    by: 'B7',
    find: 'return Object.entries(after).every(([node, count]) => (this.#delivered[node] ?? 0) >= count);',
    put: `const sum = (counts: VectorStamp) => Object.values(counts).reduce((a, b) => a + b, 0);
    return sum(this.#delivered) >= sum(after);`,
  }),
  {
    name: 'counts-arrivals',
    bug: 'A message names all that has arrived at its sender, including what was not delivered there.',
    killedBy: 'B5',
    edit: [
      {
        file: 'broadcast.ts',
        find: 'this.#waiting.add({ message, from });',
        replace:
          'this.#waiting.add({ message, from });\n      this.#arrived[from] = (this.#arrived[from] ?? 0) + 1;',
      },
      {
        file: 'broadcast.ts',
        find: '  readonly #waiting',
        replace: '  readonly #arrived: Record<NodeId, number> = {};\n  readonly #waiting',
      },
      {
        file: 'broadcast.ts',
        find: 'after: { ...this.#delivered }',
        replace:
          'after: { ...this.#arrived, [this.#link.id]: this.#delivered[this.#link.id] ?? 0 }',
      },
    ],
  },
  broadcast('after-the-next-one', {
    bug: 'The message counts itself among those that it comes after.',
    by: 'B3',
    find: 'after: { ...this.#delivered }',
    put: 'after: { ...this.#delivered, [this.#link.id]: (this.#delivered[this.#link.id] ?? 0) + 1 }',
  }),
  broadcast('own-message-after-the-others', {
    bug: 'The sender delivers its own message when the first reply could have come, not at once.',
    by: 'B3',
    find: 'this.#deliverNow(text, this.#link.id);',
    put: 'setTimeout(() => this.#deliverNow(text, this.#link.id), 20);',
  }),
  // ── Hybrid logical clocks ───────────────────────────────────────────────────────────────────
  hlc('wall-clock-only', {
    bug: 'A stamp is the wall clock, and a count while that stands still; messages teach nothing.',
    by: 'C1',
    find: 'return this.#next(compareHlc(sent, this.#last) > 0 ? sent : this.#last);',
    put: 'return this.#next(this.#last);',
  }),
  hlc('lamport-on-top', {
    bug: 'Every event moves wallMs on by one, so it runs away from the wall clocks.',
    by: 'C3',
    common: true,
    find: '{ ...known, logical: known.logical + 1 }',
    put: '{ wallMs: known.wallMs + 1, logical: 0 }',
  }),
  hlc('goes-back-with-the-wall-clock', {
    bug: 'When the wall clock has moved, its time is taken, even when it has moved back.',
    by: 'C2',
    common: true,
    find: 'if (physicalMs > known.wallMs) this.#last',
    put: 'if (physicalMs !== known.wallMs) this.#last',
  }),
  hlc('stamps-of-the-past-count', {
    bug: 'The logical part is one above that of the message, even if its wallMs is a different one.',
    by: 'C3',
    find: 'return this.#next(compareHlc(sent, this.#last) > 0 ? sent : this.#last);',
    put: `const [wallMs, logical] = [sent.wallMs, sent.logical].map((part, i) =>
      Math.max(part, i === 0 ? this.#last.wallMs : this.#last.logical),
    ) as [number, number];
    return this.#next({ wallMs, logical });`,
  }),
  hlc('logical-never-resets', {
    bug: 'The logical part goes on counting when the wall clock has moved on.',
    by: 'C3',
    common: true,
    find: '{ wallMs: physicalMs, logical: 0 };',
    put: '{ wallMs: physicalMs, logical: Math.min(known.logical + 1, LOGICAL_MAX) };',
  }),
  hlc('message-beats-wall-clock', {
    bug: 'At an arrival the wall clock is ignored: the stamp is one above that of the message.',
    by: 'C1',
    find: 'return this.#next(compareHlc(sent, this.#last) > 0 ? sent : this.#last);',
    put: `if (compareHlc(sent, this.#last) < 0) return this.#next(this.#last);
    this.#last = { wallMs: sent.wallMs, logical: sent.logical + 1 };
    return this.#last;`,
  }),
  hlc('logical-overflows', {
    bug: 'The logical part restarts at 0 when it is full, in the same millisecond.',
    by: 'C4',
    find: '{ wallMs: known.wallMs + 1, logical: 0 }',
    put: '{ wallMs: known.wallMs, logical: 0 }',
  }),
  hlc('logical-is-not-bounded', {
    bug: 'The logical part grows beyond 16 bits.',
    by: 'C4',
    find: 'known.logical < LOGICAL_MAX',
    put: 'known.logical <= LOGICAL_MAX',
  }),
  hlc('overflows-on-arrival', {
    bug: 'A full logical part is handled at events of this node, but not at arrivals.',
    by: 'C4',
    find: 'return this.#next(compareHlc(sent, this.#last) > 0 ? sent : this.#last);',
    put: `if (compareHlc(sent, this.#last) < 0 || sent.wallMs < this.#physicalMs()) return this.tick();
    this.#last = { wallMs: sent.wallMs, logical: sent.logical + 1 };
    return this.#last;`,
  }),
  hlc('believes-everything', {
    bug: 'A stamp from the far future is believed, and taken over.',
    by: 'C5',
    common: true,
    find: "if (sent.wallMs > this.#physicalMs() + this.#maxOffsetMs) return 'refused';",
    put: 'void this.#maxOffsetMs;',
  }),
  hlc('learns-and-refuses', {
    bug: 'A stamp from the far future is refused, but only after the clock has been set by it.',
    by: 'C5',
    find: "if (sent.wallMs > this.#physicalMs() + this.#maxOffsetMs) return 'refused';",
    put: `if (sent.wallMs > this.#physicalMs() + this.#maxOffsetMs) {
      this.#last = sent;
      return 'refused';
    }`,
  }),
  hlc('offset-both-ways', {
    bug: 'A stamp that is far behind the wall clock is refused, too.',
    by: 'C5',
    find: 'if (sent.wallMs > this.#physicalMs() + this.#maxOffsetMs)',
    put: 'if (Math.abs(sent.wallMs - this.#physicalMs()) > this.#maxOffsetMs)',
  }),
  hlc('offset-against-own-stamps', {
    bug: 'The offset is measured from the last stamp of this node, not from its wall clock.',
    by: 'C5',
    find: 'if (sent.wallMs > this.#physicalMs() + this.#maxOffsetMs)',
    put: 'if (sent.wallMs > Math.max(this.#last.wallMs, this.#physicalMs()) + this.#maxOffsetMs)',
  }),
  hlc('distrusts-its-own-clock', {
    bug: 'A wall clock that has leapt ahead is taken for broken, and ignored.',
    by: 'C6',
    find: 'const physicalMs = this.#physicalMs();',
    put: `const leapt = this.#last.wallMs > 0 && this.#physicalMs() > this.#last.wallMs + 1000;
    const physicalMs = leapt ? 0 : this.#physicalMs();`,
  }),
  hlc('logical-not-compared', {
    bug: 'Stamps are compared by wallMs only.',
    by: 'C4',
    find: 'a.wallMs - b.wallMs || a.logical - b.logical',
    put: 'a.wallMs - b.wallMs',
  }),
  // ── Commit wait ─────────────────────────────────────────────────────────────────────────────
  store('no-commit-wait', {
    bug: 'A commit is answered as soon as it has its timestamp.',
    by: 'D1',
    common: true,
    find: '    await this.#waitUntilPast(at);\n    return at;',
    put: '    return at;',
  }),
  store('timestamp-of-the-middle', {
    bug: 'The timestamp is the middle of the interval, which is what the wall clock says.',
    by: 'D1',
    common: true,
    find: 'Math.max(this.#time.now().latestMs, this.#lastAt + 1)',
    put: 'Math.max((this.#time.now().earliestMs + this.#time.now().latestMs) / 2, this.#lastAt + 1)',
  }),
  store('waits-for-the-middle', {
    bug: 'The wait ends when the wall clock shows the timestamp, half of what is needed.',
    by: 'D1',
    find: 'Math.max(this.#pastMs, this.#time.now().earliestMs)',
    put: 'Math.max(this.#pastMs, (this.#time.now().earliestMs + this.#time.now().latestMs) / 2)',
  }),
  store('seven-milliseconds', {
    bug: 'The wait is a constant, from the figures of the paper.',
    by: 'D1',
    common: true,
    find: 'await this.#waitUntilPast(at);\n    return at;',
    put: 'await sleep(2 * 7);\n    this.#pastMs = Math.max(this.#pastMs, at);\n    return at;',
  }),
  store('better-safe-than-sorry', {
    bug: 'A commit waits a tenth of a second, whatever the clock says.',
    by: 'D2',
    find: 'await this.#waitUntilPast(at);\n    return at;',
    put: 'await sleep(100);\n    await this.#waitUntilPast(at);\n    return at;',
  }),
  {
    name: 'one-commit-at-a-time',
    bug: 'A commit begins only when the one before it has finished waiting, so the waits add up.',
    killedBy: 'D2',
    common: true,
    edit: [
      {
        file: 'store.ts',
        find: '  async commit(key: string, value: string): Promise<number> {',
        replace: `  #last: Promise<unknown> = Promise.resolve();

  commit(key: string, value: string): Promise<number> {
    const turn = this.#last.then(() => this.#commit(key, value));
    this.#last = turn;
    return turn;
  }

  async #commit(key: string, value: string): Promise<number> {`,
      },
    ],
  },
  store('same-timestamp-in-one-millisecond', {
    bug: 'Commits that begin in the same millisecond get the same timestamp.',
    by: 'D2',
    find: 'Math.max(this.#time.now().latestMs, this.#lastAt + 1)',
    put: 'Math.max(this.#time.now().latestMs, this.#lastAt)',
  }),
  store('read-sees-what-waits', {
    bug: 'A read returns the newest version, even while its commit waits.',
    by: 'D3',
    common: true,
    find: '(at) => this.#isPast(at)',
    put: '() => true',
  }),
  store('read-waits-for-the-writer', {
    bug: 'A read waits until no commit of its key is waiting.',
    by: 'D3',
    find: 'return this.#newest(key, (at) => this.#isPast(at));',
    put: 'await this.#waitUntilPast(this.#newest(key, () => true)?.at ?? 0);\n    return this.#newest(key, () => true);',
  }),
  store('past-comes-back', {
    bug: 'Whether a timestamp is past is asked afresh each time, and may be undone when the clock is set.',
    by: 'D3',
    find: 'Math.max(this.#pastMs, this.#time.now().earliestMs)',
    put: 'this.#time.now().earliestMs',
  }),
  store('snapshot-at-once', {
    bug: 'A snapshot is what is there, although commits may still get a timestamp below it.',
    by: 'D4',
    common: true,
    find: '    await this.#waitUntilPast(at);\n    return this.#newest',
    put: '    return this.#newest',
  }),
  store('snapshot-excludes-its-time', {
    bug: 'A snapshot at t leaves out the commit that has exactly t.',
    by: 'D4',
    find: '(other) => other <= at',
    put: '(other) => other < at',
  }),
  {
    name: 'stored-after-the-wait',
    bug: 'A version is put into the store when its wait is over, so a snapshot may be taken just before that.',
    killedBy: 'D4',
    edit: [
      { file: 'store.ts', find: '    versions.push({ value, at });\n', replace: '' },
      {
        file: 'store.ts',
        find: '    await this.#waitUntilPast(at);\n    return at;',
        replace:
          '    await this.#waitUntilPast(at);\n    await sleep(1);\n    versions.push({ value, at });\n    return at;',
      },
    ],
  },
  {
    name: 'uncertainty-asked-once',
    bug: 'How wrong the clock may be is asked once, at the start, and taken for granted from then on.',
    killedBy: 'D5',
    edit: [
      {
        file: 'store.ts',
        find: '    this.#time = time;',
        replace:
          '    this.#time = time;\n    this.#widthMs = time.now().latestMs - time.now().earliestMs;',
      },
      {
        file: 'store.ts',
        find: '  #lastAt = 0;',
        replace: '  #lastAt = 0;\n  readonly #widthMs: number;',
      },
      {
        file: 'store.ts',
        find: 'Math.max(this.#pastMs, this.#time.now().earliestMs)',
        replace: 'Math.max(this.#pastMs, this.#time.now().latestMs - this.#widthMs)',
      },
    ],
  },
  {
    name: 'widest-interval-ever',
    bug: 'The wait is as long as the widest interval ever seen.',
    killedBy: 'D5',
    edit: [
      {
        file: 'store.ts',
        find: '  #lastAt = 0;',
        replace: '  #lastAt = 0;\n  #widestMs = 0;',
      },
      {
        file: 'store.ts',
        find: '    await this.#waitUntilPast(at);\n    return at;',
        replace: `    const { earliestMs, latestMs } = this.#time.now();
    this.#widestMs = Math.max(this.#widestMs, latestMs - earliestMs);
    await sleep(this.#widestMs);
    await this.#waitUntilPast(at);
    return at;`,
      },
    ],
  },
  {
    name: 'last-to-finish-is-newest',
    bug: 'A read returns what was committed last, although waits may end in a different order.',
    killedBy: 'D6',
    edit: [
      {
        file: 'store.ts',
        find: '  #lastAt = 0;',
        replace: '  #lastAt = 0;\n  readonly #shown = new Map<string, Version>();',
      },
      {
        file: 'store.ts',
        find: '    await this.#waitUntilPast(at);\n    return at;',
        replace:
          '    await this.#waitUntilPast(at);\n    this.#shown.set(key, { value, at });\n    return at;',
      },
      {
        file: 'store.ts',
        find: 'return this.#newest(key, (at) => this.#isPast(at));',
        replace: 'return this.#shown.get(key) ?? null;',
      },
    ],
  },
]);
