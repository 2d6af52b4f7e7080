/** Known bugs of KV servers on Raft, each planted in the reference solution. */
import { defineMutants, plantIn } from 'faultlab';

const server = plantIn('server.ts');
const client = plantIn('client.ts');

export default defineMutants([
  // ── The server: what is proposed, and who is answered ─────────────────────────────────────────
  server('answered-before-commit', {
    bug: 'The leader executes and answers when it has proposed, not when the entry is applied.',
    by: 'A5',
    id: 'K01',
    common: true,
    find: `    return new Promise((answer) => {
      // An entry`,
    put: `    const guess = this.#execute(args.operation);
    if (term >= 0) return Promise.resolve({ ok: true, result: guess });
    return new Promise((answer) => {
      // An entry`,
  }),
  server('waits-for-index-only', {
    bug: 'Whoever waits at an index is answered when anything is applied there; the term is not compared.',
    by: 'B4',
    id: 'K02',
    common: true,
    shown: true,
    find: 'waiting?.answer(waiting.term === term ? { ok: true, result } : NOT_LEADER);',
    put: 'waiting?.answer({ ok: true, result });',
  }),
  server('waits-for-index-but-not-at-a-no-op', {
    bug: 'An entry of Raft’s own answers nobody, any other answers whoever waits at its index.',
    by: 'B4',
    find: 'waiting?.answer(waiting.term === term ? { ok: true, result } : NOT_LEADER);',
    put: 'if (command !== null) waiting?.answer({ ok: true, result });',
  }),
  server('own-entries-of-raft-not-skipped', {
    bug: 'The entry that Raft adds for itself is parsed as a command.',
    by: 'A1',
    find: 'command === null ? {} : this.#executeOnce(JSON.parse(command) as RequestArgs)',
    put: 'this.#executeOnce(JSON.parse(command as string) as RequestArgs)',
  }),
  server('polls-for-the-result', {
    bug: 'The reply is sent by a timer that looks every 100 ms for what has been applied.',
    by: 'A3',
    id: 'K03',
    find: 'waiting?.answer(waiting.term === term ? { ok: true, result } : NOT_LEADER);',
    put: `setTimeout(() => {
      waiting?.answer(waiting.term === term ? { ok: true, result } : NOT_LEADER);
    }, 100 - (Date.now() % 100));`,
  }),
  server('only-leader-applies', {
    bug: 'A server executes only the entries that somebody waits for on it.',
    by: 'A1',
    find: 'command === null ? {} :',
    put: 'command === null || !this.#waiting.has(index) ? {} :',
  }),
  server('append-replaces', {
    bug: 'An append overwrites, as a put does.',
    by: 'A1',
    find: 'this.#data.set(key, value + operation.value);',
    put: 'this.#data.set(key, operation.value);',
  }),
  server('cas-compares-nothing', {
    bug: 'A cas writes, whatever the key holds.',
    by: 'A1',
    find: 'if (value !== operation.from) return { done: false };',
    put: 'if (value === undefined) return { done: false };',
  }),
  server('state-of-this-server', {
    bug: 'What is stored depends on chance, on each server that applies the entry.',
    by: 'A2',
    find: 'this.#data.set(key, value + operation.value);',
    put: 'this.#data.set(key, Math.random() < 0.05 ? value : value + operation.value);',
  }),
  // ── Exactly once ──────────────────────────────────────────────────────────────────────────────
  server('no-dedup', {
    bug: 'Every entry is executed, even a request’s second one.',
    by: 'B1',
    id: 'K04',
    common: true,
    find: 'if (last !== undefined && seq <= last.seq) return last.result;',
    put: 'if (last !== undefined && seq < 0) return last.result;',
  }),
  server('dedup-before-the-log', {
    bug: 'Repetitions are looked for when a request arrives, and not again when its entry is applied.',
    by: 'B3',
    id: 'K05',
    common: true,
    find: 'if (last !== undefined && seq <= last.seq) return last.result;',
    put: 'if (last !== undefined && seq <= last.seq && this.#waiting.size === 0) return last.result;',
  }),
  server('dedup-same-number-only', {
    bug: 'Only a repetition of the very last request is noticed; an older one is executed.',
    by: 'B5',
    id: 'K06',
    common: true,
    find: 'seq <= last.seq',
    put: 'seq === last.seq',
  }),
  server('result-not-remembered', {
    bug: 'It is remembered that a request was done, but not what it gave.',
    by: 'B2',
    id: 'K07',
    find: 'if (last !== undefined && seq <= last.seq) return last.result;',
    put: "if (last !== undefined && seq <= last.seq) return operation.kind === 'cas' ? { done: false } : {};",
  }),
  server('sessions-of-the-leader', {
    bug: 'Only the server that answers remembers what was answered.',
    by: 'B3',
    id: 'K08',
    find: 'this.#sessions.set(client, { seq, result });',
    put: 'if (this.#waiting.size > 0) this.#sessions.set(client, { seq, result });',
  }),
  server('sessions-expire-by-the-clock', {
    bug: 'A server forgets clients that it has not heard from for a second, by its own clock.',
    by: 'B5',
    find: 'if (last !== undefined && seq <= last.seq) return last.result;',
    put: `const heard = this as unknown as { heard?: Map<string, number> };
    heard.heard ??= new Map();
    const since = Date.now() - (heard.heard.get(client) ?? Date.now());
    heard.heard.set(client, Date.now());
    if (last !== undefined && seq <= last.seq && since < 1000) return last.result;`,
  }),
  server('one-session-for-all', {
    bug: 'Numbers of requests are compared whichever client they are from.',
    by: 'A2',
    find: 'const last = this.#sessions.get(client);',
    put: "const last = this.#sessions.get('all') ?? this.#sessions.get(client);\n    this.#sessions.set('all', { seq, result: {} });",
  }),
  // ── Snapshots ─────────────────────────────────────────────────────────────────────────────────
  server('no-snapshots', {
    bug: 'snapshot() is never called.',
    by: 'C1',
    id: 'K09',
    find: 'index - this.#snapshotAt >= SNAPSHOT_EVERY',
    put: 'index - this.#snapshotAt >= SNAPSHOT_EVERY * 1000',
  }),
  server('sessions-not-in-the-snapshot', {
    bug: 'The snapshot holds the keys, but not what clients were answered.',
    by: 'C3',
    id: 'K10',
    common: true,
    find: 'JSON.stringify({ data: [...this.#data], sessions: [...this.#sessions] })',
    put: 'JSON.stringify({ data: [...this.#data], sessions: [] })',
  }),
  server('sessions-kept-for-ever', {
    bug: 'Every answer is remembered under a name of its own, and none is ever forgotten.',
    by: 'C1',
    find: 'this.#sessions.set(client, { seq, result });',
    put: `this.#sessions.set(client, { seq, result });
    this.#sessions.set(\`\${client} \${seq} of the clients that this server knows\`.repeat(3), { seq, result });`,
  }),
  server('snapshot-of-the-next-index', {
    bug: 'The state before an entry is saved as the state after it.',
    by: 'C2',
    id: 'K11',
    find: `    const result = command === null`,
    put: `    if (index - this.#snapshotAt === SNAPSHOT_EVERY - 1) {
      this.#snapshotAt = index;
      const text = JSON.stringify({ data: [...this.#data], sessions: [...this.#sessions] });
      queueMicrotask(() => this.#raft.snapshot(index, text));
    }
    const result = command === null`,
  }),
  server('restore-ignored', {
    bug: 'A snapshot that comes from the disk or from the leader is not put in place.',
    by: 'C2',
    id: 'K12',
    find: 'this.#data = new Map(snapshot.data);',
    put: 'this.#data = new Map(this.#data);',
  }),
  server('restore-adds', {
    bug: 'The keys of a snapshot are added to those that are there, and older values win.',
    by: 'C4',
    find: 'this.#data = new Map(snapshot.data);',
    put: 'this.#data = new Map([...snapshot.data, ...this.#data]);',
  }),
  server('restore-without-sessions', {
    bug: 'A server that gets a snapshot keeps its own memory of the clients.',
    by: 'C3',
    find: 'this.#sessions = new Map(snapshot.sessions);',
    put: 'this.#sessions = new Map(this.#sessions);',
  }),
  // ── Reads ─────────────────────────────────────────────────────────────────────────────────────
  server('reads-by-the-log', {
    bug: 'A get is proposed like everything else.',
    by: 'D1',
    find: "if (args.operation.kind === 'get') return this.#read(args.operation.key);",
    put: '',
  }),
  server('reads-anywhere', {
    bug: 'Every server answers a get with what it has applied.',
    by: 'A5',
    id: 'K13',
    common: true,
    find: 'const index = await this.#raft.readIndex();',
    put: 'const index = await Promise.resolve<LogIndex | null>(0);',
  }),
  server('leader-reads-alone', {
    bug: 'A server that believes it leads answers a get, and does not ask whether it still does.',
    by: 'D2',
    id: 'K14',
    common: true,
    find: 'const index = await this.#raft.readIndex();',
    put: `const { isLeader } = this.#raft.propose(JSON.stringify({ client: '', seq: 0, operation: { kind: 'get', key } }));
    const index: LogIndex | null = isLeader ? 0 : null;`,
  }),
  server('lease-by-the-clock', {
    bug: 'For a tenth of a second after it was sure, a leader answers gets without asking, by its own clock.',
    by: 'D4',
    id: 'K15',
    common: true,
    find: 'const index = await this.#raft.readIndex();',
    put: `const lease = this as unknown as { untilMs?: number };
    if (performance.now() < (lease.untilMs ?? 0))
      return { ok: true, result: { value: this.#data.get(key) ?? '' } };
    const index = await this.#raft.readIndex();
    if (index !== null) lease.untilMs = performance.now() + 100;`,
  }),
  server('read-before-it-is-applied', {
    bug: 'When readIndex has answered, the value is looked up at once, applied or not.',
    by: 'D3',
    common: true,
    find: 'if (this.#applied < index) {',
    put: 'if (this.#applied < index && index < 0) {',
  }),
  server('value-before-the-question', {
    bug: 'The value is looked up before the server asks whether it leads.',
    by: 'D3',
    find: 'const index = await this.#raft.readIndex();',
    put: `const early = this.#data.get(key) ?? '';
    const index = await this.#raft.readIndex();
    if (index !== null) return { ok: true, result: { value: early } };`,
  }),
  // ── The client ────────────────────────────────────────────────────────────────────────────────
  client('number-per-attempt', {
    bug: 'Each attempt at an operation gets a number of its own.',
    by: 'B1',
    id: 'K16',
    common: true,
    find: "const reply = await this.#node.call(server, 'request', args,",
    put: "const reply = await this.#node.call(server, 'request', { ...args, seq: ++this.#seq },",
  }),
  client('timeout-is-success', {
    bug: 'When no reply comes, the client takes the operation as done.',
    by: 'B7',
    find: '// It may have been done: the number sees to it that it is not done again.',
    put: 'return {};',
  }),
  client('one-server-only', {
    bug: 'The client asks the same server forever.',
    by: 'A1',
    find: 'this.#leader = (this.#leader + 1) % peers.length;',
    put: '',
  }),
  client('leader-forgotten', {
    bug: 'Each operation asks the first server first.',
    by: 'A4',
    find: 'const args = { client: id,',
    put: 'this.#leader = 0;\n    const args = { client: id,',
  }),
  client('flood', {
    bug: 'When nobody leads, the client asks again at once.',
    by: 'A6',
    find: 'if (attempt % peers.length === 0) await sleep(PAUSE_MS);',
    put: 'if (attempt < 0) await sleep(PAUSE_MS);',
  }),
  client('same-number-for-all', {
    bug: 'The number of the request never grows.',
    by: 'A1',
    find: 'seq: ++this.#seq',
    put: 'seq: this.#seq',
  }),
]);
