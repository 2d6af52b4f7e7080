/**
 * Bugs that real students and real systems had, planted into the reference. Each must be killed by
 * the scenario it names: that is the proof that the scenario can fail. Ids as in the catalogue of
 * the course notes: E election, R replication, S snapshots.
 */
import { defineMutants, type Mutant } from 'faultlab';

interface Bug {
  readonly id?: string;
  readonly bug: string;
  readonly by: string;
  readonly common?: true;
  readonly shown?: true;
  readonly find: string;
  readonly put: string;
}

function plant(name: string, { by, find, put, ...rest }: Bug): Mutant {
  return { name, killedBy: by, edit: [{ file: 'raft.ts', find, replace: put }], ...rest };
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
    bug: 'The vote is answered while its write is still under way.',
    by: 'A1',
    find: 'const reply = { term: this.#term, voteGranted };\n    await this.#journal.sync();\n    return reply;\n  }\n\n  /** Would this',
    put: 'return { term: this.#term, voteGranted };\n  }\n\n  /** Would this',
  }),
  plant('vote-forgotten-on-append', {
    id: 'E05',
    bug: 'Every AppendEntries sets votedFor back to null, also in the same term.',
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
    bug: 'A candidate whose log is equal is refused.',
    by: 'A1',
    find: '? args.lastLogIndex >= this.#log.lastIndex',
    put: '? args.lastLogIndex > this.#log.lastIndex',
  }),
  plant('stale-votes-counted', {
    id: 'E11',
    bug: 'A candidate becomes leader without asking whether it is still candidate of that term.',
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
    bug: 'The election timeout is not random: candidates split the vote for ever.',
    by: 'A1',
    common: true,
    find: 'ELECTION_MS_MIN + Math.random() * (ELECTION_MS_MAX - ELECTION_MS_MIN)',
    put: 'ELECTION_MS_MIN',
  }),
  plant('higher-term-in-reply-ignored', {
    id: 'E20',
    bug: 'A leader does not look at the term of the replies.',
    by: 'B7',
    find: 'arrived();\n      if (reply.term > this.#term) this.#becomeFollower(reply.term);',
    put: 'arrived();',
  }),
  plant('pre-vote-ignores-leader', {
    id: 'E24',
    bug: 'A node that hears the leader supports a pre-vote all the same.',
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
    bug: 'A node votes for everybody who asks.',
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
    bug: 'Every AppendEntries cuts the log behind what it carries, also one that comes late.',
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
    by: 'B1',
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
    bug: 'A heartbeat cuts the log behind prevLogIndex.',
    by: 'B8',
    find: '// Only a real conflict may cut the log',
    put: 'if (entries.length === 0 && prevLogIndex < lastIndex && prevLogIndex >= this.#commitIndex) {\n      this.#appendFrom(prevLogIndex + 1, []);\n    }\n    // Only a real conflict may cut the log',
  }),
  plant('leader-does-not-persist', {
    id: 'R17',
    bug: 'What is proposed to the leader is in its memory only.',
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
    bug: 'Each proposal sends all entries that are not acknowledged yet, again.',
    by: 'B9',
    common: true,
    find: 'const isWaiting = performance.now() - follower.sentMs < RESEND_MS;',
    put: 'const isWaiting = false;',
  }),
  plant('back-off-to-the-same-place', {
    id: 'R11',
    bug: 'With a conflicting term the leader tries the same place again.',
    by: 'B6',
    find: 'if (this.#log.termAt(index) === conflictTerm) next = index + 1;',
    put: 'next = prevLogIndex + 1;',
  }),
  plant('one-replica-too-few', {
    bug: 'An entry counts as committed when one node less than a majority holds it.',
    by: 'B3',
    find: 'values[this.#majority - 1]',
    put: 'values[this.#majority - 2]',
  }),
  plant('conflicts-never-replaced', {
    bug: 'A follower adds what lies behind its end and keeps what conflicts.',
    by: 'B5',
    find: 'return index > snapshot.index && this.#log.termAt(index) !== entry.term;',
    put: 'return index > lastIndex;',
  }),
  // ── The disk ────────────────────────────────────────────────────────────────────────────────
  plant('no-fsync', {
    bug: 'The journal is written and never synced.',
    by: 'B1',
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
    bug: 'After a restart new records are written behind a torn one.',
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
    bug: 'An InstallSnapshot that is behind what is applied takes the log back.',
    by: 'D4',
    common: true,
    find: 'if (index > this.#commitIndex) {\n        this.#log.compact',
    put: 'if (index > 0) {\n        this.#log.compact',
  }),
  plant('snapshot-sent-all-the-time', {
    id: 'S12',
    bug: 'A snapshot is sent again at every occasion while it is under way.',
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
  {
    name: 'next-index-stays-after-snapshot',
    id: 'S13',
    bug: 'nextIndex does not move when an InstallSnapshot is answered.',
    killedBy: '',
    edit: [
      {
        file: 'raft.ts',
        find: 'this.#afterReply(follower, call, true, () => this.#matched(follower, index));',
        replace: 'this.#afterReply(follower, call, true, () => {});',
      },
    ],
    equivalent: 'the next heartbeat vouches for the snapshot and moves nextIndex all the same',
  },
  plant('restart-applies-from-one', {
    id: 'S07',
    bug: 'After a restart commitIndex is not raised to the snapshot.',
    by: 'D3',
    common: true,
    find: 'this.#advanceCommit(this.#log.snapshot.index);\n    this.#resetElectionTimer();',
    put: 'this.#lastApplied = this.#log.snapshot.index;\n    this.#resetElectionTimer();',
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
]);
