/**
 * Bugs that real students and real systems have had, planted in the reference. Each must be killed
 * by the scenario it names: that is the proof that the scenario can fail. Ids as in the catalogue
 * of the course notes: E election, R replication, S snapshots.
 */
import { defineMutants, type Mutant } from 'faultlab';

type Edit = readonly [find: string, put: string];

interface Bug extends Omit<Mutant, 'name' | 'killedBy' | 'edit'> {
  /** Missing when the bug is equivalent. */
  readonly by?: string;
  readonly find: string;
  readonly put: string;
  /** The same bug in other places. */
  readonly also?: readonly Edit[];
}

function plant(name: string, { by = '', find, put, also = [], ...rest }: Bug): Mutant {
  const edits: readonly Edit[] = [[find, put], ...also];
  const edit = edits.map(([find, replace]) => ({ file: 'raft.ts', find, replace }));
  return { name, killedBy: by, edit, ...rest };
}

export default defineMutants([
  // ── Elections ───────────────────────────────────────────────────────────────────────────────
  plant('vote-not-persisted', {
    id: 'E01',
    bug: 'The vote is kept in memory only: a crash forgets it, and the node votes again.',
    by: 'C5',
    find: 'if (this.#votedFor === null) this.#setTerm(this.#term, args.candidateId);',
    put: 'this.#votedFor = args.candidateId;',
  }),
  plant('vote-replied-before-durable', {
    id: 'E04',
    bug: 'The reply grants the vote while the vote is still being written.',
    by: 'C1',
    find: 'const reply = { term: this.#term, voteGranted };\n    await this.#journal.sync();\n    return reply;\n  }\n\n  /** Would this',
    put: 'return { term: this.#term, voteGranted };\n  }\n\n  /** Would this',
  }),
  plant('vote-forgotten-on-append', {
    id: 'E05',
    bug: 'Every AppendEntries sets votedFor back to null, even in the same term.',
    by: 'A7',
    common: true,
    find: '    this.#becomeFollower(term);\n    this.#leaderHeardMs',
    put: '    this.#becomeFollower(term);\n    this.#votedFor = null;\n    this.#leaderHeardMs',
  }),
  plant('no-up-to-date-check', {
    id: 'E07',
    bug: 'A vote is given without looking at the logs.',
    by: 'B7',
    find: 'return args.lastLogTerm === this.#log.lastTerm\n      ? args.lastLogIndex >= this.#log.lastIndex\n      : args.lastLogTerm > this.#log.lastTerm;',
    put: 'return args.lastLogIndex >= 0;',
  }),
  plant('up-to-date-by-length', {
    id: 'E08',
    bug: 'The longer log wins, whatever the term of its last entry.',
    by: 'B7',
    common: true,
    find: 'return args.lastLogTerm === this.#log.lastTerm\n      ? args.lastLogIndex >= this.#log.lastIndex\n      : args.lastLogTerm > this.#log.lastTerm;',
    put: 'return args.lastLogIndex >= this.#log.lastIndex;',
  }),
  plant('equal-logs-refused', {
    id: 'E10',
    bug: 'A candidate whose log is only equally up to date is refused.',
    by: 'A1',
    find: '? args.lastLogIndex >= this.#log.lastIndex',
    put: '? args.lastLogIndex > this.#log.lastIndex',
  }),
  plant('stale-votes-counted', {
    id: 'E11',
    bug: 'A candidate becomes leader without asking whether it is still a candidate in that term.',
    by: 'A7',
    common: true,
    find: "await this.#poll('requestVote', term);\n    if (this.#term !== term || this.#role !== 'candidate') return;",
    put: "await this.#poll('requestVote', term);",
  }),
  plant('half-is-a-majority', {
    id: 'E14',
    bug: 'The majority is computed as half of the nodes.',
    by: 'A5',
    find: 'Math.floor((node.peers.length + 1) / 2) + 1',
    put: 'Math.floor((node.peers.length + 2) / 2)',
  }),
  plant('same-timeout-for-all', {
    id: 'E19',
    bug: 'The election timeout is not random: candidates split the vote forever.',
    by: 'A1',
    common: true,
    find: 'ELECTION_MS_MIN + Math.random() * (ELECTION_MS_MAX - ELECTION_MS_MIN)',
    put: 'ELECTION_MS_MIN',
  }),
  plant('higher-term-in-reply-ignored', {
    id: 'E20',
    bug: 'A leader does not look at the term in a reply.',
    by: 'B7',
    find: 'arrived();\n      if (reply.term > this.#term) this.#becomeFollower(reply.term);',
    put: 'arrived();',
  }),
  plant('pre-vote-ignores-leader', {
    id: 'E24',
    bug: 'A node that hears the leader grants a pre-vote all the same.',
    by: 'E3',
    find: "this.#role !== 'leader' &&\n      !this.#hearsLeader() &&",
    put: "this.#role !== 'leader' &&",
  }),
  plant('no-pre-vote', {
    bug: 'The term is raised at once, without asking whether the election could be won.',
    by: 'E1',
    find: "await this.#poll('preVote', oldTerm + 1);",
    put: '',
  }),
  plant('no-check-quorum', {
    id: 'E25',
    bug: 'A leader that hears nobody stays leader.',
    by: 'E2',
    find: 'if (performance.now() - heardMs > QUORUM_MS) this.#becomeFollower(this.#term);\n    else this.#heartbeat();',
    put: 'void heardMs;\n    this.#heartbeat();',
  }),
  plant('term-not-persisted', {
    id: 'E02',
    bug: 'A higher term that is seen in a message is kept in memory only.',
    by: 'C9',
    find: 'if (term > this.#term) this.#setTerm(term, null);',
    put: 'if (term > this.#term) {\n      this.#term = term;\n      this.#votedFor = null;\n    }',
  }),
  plant('any-number-of-votes', {
    bug: 'A node votes for every candidate that asks.',
    by: 'A7',
    find: '(this.#votedFor === null || this.#votedFor === args.candidateId) &&',
    put: '',
  }),
  plant('timer-not-reset-by-heartbeat', {
    bug: 'AppendEntries does not reset the election timer.',
    by: 'A2',
    common: true,
    find: 'this.#leaderHeardMs = performance.now();\n    this.#resetElectionTimer();',
    put: '',
  }),
  plant('vote-forgotten-on-stepping-down', {
    id: 'E06',
    bug: 'A candidate that hears of the leader of its own term forgets that it has voted for itself.',
    by: 'A9',
    find: 'if (term > this.#term) this.#setTerm(term, null);',
    put: "if (term > this.#term || this.#role === 'candidate') this.#setTerm(term, null);",
  }),
  plant('own-vote-counted-before-durable', {
    id: 'E02',
    bug: 'A candidate asks for votes and counts its own while that is still being written.',
    by: 'C10',
    find: 'await this.#journal.sync(); // A vote for oneself',
    put: '// A vote for oneself',
  }),
  plant('campaigns-in-a-newer-term', {
    id: 'E13',
    bug: 'The term may change while a candidate writes its vote; it then asks for votes in the new one.',
    by: 'C12',
    find: "if (this.#term !== term || this.#role !== 'candidate') return;\n\n    await this.#poll('requestVote', term);\n    if (this.#term !== term || this.#role !== 'candidate') return;",
    put: "const now = this.#term;\n    await this.#poll('requestVote', now);\n    if (this.#term !== now) return;",
  }),
  plant('timer-reset-by-refused-requests', {
    id: 'E15',
    bug: 'Any request for a vote resets the election timer, even one that is refused.',
    by: 'B14',
    find: 'if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
    put: 'this.#resetElectionTimer();\n    if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
    also: [
      [
        'await this.#ready;\n    const voteGranted',
        'await this.#ready;\n    this.#resetElectionTimer();\n    const voteGranted',
      ],
    ],
  }),
  plant('timer-not-reset-by-a-vote', {
    id: 'E17',
    bug: 'Granting a vote does not reset the election timer.',
    find: 'this.#setTerm(this.#term, args.candidateId);\n      this.#resetElectionTimer();',
    put: 'this.#setTerm(this.#term, args.candidateId);',
    equivalent:
      'the heartbeat of the new leader comes a round trip later and resets the timer; at worst another election follows, within every limit',
  }),
  plant('term-adopted-with-a-vote-only', {
    id: 'E21',
    bug: 'No pre-vote, and a higher term in a request for a vote is adopted only if the vote can be given.',
    by: 'B14',
    find: "await this.#poll('preVote', oldTerm + 1);",
    put: '',
    also: [
      [
        'if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
        'if (args.term > this.#term && this.#isUpToDate(args)) this.#becomeFollower(args.term);\n    const voteGranted',
      ],
    ],
  }),
  plant('pre-vote-ignores-log', {
    id: 'E24',
    bug: 'A pre-vote is given without looking at the logs.',
    by: 'E8',
    find: '!this.#hearsLeader() &&\n      this.#isUpToDate(args);',
    put: '!this.#hearsLeader();',
  }),
  plant('pre-vote-raises-term', {
    id: 'E24',
    bug: 'A node that is asked for a pre-vote adopts the term that the request names.',
    by: 'E1',
    find: 'await this.#ready;\n    const voteGranted',
    put: 'await this.#ready;\n    if (args.term > this.#term) this.#becomeFollower(args.term - 1);\n    if (args.term > this.#term) this.#setTerm(args.term, null);\n    const voteGranted',
  }),
  plant('candidate-does-not-yield', {
    bug: 'A candidate goes on when it hears of a leader of its own term.',
    by: 'A1',
    find: "    this.#role = 'follower';\n  }",
    put: "    if (this.#role !== 'candidate') this.#role = 'follower';\n  }",
  }),
  plant('answers-before-recovery', {
    bug: 'Requests are answered while the disk is still being read.',
    by: 'C5',
    find: 'await this.#ready;\n    if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
    put: 'if (args.term > this.#term) this.#becomeFollower(args.term);\n    const voteGranted',
    also: [['await this.#ready;\n    let reply: AppendReply', 'let reply: AppendReply']],
  }),
  // ── Replication ─────────────────────────────────────────────────────────────────────────────
  plant('commits-old-term-entries', {
    id: 'R01',
    bug: 'An entry of an earlier term is committed as soon as a majority holds it (Figure 8).',
    by: 'B4',
    common: true,
    shown: true,
    find: 'if (index <= this.#commitIndex || this.#log.termAt(index) !== this.#term) return;',
    put: 'if (index <= this.#commitIndex) return;',
  }),
  plant('truncates-without-conflict', {
    id: 'R02',
    bug: 'Every AppendEntries cuts the log after what it carries, even one that comes late.',
    by: 'B8',
    common: true,
    find: 'return index > snapshot.index && this.#log.termAt(index) !== entry.term;',
    put: 'return index > snapshot.index && index > this.#commitIndex;',
  }),
  plant('no-previous-entry-check', {
    id: 'R04',
    bug: 'A follower takes entries without comparing the one before them.',
    by: 'B7',
    find: 'if (prevLogIndex >= snapshot.index && conflictTerm !== prevLogTerm) {',
    put: 'if (prevLogIndex < 0) {',
  }),
  plant('match-index-from-next-index', {
    id: 'R06',
    bug: 'matchIndex is taken from the end of the log when the reply comes, not from what was sent.',
    by: 'B11',
    common: true,
    find: 'this.#matched(follower, prevLogIndex + args.entries.length)',
    put: 'this.#matched(follower, this.#log.lastIndex)',
  }),
  plant('one-step-back', {
    id: 'R12',
    bug: 'nextIndex goes back by one for each refusal.',
    by: 'B6',
    common: true,
    find: 'let next = conflictIndex;\n    if (conflictTerm !== undefined) {',
    put: 'let next = prevLogIndex;\n    if (conflictTerm === -1) {',
  }),
  plant('old-leader-heard', {
    id: 'R14',
    bug: 'AppendEntries of an older term is accepted.',
    by: 'B5',
    find: 'if (args.term >= this.#term) {\n      this.#follow(args.term);\n      reply = this.#takeEntries(args);',
    put: 'if (args.term >= 0) {\n      this.#follow(args.term);\n      reply = this.#takeEntries(args);',
  }),
  plant('entries-acknowledged-before-durable', {
    id: 'R16',
    bug: 'A follower acknowledges entries while they are still being written.',
    by: 'C1',
    common: true,
    find: 'await this.#journal.sync();\n    // A newer leader may',
    put: '// A newer leader may',
  }),
  plant('leader-counts-itself-early', {
    id: 'R18',
    bug: 'The leader counts its own copy before its disk has it.',
    by: 'C3',
    common: true,
    find: 'void this.#journal.sync().then(() => {\n      if (!this.#isLeaderOf(term)) return;\n      this.#durableIndex',
    put: 'void Promise.resolve().then(() => {\n      if (!this.#isLeaderOf(term)) return;\n      this.#durableIndex',
  }),
  plant('follower-commits-too-far', {
    bug: 'A follower believes leaderCommit, whatever part of the log the message vouches for.',
    by: 'B12',
    find: 'this.#advanceCommit(Math.min(leaderCommit, prevLogIndex + entries.length));',
    put: 'this.#advanceCommit(Math.min(leaderCommit, this.#log.lastIndex));',
  }),
  plant('heartbeat-truncates', {
    id: 'R03',
    bug: 'A heartbeat cuts the log after prevLogIndex.',
    by: 'B8',
    find: '// Only a real conflict may cut the log',
    put: 'if (entries.length === 0 && prevLogIndex < lastIndex && prevLogIndex >= this.#commitIndex) {\n      this.#appendFrom(prevLogIndex + 1, []);\n    }\n    // Only a real conflict may cut the log',
  }),
  plant('leader-does-not-persist', {
    id: 'R17',
    bug: 'What is proposed to the leader is kept in its memory only.',
    by: 'C3',
    find: 'this.#appendFrom(index, [{ term, command }]);',
    put: 'this.#log.replaceFrom(index, [{ term, command }]);',
  }),
  plant('no-no-op-and-reads-at-once', {
    id: 'R24',
    bug: 'A new leader adds no entry of its own, and answers reads as if it had.',
    by: 'E6',
    find: 'this.#noopIndex = this.#appendOwn(null);',
    put: 'this.#noopIndex = 0;',
  }),
  plant('everything-sent-again', {
    id: 'R26',
    bug: 'Each proposal sends again all entries that are not acknowledged yet.',
    by: 'B9',
    common: true,
    find: 'const isWaiting = performance.now() - follower.sentMs < RESEND_MS;',
    put: 'const isWaiting = false;',
  }),
  plant('back-off-to-the-same-place', {
    id: 'R11',
    bug: 'When the reply names a conflicting term, the leader tries the same place again.',
    by: 'B6',
    find: 'if (this.#log.termAt(index) === conflictTerm) next = index + 1;',
    put: 'next = prevLogIndex + 1;',
  }),
  plant('one-replica-too-few', {
    bug: 'An entry counts as committed when one node fewer than a majority holds it.',
    by: 'B3',
    find: 'values[this.#majority - 1]',
    put: 'values[this.#majority - 2]',
  }),
  plant('conflicts-never-replaced', {
    bug: 'A follower appends what lies beyond its end and keeps what conflicts.',
    by: 'B5',
    find: 'return index > snapshot.index && this.#log.termAt(index) !== entry.term;',
    put: 'return index > lastIndex;',
  }),
  plant('match-index-outlives-the-term', {
    id: 'R07',
    bug: 'matchIndex is kept when a node is elected again.',
    by: 'B10',
    find: 'this.#followers = this.#node.peers.map((id) => ({',
    put: 'const before = this.#followers;\n    this.#followers = this.#node.peers.map((id, at) => ({',
    also: [
      ['      matchIndex: 0,', '      matchIndex: before[at]?.matchIndex ?? 0,'],
      ['      this.#followers = [];\n', ''],
    ],
  }),
  plant('replies-of-an-earlier-term-counted', {
    id: 'R10',
    bug: 'A reply counts for the leader, whichever of its terms the request was sent in.',
    by: 'B10',
    find: 'if (!this.#isLeaderOf(term)) return; // It answers a leader that is no more.',
    put: "if (this.#role !== 'leader' || term < 0) return;",
    also: [
      [
        'follower.matchIndex = Math.max(follower.matchIndex, index);\n    follower.nextIndex',
        'follower = this.#followers.find(({ id }) => id === follower.id) ?? follower;\n    follower.matchIndex = Math.max(follower.matchIndex, index);\n    follower.nextIndex',
      ],
    ],
  }),
  plant('entries-wait-for-the-heartbeat', {
    id: 'R27',
    bug: 'A new entry is sent only with the next heartbeat.',
    by: 'B13',
    find: 'for (const follower of this.#followers) this.#replicate(follower);\n    });',
    put: '});',
  }),
  plant('followers-called-in-turn', {
    id: 'R25',
    bug: 'A follower gets its heartbeat only when the one before it has answered.',
    by: 'B2',
    find: 'for (const follower of this.#followers) this.#replicate(follower, true);',
    put: 'void this.#heartbeatInTurn();',
    also: [
      [
        '  // ── Replication, the leader',
        '  async #heartbeatInTurn(): Promise<void> {\n    for (const follower of this.#followers) {\n      const { heardMs } = follower;\n      this.#replicate(follower, true);\n      for (let i = 0; i < 100 && follower.heardMs === heardMs; i++) {\n        await new Promise((resolve) => setTimeout(resolve, 10));\n      }\n    }\n  }\n\n  // ── Replication, the leader',
      ],
    ],
  }),
  plant('timer-not-reset-by-a-mismatch', {
    id: 'E18',
    bug: 'An AppendEntries that does not fit the log does not reset the election timer.',
    find: 'this.#leaderHeardMs = performance.now();\n    this.#resetElectionTimer();',
    put: 'this.#leaderHeardMs = performance.now();',
    also: [
      [
        'reply = this.#takeEntries(args);',
        'reply = this.#takeEntries(args);\n      if (reply.success) this.#resetElectionTimer();',
      ],
    ],
    equivalent:
      'with the fast way back (§5.3) the log fits after one or two more messages, and then the timer is reset',
  }),
  plant('resent-entries-confirmed-at-once', {
    bug: 'A follower that already has the entries confirms them, though its disk does not have them yet.',
    by: 'C11',
    find: 'await this.#journal.sync();\n    // A newer leader may',
    put: 'if (this.#log.lastIndex !== before) await this.#journal.sync();\n    // A newer leader may',
    also: [
      [
        'await this.#ready;\n    let reply: AppendReply',
        'await this.#ready;\n    const before = this.#log.lastIndex;\n    let reply: AppendReply',
      ],
    ],
  }),
  plant('acknowledged-though-replaced', {
    bug: 'Entries are confirmed although a newer leader replaced them while they were being written.',
    find: 'return this.#term === reply.term ? reply : { term: reply.term, success: false };',
    put: 'return reply;',
    equivalent:
      'a newer leader without these entries was elected by a majority without them: one more confirmation cannot make them committed',
  }),
  // ── The disk ────────────────────────────────────────────────────────────────────────────────
  plant('no-fsync', {
    bug: 'The journal is written but never synced.',
    by: 'C1',
    find: 'await this.#disk.append(JOURNAL, encode(changes));\n          await this.#disk.fsync(JOURNAL);',
    put: 'await this.#disk.append(JOURNAL, encode(changes));',
  }),
  plant('no-checksum', {
    bug: 'A torn last line is believed, or breaks the recovery.',
    by: 'C6',
    find: 'return sum === checksum(json) ? JSON.parse(json) : undefined;',
    put: "return sum === undefined || line === '' ? undefined : JSON.parse(json);",
  }),
  plant('rename-not-synced', {
    bug: 'The directory is not synced after the rename: the old journal may come back.',
    by: 'D3',
    find: 'await this.#disk.rename(JOURNAL_NEXT, JOURNAL);\n          await this.#disk.fsyncDirectory();',
    put: 'await this.#disk.rename(JOURNAL_NEXT, JOURNAL);',
  }),
  plant('journal-replaced-in-place', {
    bug: 'The journal is rewritten in place: a crash in between leaves neither the old nor the new.',
    by: 'D5',
    common: true,
    find: 'await this.#disk.write(JOURNAL_NEXT, encode(this.#state()));\n          await this.#disk.fsync(JOURNAL_NEXT);\n          await this.#disk.rename(JOURNAL_NEXT, JOURNAL);\n          await this.#disk.fsyncDirectory();',
    put: 'await this.#disk.write(JOURNAL, encode(this.#state()));\n          await this.#disk.fsync(JOURNAL);',
  }),
  plant('failed-fsync-retried', {
    id: 'W04',
    bug: 'A failed fsync is tried again, and believed when it succeeds.',
    by: 'C7',
    find: 'await this.#disk.append(JOURNAL, encode(changes));\n          await this.#disk.fsync(JOURNAL);',
    put: 'await this.#disk.append(JOURNAL, encode(changes));\n          await this.#disk.fsync(JOURNAL).catch(() => this.#disk.fsync(JOURNAL));',
  }),
  plant('failed-fsync-ignored', {
    id: 'W04',
    bug: 'A failed fsync is ignored.',
    by: 'C7',
    common: true,
    find: 'await this.#disk.append(JOURNAL, encode(changes));\n          await this.#disk.fsync(JOURNAL);',
    put: 'await this.#disk.append(JOURNAL, encode(changes));\n          await this.#disk.fsync(JOURNAL).catch(() => {});',
  }),
  plant('appends-behind-a-torn-line', {
    bug: 'After a restart new records are written after a torn one.',
    by: 'C6',
    find: 'this.#journal.rewrite();\n    await this.#journal.sync();\n    this.#durableSnapshotIndex',
    put: 'this.#durableSnapshotIndex',
  }),
  plant('renamed-before-synced', {
    bug: 'The new journal gets its name before its content is durable.',
    by: 'D3',
    find: '          await this.#disk.fsync(JOURNAL_NEXT);\n',
    put: '',
  }),
  // ── Snapshots ───────────────────────────────────────────────────────────────────────────────
  plant('snapshot-not-in-journal', {
    id: 'S01',
    bug: 'The state is written without the snapshot.',
    by: 'D3',
    find: "{ kind: 'snapshot', snapshot: this.#log.snapshot },",
    put: '',
  }),
  plant('late-snapshot-accepted', {
    id: 'S03',
    bug: 'An InstallSnapshot that is behind what has been applied sets the log back.',
    by: 'D4',
    common: true,
    find: 'if (index > this.#commitIndex) {\n        this.#log.compact',
    put: 'if (index > 0) {\n        this.#log.compact',
  }),
  plant('snapshot-sent-all-the-time', {
    id: 'S12',
    bug: 'A snapshot is sent again at every opportunity while it is under way.',
    by: 'D2',
    find: 'if (!isWaiting && follower.nextIndex <= snapshot.index) {',
    put: 'if (follower.nextIndex <= snapshot.index) {',
  }),
  plant('log-not-compacted-on-disk', {
    bug: 'A snapshot cuts the log in memory only.',
    by: 'D1',
    find: 'this.#log.compact({ index, term, data });\n    this.#journal.rewrite();\n  }',
    put: "this.#log.compact({ index, term, data });\n    this.#journal.add({ kind: 'snapshot', snapshot: { index, term, data } });\n  }",
  }),
  plant('next-index-stays-after-snapshot', {
    id: 'S13',
    bug: 'nextIndex does not move when an InstallSnapshot is answered.',
    find: 'this.#afterReply(follower, call, true, () => this.#matched(follower, index));',
    put: 'this.#afterReply(follower, call, true, () => {});',
    equivalent: 'the next heartbeat vouches for the snapshot and moves nextIndex all the same',
  }),
  plant('restart-applies-from-one', {
    id: 'S07',
    bug: 'After a restart commitIndex is not raised to the snapshot.',
    by: 'D3',
    common: true,
    find: 'this.#advanceCommit(this.#log.snapshot.index);\n    this.#resetElectionTimer();',
    put: 'this.#lastApplied = this.#log.snapshot.index;\n    this.#resetElectionTimer();',
  }),
  plant('conflicting-rest-kept', {
    id: 'S05',
    bug: 'The log after a snapshot is kept, whether or not the two agree.',
    by: 'D7',
    find: 'const agrees = this.termAt(snapshot.index) === snapshot.term;',
    put: 'const agrees = snapshot.index >= 0;',
  }),
  plant('agreeing-rest-thrown-away', {
    bug: 'An InstallSnapshot throws the whole log away, even what was confirmed after the snapshot.',
    by: 'D8',
    find: 'if (index > this.#commitIndex) {\n        this.#log.compact',
    put: 'if (index > this.#commitIndex) {\n        this.#log.replaceFrom(this.#log.snapshot.index + 1, []);\n        this.#log.compact',
  }),
  plant('snapshot-confirmed-before-durable', {
    bug: 'InstallSnapshot is answered while the snapshot is still being written.',
    by: 'D10',
    find: 'await this.#journal.sync();\n        this.#durableSnapshotIndex',
    put: 'this.#durableSnapshotIndex',
    also: [
      [
        'this.#advanceCommit(index);\n      }\n    }\n    await this.#journal.sync();\n    return reply;',
        'this.#advanceCommit(index);\n      }\n    }\n    return reply;',
      ],
    ],
  }),
  plant('snapshot-of-an-old-leader', {
    bug: 'InstallSnapshot of an older term is accepted.',
    find: 'if (args.term >= this.#term) {\n      this.#follow(args.term);\n      const {',
    put: 'if (args.term >= 0) {\n      this.#follow(args.term);\n      const {',
    equivalent:
      'what a snapshot holds is committed, whoever sends it; and the reply tells the old leader that it is deposed',
  }),
  plant('older-snapshot-taken', {
    id: 'S09',
    bug: 'snapshot() does not check whether there is a newer one.',
    by: 'D1',
    find: 'if (index <= this.#log.snapshot.index || index > this.#lastApplied) return;\n    if (term === undefined) throw',
    put: 'if (index > this.#lastApplied) return;\n    if (data === undefined) throw',
    also: [
      [
        'this.#log.compact({ index, term, data });\n    this',
        'this.#log.compact({ index, term: term ?? 0, data });\n    this',
      ],
    ],
  }),
  plant('compaction-off-by-one', {
    bug: 'The entry at the snapshot index stays in the log: all after it have a wrong index.',
    by: 'D1',
    find: 'this.#entries = agrees ? this.slice(snapshot.index + 1) : [];',
    put: 'this.#entries = agrees ? this.slice(snapshot.index) : [];',
  }),
  plant('term-at-snapshot-unknown', {
    bug: 'Just after the snapshot, prevLogTerm is taken to be 0.',
    by: 'D1',
    find: 'return index === this.snapshot.index ? this.snapshot.term : this.entry(index)?.term;',
    put: 'return index === 0 ? 0 : this.entry(index)?.term;',
  }),
  plant('compacted-log-looks-empty', {
    bug: 'When a vote is given, the last term of a log that was compacted to its end is taken to be 0.',
    by: 'D9',
    find: 'return this.#entries.at(-1)?.term ?? this.snapshot.term;',
    put: 'return this.#entries.at(-1)?.term ?? 0;',
  }),
  // ── Reads ───────────────────────────────────────────────────────────────────────────────────
  plant('read-without-asking', {
    id: 'K01',
    bug: 'The leader answers reads from what it knows, without a round of heartbeats.',
    by: 'E5',
    common: true,
    find: 'const isKnown = (read: Read) => read.round <= round && read.index <= this.#commitIndex;',
    put: 'const isKnown = (read: Read) => round >= 0 && read.index <= this.#commitIndex;',
  }),
  plant('read-answered-by-an-old-round', {
    id: 'K04',
    bug: 'Replies to heartbeats that were sent before the read confirm it.',
    by: 'E5',
    find: 'this.#reads.push({ index, round: this.#round + 1, resolve });',
    put: 'this.#reads.push({ index, round: this.#round, resolve });',
  }),
  plant('read-before-own-commit', {
    id: 'K03',
    bug: 'A new leader answers reads before anything of its own term is committed.',
    by: 'E6',
    find: 'const index = Math.max(this.#commitIndex, this.#noopIndex);',
    put: 'const index = this.#commitIndex;',
  }),
  plant('reads-never-refused', {
    bug: 'A leader that is deposed leaves its reads without an answer.',
    by: 'E5',
    find: 'for (const read of this.#reads.splice(0)) read.resolve(null);',
    put: 'this.#reads = [];',
  }),
]);
