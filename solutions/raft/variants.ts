/**
 * Correct implementations that decide otherwise where paper and contract leave it open, as edits of
 * the reference. A scenario that fails one of them accuses the innocent, unless the variant lacks
 * what the scenario is about: then `mayFail` says so, and the handout states the demand.
 */
import type { Variant } from 'faultlab';

function vary(
  name: string,
  what: string,
  edits: readonly (readonly [find: string, replace: string])[],
  mayFail: Variant['mayFail'] = {},
): Variant {
  const edit = edits.map(([find, replace]) => ({ file: 'raft.ts', find, replace }));
  return { name, what, edit, mayFail };
}

const PRE_VOTE = "await this.#poll('preVote', oldTerm + 1);";
const CHECK_QUORUM =
  'if (performance.now() - heardMs > QUORUM_MS) this.#becomeFollower(this.#term);\n    else this.#heartbeat();';
const IS_WAITING = 'const isWaiting = performance.now() - follower.sentMs < RESEND_MS;';
const TIMEOUTS = 'const ELECTION_MS_MIN = 150;\nconst ELECTION_MS_MAX = 300;';
const HEARTBEATS = 'const HEARTBEAT_MS = 50;';
const QUORUM = 'const QUORUM_MS = 500;';

function timing(min: number, max: number, heartbeat: number): [string, string][] {
  return [
    [TIMEOUTS, `const ELECTION_MS_MIN = ${min};\nconst ELECTION_MS_MAX = ${max};`],
    [HEARTBEATS, `const HEARTBEAT_MS = ${heartbeat};`],
    [QUORUM, `const QUORUM_MS = ${Math.max(500, max)};`],
  ];
}

/** Three files: term and vote, the log, the snapshot; each in the format that suits it. */
const SEPARATE_FILES = `
class SeparateFiles {
  #state;
  #onFailure;
  #disk;
  #pending: Change[] = [];
  #rewrite = false;
  #added = 0;
  #durable = 0;
  #busy = false;
  #waiting: { position: number; resolve: () => void }[] = [];
  constructor(disk: Disk, state: () => Change[], onFailure: (error: unknown) => void) {
    this.#disk = disk;
    this.#state = state;
    this.#onFailure = onFailure;
  }
  async read(): Promise<Change[]> {
    const lines = async (file: string) =>
      ((await this.#disk.read(file)) ?? '').split('\\n').map(decode);
    const changes: Change[] = [];
    for (const line of await lines('snapshot')) changes.push(...(line ?? []));
    const snapshot = changes.find((change) => change.kind === 'snapshot')?.snapshot.index ?? 0;
    for (const line of await lines('log')) {
      if (line === undefined) break;
      for (const change of line) {
        if (change.kind !== 'entries') continue;
        const behind = Math.max(0, snapshot + 1 - change.from);
        if (behind > change.entries.length) continue;
        changes.push({ ...change, from: change.from + behind, entries: change.entries.slice(behind) });
      }
    }
    for (const line of await lines('term')) changes.push(...(line ?? []));
    return changes;
  }
  add(change: Change): void {
    this.#pending.push(change);
    this.#added += 1;
    void this.#flush();
  }
  rewrite(): void {
    this.#rewrite = true;
    this.#added += 1;
    void this.#flush();
  }
  sync(): Promise<void> {
    if (this.#durable === this.#added) return Promise.resolve();
    const position = this.#added;
    return new Promise((resolve) => this.#waiting.push({ position, resolve }));
  }
  async #replace(file: string, text: string): Promise<void> {
    await this.#disk.write(file + '.new', text);
    await this.#disk.fsync(file + '.new');
    await this.#disk.rename(file + '.new', file);
    await this.#disk.fsyncDirectory();
  }
  async #flush(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await null;
      while (this.#durable < this.#added) {
        const position = this.#added;
        const changes = this.#pending;
        this.#pending = [];
        const term = changes.filter((change) => change.kind === 'term').at(-1);
        if (this.#rewrite) {
          this.#rewrite = false;
          const state = this.#state();
          const of = (kind: string) => encode(state.filter((change) => change.kind === kind));
          const texts = [of('term'), of('snapshot'), of('entries')] as const;
          await this.#replace('term', texts[0]);
          await this.#replace('snapshot', texts[1]);
          await this.#replace('log', texts[2]);
        } else {
          if (term) await this.#replace('term', encode([term]));
          const entries = changes.filter((change) => change.kind === 'entries');
          if (entries.length > 0) {
            await this.#disk.append('log', encode(entries));
            await this.#disk.fsync('log');
          }
        }
        this.#durable = position;
        while (this.#waiting[0] && this.#waiting[0].position <= position) {
          this.#waiting.shift()?.resolve();
        }
      }
      this.#busy = false;
    } catch (error) {
      this.#added = Number.POSITIVE_INFINITY;
      this.#onFailure(error);
    }
  }
}

// ── What is remembered: the log ──`;

const NO_PRE_VOTE = {
  E1: 'pre-vote is what part E asks for',
  E3: 'pre-vote is what part E asks for',
  E8: 'pre-vote is what part E asks for',
};

export default [
  vary('no-pre-vote', 'campaigns at once, as Figure 2 does', [[PRE_VOTE, '']], NO_PRE_VOTE),
  vary(
    'figure-2-only',
    'neither pre-vote nor check-quorum',
    [
      [PRE_VOTE, ''],
      [CHECK_QUORUM, 'void heardMs;\n    this.#heartbeat();'],
    ],
    { ...NO_PRE_VOTE, E2: 'check-quorum is what part E asks for' },
  ),
  vary(
    'sticky-voters',
    'no pre-vote; a node that hears its leader ignores RequestVote (thesis §4.2.3)',
    [
      [PRE_VOTE, ''],
      [
        'if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
        "if (this.#role === 'leader' || this.#hearsLeader()) {\n      await this.#journal.sync();\n      return { term: this.#term, voteGranted: false };\n    }\n    if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted",
      ],
    ],
    { E1: NO_PRE_VOTE.E1, E8: NO_PRE_VOTE.E8 },
  ),
  vary('no-no-op', 'a new leader sends heartbeats only; reads wait for its first command', [
    [
      'this.#noopIndex = this.#appendOwn(null);',
      'this.#noopIndex = this.#log.lastIndex + 1;\n    void Promise.resolve().then(() => this.#heartbeat());',
    ],
  ]),
  vary('timeouts-300-600', 'twice the election timeouts of the paper', timing(300, 600, 50)),
  vary('timeouts-300-600-beats-100', 'the same with fewer heartbeats', timing(300, 600, 100)),
  vary('timeouts-500-1000', 'timeouts of half a second and more', timing(500, 1000, 100)),
  vary('beats-30', 'heartbeats every 30 ms', timing(150, 300, 30), {
    A2: 'at most 100 requests a second from an idle cluster',
  }),
  vary('beats-70', 'heartbeats every 70 ms', timing(150, 300, 70)),
  vary('separate-files', 'term and vote, the log and the snapshot live in files of their own', [
    ['class Journal {', 'class UnusedJournal {'],
    ['\n// ── What is remembered: the log ──', SEPARATE_FILES],
    ['readonly #journal: Journal;', 'readonly #journal: SeparateFiles;'],
    ['this.#journal = new Journal(', 'this.#journal = new SeparateFiles('],
  ]),
  vary('state-in-one-file', 'each change writes the whole state to a new file and renames it', [
    ['this.#changes.push(change);', 'this.#rewrite = true;'],
  ]),
  vary('one-change-per-fsync', 'no group commit: each change has a write and an fsync of its own', [
    [
      'const position = this.#added;\n        const changes = this.#changes;\n        this.#changes = [];',
      'const position = this.#rewrite ? this.#added : this.#durable + 1;\n        const changes = this.#rewrite ? this.#changes.splice(0) : this.#changes.splice(0, 1);',
    ],
  ]),
  vary('batches-for-5-ms', 'changes within five milliseconds share an fsync', [
    ['await null; // What', 'await new Promise((resolve) => setTimeout(resolve, 5)); // What'],
  ]),
  vary(
    'pipelining',
    'entries are sent as they come; after a refusal, one message at a time again',
    [
      [
        '  round: number;\n}\n\ninterface Read',
        '  round: number;\n  pipelined?: boolean;\n}\n\ninterface Read',
      ],
      [
        IS_WAITING,
        'const isWaiting = !follower.pipelined && performance.now() - follower.sentMs < RESEND_MS;',
      ],
      [
        "const call = this.#node.call(follower.id, 'appendEntries', args, { timeoutMs: CALL_MS });",
        "const call = this.#node.call(follower.id, 'appendEntries', args, { timeoutMs: RESEND_MS });\n    if (follower.pipelined) follower.nextIndex = prevLogIndex + args.entries.length + 1;\n    call.catch(() => {\n      follower.pipelined = false;\n      follower.nextIndex = follower.matchIndex + 1;\n    });",
      ],
      [
        'if (reply.success) this.#matched(follower, prevLogIndex + args.entries.length);\n      else if (prevLogIndex > follower.matchIndex) this',
        'if (reply.success) {\n        follower.pipelined = true;\n        this.#matched(follower, prevLogIndex + args.entries.length);\n      } else if (prevLogIndex > follower.matchIndex && follower.pipelined) {\n        follower.pipelined = false;\n        follower.nextIndex = follower.matchIndex + 1;\n      } else if (prevLogIndex > follower.matchIndex) this',
      ],
    ],
  ),
  vary('one-call-at-a-time', 'heartbeats, too, wait for the reply to what is under way', [
    [
      'if (!isHeartbeat && (isWaiting || follower.nextIndex > lastIndex)) return;',
      'if (isWaiting || (!isHeartbeat && follower.nextIndex > lastIndex)) return;',
    ],
    ['if (carriesLog) follower.sentMs = sentMs;', 'follower.sentMs = sentMs;'],
    [
      'if (carriesLog && follower.sentMs === sentMs) follower.sentMs',
      'if (follower.sentMs === sentMs) follower.sentMs',
    ],
  ]),
  vary(
    'one-entry-per-message',
    'an AppendEntries carries one entry',
    [['const ENTRIES_PER_MESSAGE_MAX = 200;', 'const ENTRIES_PER_MESSAGE_MAX = 1;']],
    { B6: 'at most 100 AppendEntries to catch up' },
  ),
  vary('resends-after-60-ms', 'what is not acknowledged within 60 ms is sent again', [
    ['const RESEND_MS = 120;', 'const RESEND_MS = 60;'],
  ]),
  vary('resends-after-1-s', 'a call is given up only after a second', [
    ['const RESEND_MS = 120;', 'const RESEND_MS = 1000;'],
  ]),
  vary('mutex', 'handlers run one after the other, each to completion', [
    [
      "node.serve('requestVote', (args) => this.#onRequestVote(args));",
      "let last: Promise<unknown> = Promise.resolve();\n    const lock = <T>(run: () => Promise<T>): Promise<T> => {\n      const mine = last.then(run);\n      last = mine.catch(() => {});\n      return mine;\n    };\n    node.serve('requestVote', (args) => lock(() => this.#onRequestVote(args)));",
    ],
    [
      "node.serve('preVote', (args) => this.#onPreVote(args));",
      "node.serve('preVote', (args) => lock(() => this.#onPreVote(args)));",
    ],
    [
      "node.serve('appendEntries', (args) => this.#onAppendEntries(args));",
      "node.serve('appendEntries', (args) => lock(() => this.#onAppendEntries(args)));",
    ],
    [
      "node.serve('installSnapshot', (args) => this.#onInstallSnapshot(args));",
      "node.serve('installSnapshot', (args) => lock(() => this.#onInstallSnapshot(args)));",
    ],
  ]),
  vary('refuses-at-once', 'a refusal in a known term promises nothing, and awaits no disk', [
    [
      'await this.#ready;\n    let reply: AppendReply',
      'await this.#ready;\n    if (args.term < this.#term) return { term: this.#term, success: false };\n    let reply: AppendReply',
    ],
    [
      'await this.#ready;\n    if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
      'await this.#ready;\n    if (args.term < this.#term) return { term: this.#term, voteGranted: false };\n    if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
    ],
    [
      'const reply = { term: this.#term, voteGranted };\n    await this.#journal.sync();\n    return reply;\n  }\n\n  /** Is the',
      'return { term: this.#term, voteGranted };\n  }\n\n  /** Is the',
    ],
  ]),
  vary('silent-to-the-past', 'requests of an older term are not answered at all', [
    [
      'await this.#ready;\n    let reply: AppendReply',
      'await this.#ready;\n    if (args.term < this.#term) return new Promise(() => {});\n    let reply: AppendReply',
    ],
  ]),
  vary('asks-while-writing', 'asks for votes while writing its own, which counts once written', [
    [
      "await this.#journal.sync(); // A vote for oneself is a vote: forgotten, it could be given twice.\n    if (this.#term !== term || this.#role !== 'candidate') return;\n\n    await this.#poll('requestVote', term);",
      "await Promise.all([this.#journal.sync(), this.#poll('requestVote', term)]);",
    ],
  ]),
  vary('tells-commit-at-once', 'followers hear of a commit at once, not with the next heartbeat', [
    [
      'this.#advanceCommit(index);\n    this.#answerReads();',
      'this.#advanceCommit(index);\n    this.#answerReads();\n    const { term } = { term: this.#term };\n    void Promise.resolve().then(() => {\n      if (this.#isLeaderOf(term)) this.#heartbeat();\n    });',
    ],
  ]),
  vary('backs-off-by-index', 'after a refusal nextIndex is what the follower says, without terms', [
    ['if (conflictTerm !== undefined) {', 'if (conflictTerm === -1) {'],
  ]),
  vary('backs-off-to-commit', 'after a refusal everything after the commitIndex is sent again', [
    ['let conflictIndex = prevLogIndex;', 'let conflictIndex = this.#commitIndex + 1;'],
    [
      'while (this.#log.entry(conflictIndex - 1)?.term === conflictTerm) conflictIndex -= 1;\n      return { term, success: false, conflictIndex, conflictTerm };',
      'return { term, success: false, conflictIndex };',
    ],
  ]),
  vary('backs-off-doubling', 'nextIndex goes back in doubling steps, unaided by the follower', [
    [
      'let next = conflictIndex;\n    if (conflictTerm !== undefined) {',
      'const state = follower as Follower & { step?: number };\n    state.step = (state.step ?? 1) * 2;\n    let next = Math.max(1, prevLogIndex - state.step);\n    if (conflictTerm === -1) {',
    ],
  ]),
  vary('writes-before-sending', 'the leader sends an entry only when its own disk has it', [
    [
      'void Promise.resolve().then(() => {\n      if (!this.#isLeaderOf(term)) return;\n      for (const follower',
      'void this.#journal.sync().then(() => {\n      if (!this.#isLeaderOf(term)) return;\n      for (const follower',
    ],
  ]),
  vary('applies-later', 'entries are applied in a loop of their own', [
    [
      'while (this.#lastApplied < this.#commitIndex) {',
      'setTimeout(() => this.#applyAll(), 1);\n  }\n\n  #applyAll(): void {\n    while (this.#lastApplied < this.#commitIndex) {\n      if (this.#lastApplied < this.#log.snapshot.index) return;',
    ],
  ]),
  vary('candidate-while-asking', 'shows itself as a candidate while it asks for pre-votes', [
    [PRE_VOTE, `this.#role = 'candidate';\n    ${PRE_VOTE}`],
    [
      "if (this.#term !== oldTerm || this.#role === 'leader') return;\n    if (this.#hearsLeader() || this.#halted) return;",
      "if (this.#term !== oldTerm || this.#role !== 'candidate') return;\n    if (this.#hearsLeader() || this.#halted) return;",
    ],
  ]),
  vary('commit-bounded-by-match', 'a follower is told no commitIndex beyond what it holds', [
    [
      'leaderCommit: this.#commitIndex,',
      'leaderCommit: Math.min(this.#commitIndex, Math.max(follower.matchIndex, prevLogIndex)),',
    ],
  ]),
  vary('asks-again', 'votes that do not come are asked for again', [
    [
      'const args: RequestVoteArgs = {\n      term,',
      "if (method === 'requestVote') {\n      setTimeout(() => {\n        if (this.#term === term && this.#role === 'candidate') void this.#poll(method, term).then(() => {});\n      }, 70);\n    }\n    const args: RequestVoteArgs = {\n      term,",
    ],
  ]),
  vary('journal-kept-at-boot', 'a journal without a broken line is kept, not written anew', [
    [
      'const broken = lines.indexOf(undefined);',
      "const broken = lines.indexOf(undefined);\n    this.isWhole = text.endsWith('\\n');",
    ],
    [
      '  async read(): Promise<Change[]> {',
      '  isWhole = false;\n  async read(): Promise<Change[]> {',
    ],
    [
      'this.#journal.rewrite();\n    await this.#journal.sync();\n    this.#durableSnapshotIndex',
      'if (!this.#journal.isWhole) this.#journal.rewrite();\n    await this.#journal.sync();\n    this.#durableSnapshotIndex',
    ],
  ]),
] satisfies Variant[];
