/**
 * Raft, after "In Search of an Understandable Consensus Algorithm (Extended Version)" (Ongaro and
 * Ousterhout, 2014; "§" below) and Ongaro's thesis, "Consensus: Bridging Theory and Practice".
 *
 * A few nodes keep copies of one log of commands. As long as a majority is up and connected, the
 * log grows, and what was once applied at an index is what every node applies at that index,
 * whatever crashes and however the network misbehaves. Three ideas carry this:
 *
 * **Terms.** Time is cut into terms, and a term has at most one leader, because a node votes once
 * in a term and a leader needs a majority (§5.2). Every message carries a term. A node that sees a
 * higher one becomes a follower in it; a node that sees a lower one refuses. So a deposed leader
 * can still talk, but no majority listens.
 *
 * **The log matching property.** Only the leader makes entries, and a follower takes them only when
 * its log agrees with the leader's just before them (§5.3). So two logs that hold an entry with
 * the same index and term are the same up to there.
 *
 * **A vote is a comparison.** A node votes only for a candidate whose log is at least as up to date
 * as its own (§5.4.1). A committed entry is on a majority, every winner has asked a majority, and
 * any two majorities share a node: so every later leader holds every committed entry.
 *
 * All of this falls if a node forgets. Its term, its vote and its log are therefore on the disk
 * before anything that depends on them leaves the node. The program changes its memory at once,
 * adds the change to the journal, and awaits `journal.sync()` before it answers. One rule, without
 * exceptions to think about: *no reply leaves before all that this node knows is durable.* Only the
 * leader's entries travel while the leader itself is still writing them (thesis §10.2.1): it counts
 * itself towards their majority only when its own disk has them. When the disk fails, a node cannot
 * know what it will remember, so it falls silent for the rest of this life.
 *
 * Every `await` is a hole in time: after it the term may have moved on and the role may have
 * changed. The code after an `await` begins by asking whether its question is still the question.
 *
 * The paper's rules decide what is safe. What keeps the cluster calm comes from the thesis: a node
 * asks whether it could win before it raises the term (pre-vote, §9.6), a leader that does not hear
 * a majority resigns (check-quorum, §6.2), and reads go through the leader without going through
 * the log (ReadIndex, §6.4).
 *
 * Read on in this order: the journal and the log (what is remembered), then the class: elections,
 * replication, commitment, snapshots, reads.
 */
import type { Disk, NodeId } from 'faultlab/node';
import type {
  AppendEntriesArgs,
  AppendEntriesReply,
  Command,
  InstallSnapshotArgs,
  InstallSnapshotReply,
  LogEntry,
  LogIndex,
  Proposal,
  RaftContext,
  RaftNode,
  RaftState,
  RequestVoteArgs,
  RequestVoteReply,
  Role,
  Term,
} from './contract.ts';

/** Broadcast time ≪ election timeout ≪ mean time between failures (§5.6). */
const HEARTBEAT_MS = 50;
const ELECTION_MS_MIN = 150;
const ELECTION_MS_MAX = 300;
/** A leader that has not heard a majority for this long resigns. Leaves room for slow disks. */
const QUORUM_MS = 500;
/** A message is taken for lost and sent again after this; its reply is welcome until CALL_MS. */
const RESEND_MS = 120;
const CALL_MS = 1000;
const ENTRIES_PER_MESSAGE_MAX = 200;

// ── What is remembered: the journal ─────────────────────────────────────────────────────────────

interface Snapshot {
  readonly index: LogIndex;
  readonly term: Term;
  readonly data: string;
}

/** A change of what Figure 2 calls persistent state. Replayed in order, changes restore it. */
type Change =
  | { readonly kind: 'term'; readonly term: Term; readonly votedFor: NodeId | null }
  /** From `from` on, the log consists of these entries: this implies the truncation. */
  | { readonly kind: 'entries'; readonly from: LogIndex; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot };

const JOURNAL = 'journal';
const JOURNAL_NEXT = 'journal.next';

/**
 * An append-only file: a change costs its own size, not the size of the state. Changes that come
 * while a write is under way share the next one (group commit). Each write is one line with a
 * checksum, and is synced before the next begins. So after a crash only the last line can be
 * broken, and nothing that was in it has been promised to anybody.
 *
 * The journal is shortened by writing another that begins with the state as it is, and renaming it
 * over the first. The rename is atomic: there is always one complete journal, the old or the new.
 */
class Journal {
  readonly #disk: Disk;
  readonly #state: () => Change[];
  readonly #onFailure: (error: unknown) => void;
  #changes: Change[] = [];
  #rewrite = false;
  #added = 0;
  #durable = 0;
  #busy = false;
  #waiting: { readonly position: number; readonly resolve: () => void }[] = [];

  /** `state` gives the changes that lead from nothing to the state at the moment of the call. */
  constructor(disk: Disk, state: () => Change[], onFailure: (error: unknown) => void) {
    this.#disk = disk;
    this.#state = state;
    this.#onFailure = onFailure;
  }

  /** What an earlier life left. To be followed by `rewrite`, which drops a broken last line. */
  async read(): Promise<Change[]> {
    const text = await this.#disk.read(JOURNAL);
    if (text === undefined) return [];
    const lines = text.split('\n').map(decode);
    const broken = lines.indexOf(undefined);
    // A line is written after the one before it was synced, and the first before the file got its
    // name. If the first is broken, or one before another, the disk has lost a promise: perhaps a vote.
    if (broken === 0 || (broken > 0 && lines.slice(broken).some((line) => line !== undefined))) {
      throw new Error(`${JOURNAL}: line ${broken + 1} of ${lines.length} is damaged`);
    }
    return lines.flatMap((line) => line ?? []);
  }

  add(change: Change): void {
    this.#changes.push(change);
    this.#added += 1;
    void this.#flush();
  }

  /** Begins a new journal with the state as it is when the write begins. */
  rewrite(): void {
    this.#rewrite = true;
    this.#added += 1;
    void this.#flush();
  }

  /** Resolves when everything added so far is durable: never, if the disk has failed. */
  sync(): Promise<void> {
    if (this.#durable === this.#added) return Promise.resolve();
    const position = this.#added;
    return new Promise((resolve) => {
      this.#waiting.push({ position, resolve });
    });
  }

  async #flush(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await null; // What is changed in one go is written in one go.
      while (this.#durable < this.#added) {
        const position = this.#added;
        const changes = this.#changes;
        this.#changes = [];
        if (this.#rewrite) {
          this.#rewrite = false;
          await this.#disk.write(JOURNAL_NEXT, encode(this.#state()));
          await this.#disk.fsync(JOURNAL_NEXT);
          await this.#disk.rename(JOURNAL_NEXT, JOURNAL);
          await this.#disk.fsyncDirectory();
        } else {
          await this.#disk.append(JOURNAL, encode(changes));
          await this.#disk.fsync(JOURNAL);
        }
        this.#durable = position;
        while (this.#waiting[0] && this.#waiting[0].position <= position) {
          this.#waiting.shift()?.resolve();
        }
      }
      this.#busy = false;
    } catch (error) {
      // After a failed fsync the cache may be clean and the data gone: another fsync would succeed
      // and prove nothing. Still busy, the journal writes nothing more, and those who wait go on waiting.
      this.#added = Number.POSITIVE_INFINITY;
      this.#onFailure(error);
    }
  }
}

function encode(changes: readonly Change[]): string {
  const json = JSON.stringify(changes);
  return `${checksum(json)} ${json}\n`;
}

function decode(line: string): Change[] | undefined {
  const [sum] = line.split(' ', 1);
  const json = line.slice(9);
  return sum === checksum(json) ? JSON.parse(json) : undefined;
}

/** FNV-1a: enough to tell a torn line from a whole one. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

// ── What is remembered: the log ─────────────────────────────────────────────────────────────────

/** The log: a snapshot of its beginning (§7), and the entries after it. */
class Log {
  snapshot: Snapshot = { index: 0, term: 0, data: '' };
  #entries: LogEntry[] = [];

  get lastIndex(): LogIndex {
    return this.snapshot.index + this.#entries.length;
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.snapshot.term;
  }

  entry(index: LogIndex): LogEntry | undefined {
    return this.#entries[index - this.snapshot.index - 1];
  }

  /** Undefined beyond the end, and for what only the snapshot knows. */
  termAt(index: LogIndex): Term | undefined {
    return index === this.snapshot.index ? this.snapshot.term : this.entry(index)?.term;
  }

  slice(from: LogIndex, count = Number.POSITIVE_INFINITY): LogEntry[] {
    const start = from - this.snapshot.index - 1;
    return this.#entries.slice(start, start + count);
  }

  /** Makes `entries` the end of the log, from `from` on. */
  replaceFrom(from: LogIndex, entries: readonly LogEntry[]): void {
    this.#entries.length = from - this.snapshot.index - 1;
    for (const entry of entries) this.#entries.push(entry);
  }

  /** Puts the snapshot in place of what it covers, and drops the rest if that does not agree with it. */
  compact(snapshot: Snapshot): void {
    const agrees = this.termAt(snapshot.index) === snapshot.term;
    this.#entries = agrees ? this.slice(snapshot.index + 1) : [];
    this.snapshot = snapshot;
  }
}

// ── The node ────────────────────────────────────────────────────────────────────────────────────

/** A refusal also says where to look next, so that a leader can skip whole terms (§5.3, end). */
interface AppendReply extends AppendEntriesReply {
  /** The first index of `conflictTerm` in the follower's log; without it, the index after its end. */
  readonly conflictIndex?: LogIndex;
  readonly conflictTerm?: Term;
}

/** What a leader knows about another node; made anew in each election. */
interface Follower {
  readonly id: NodeId;
  /** A guess: the next entry to send. */
  nextIndex: LogIndex;
  /** A fact: up to here the follower's durable log is the leader's. Commitment rests on it. */
  matchIndex: LogIndex;
  /** When the entries or the snapshot under way were sent; −∞ when none are. */
  sentMs: number;
  /** When the last reply came. */
  heardMs: number;
  /** The latest round of heartbeats that it answered. */
  round: number;
}

interface Read {
  readonly index: LogIndex;
  readonly round: number;
  readonly resolve: (index: LogIndex | null) => void;
}

export default class Raft implements RaftNode {
  readonly #node: RaftContext;
  readonly #majority: number;
  readonly #journal: Journal;

  // Persistent (Figure 2): every change goes into the journal too.
  #term: Term = 0;
  #votedFor: NodeId | null = null;
  readonly #log = new Log();

  // Volatile.
  #role: Role = 'follower';
  #commitIndex: LogIndex = 0;
  #lastApplied: LogIndex = 0;
  #durableSnapshotIndex: LogIndex = 0;
  #leaderHeardMs = Number.NEGATIVE_INFINITY;
  #electionTimer: ReturnType<typeof setTimeout> | undefined;
  #halted = false;
  #open: () => void = () => {};
  /** Requests wait for this: for the end of recovery and, if the disk has failed, forever. */
  #ready = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  // Volatile, of a leader.
  #followers: Follower[] = [];
  /** The leader's own matchIndex: up to here its log is on its disk. */
  #durableIndex: LogIndex = 0;
  #noopIndex: LogIndex = 0;
  #heartbeatTimer: ReturnType<typeof setInterval> | undefined;
  #round = 0;
  #reads: Read[] = [];

  constructor(node: RaftContext) {
    this.#node = node;
    this.#majority = Math.floor((node.peers.length + 1) / 2) + 1;
    this.#journal = new Journal(
      node.disk,
      () => [
        { kind: 'snapshot', snapshot: this.#log.snapshot },
        { kind: 'term', term: this.#term, votedFor: this.#votedFor },
        {
          kind: 'entries',
          from: this.#log.snapshot.index + 1,
          entries: this.#log.slice(this.#log.snapshot.index + 1),
        },
      ],
      (error) => this.#halt(error),
    );
    node.serve('requestVote', (args) => this.#onRequestVote(args));
    node.serve('preVote', (args) => this.#onPreVote(args));
    node.serve('appendEntries', (args) => this.#onAppendEntries(args));
    node.serve('installSnapshot', (args) => this.#onInstallSnapshot(args));
  }

  async start(): Promise<void> {
    try {
      for (const change of await this.#journal.read()) this.#replay(change);
    } catch (error) {
      this.#halt(error);
      return;
    }
    // What was read may be only in the cache, and may end in a broken line. A fresh journal cures
    // both, and a crash while it is written leaves the old one.
    this.#journal.rewrite();
    await this.#journal.sync();
    this.#durableSnapshotIndex = this.#log.snapshot.index;
    this.#advanceCommit(this.#log.snapshot.index);
    this.#resetElectionTimer();
    this.#open();
  }

  inspect(): RaftState {
    return {
      role: this.#role,
      term: this.#term,
      votedFor: this.#votedFor,
      commitIndex: this.#commitIndex,
      lastApplied: this.#lastApplied,
      lastLogIndex: this.#log.lastIndex,
    };
  }

  #replay(change: Change): void {
    if (change.kind === 'snapshot') this.#log.compact(change.snapshot);
    else if (change.kind === 'entries') this.#log.replaceFrom(change.from, change.entries);
    else {
      this.#term = change.term;
      this.#votedFor = change.votedFor;
    }
  }

  /** The disk has failed. Nothing that this node says could be relied on, so it says nothing more. */
  #halt(error: unknown): void {
    this.#node.log('halted:', error instanceof Error ? error.message : error);
    this.#halted = true;
    this.#ready = new Promise(() => {});
    this.#becomeFollower(this.#term);
    clearTimeout(this.#electionTimer);
  }

  // ── Terms and roles (§5.1) ────────────────────────────────────────────────────────────────────

  #setTerm(term: Term, votedFor: NodeId | null): void {
    this.#term = term;
    this.#votedFor = votedFor;
    this.#journal.add({ kind: 'term', term, votedFor });
  }

  #becomeFollower(term: Term): void {
    if (term > this.#term) this.#setTerm(term, null);
    if (this.#role === 'leader') {
      clearInterval(this.#heartbeatTimer);
      this.#followers = [];
      for (const read of this.#reads.splice(0)) read.resolve(null);
      this.#resetElectionTimer(); // A leader has none.
    }
    this.#role = 'follower';
  }

  #isLeaderOf(term: Term): boolean {
    return this.#role === 'leader' && this.#term === term;
  }

  // ── Elections (§5.2, §5.4.1, thesis §9.6) ─────────────────────────────────────────────────────

  /** Random, so that two nodes rarely time out together and split the vote (§5.2). */
  #resetElectionTimer(): void {
    clearTimeout(this.#electionTimer);
    if (this.#halted) return;
    const delayMs = ELECTION_MS_MIN + Math.random() * (ELECTION_MS_MAX - ELECTION_MS_MIN);
    this.#electionTimer = setTimeout(() => void this.#campaign(), delayMs);
  }

  async #campaign(): Promise<void> {
    this.#resetElectionTimer(); // A campaign that comes to nothing is followed by another.

    // A node that was cut off would come back with a high term and depose a good leader. So it
    // asks first, and raises its term only if it could win.
    const oldTerm = this.#term;
    await this.#poll('preVote', oldTerm + 1);
    if (this.#term !== oldTerm || this.#role === 'leader') return;
    if (this.#hearsLeader() || this.#halted) return;

    const term = oldTerm + 1;
    this.#role = 'candidate';
    this.#setTerm(term, this.#node.id);
    this.#resetElectionTimer();
    await this.#journal.sync(); // A vote for oneself is a vote: forgotten, it could be given twice.
    if (this.#term !== term || this.#role !== 'candidate') return;

    await this.#poll('requestVote', term);
    if (this.#term !== term || this.#role !== 'candidate') return;
    this.#becomeLeader();
  }

  /** Resolves when a majority says yes. Else never; the election timer then brings another try. */
  #poll(method: 'preVote' | 'requestVote', term: Term): Promise<void> {
    const args: RequestVoteArgs = {
      term,
      candidateId: this.#node.id,
      lastLogIndex: this.#log.lastIndex,
      lastLogTerm: this.#log.lastTerm,
    };
    return new Promise((resolve) => {
      let votes = 1;
      if (votes >= this.#majority) resolve();
      for (const peer of this.#node.peers) {
        this.#node.call(peer, method, args, { timeoutMs: CALL_MS }).then(
          (reply) => {
            if (reply.term > this.#term) this.#becomeFollower(reply.term);
            if (reply.voteGranted) votes += 1;
            if (votes >= this.#majority) resolve();
          },
          () => {}, // No reply is no vote.
        );
      }
    });
  }

  async #onRequestVote(args: RequestVoteArgs): Promise<RequestVoteReply> {
    await this.#ready;
    if (args.term > this.#term) this.#becomeFollower(args.term);
    const voteGranted =
      args.term === this.#term &&
      (this.#votedFor === null || this.#votedFor === args.candidateId) &&
      this.#isUpToDate(args);
    if (voteGranted) {
      if (this.#votedFor === null) this.#setTerm(this.#term, args.candidateId);
      this.#resetElectionTimer();
    }
    const reply = { term: this.#term, voteGranted };
    await this.#journal.sync();
    return reply;
  }

  /** Would this node vote for the candidate? Not while it hears a leader (thesis §9.6, §4.2.3). */
  async #onPreVote(args: RequestVoteArgs): Promise<RequestVoteReply> {
    await this.#ready;
    const voteGranted =
      args.term > this.#term &&
      this.#role !== 'leader' &&
      !this.#hearsLeader() &&
      this.#isUpToDate(args);
    const reply = { term: this.#term, voteGranted };
    await this.#journal.sync();
    return reply;
  }

  /** Is the candidate's log at least as up to date as this one (§5.4.1)? The last term decides. */
  #isUpToDate(args: RequestVoteArgs): boolean {
    return args.lastLogTerm === this.#log.lastTerm
      ? args.lastLogIndex >= this.#log.lastIndex
      : args.lastLogTerm > this.#log.lastTerm;
  }

  #hearsLeader(): boolean {
    return performance.now() - this.#leaderHeardMs < ELECTION_MS_MIN;
  }

  #becomeLeader(): void {
    this.#role = 'leader';
    clearTimeout(this.#electionTimer);
    this.#followers = this.#node.peers.map((id) => ({
      id,
      nextIndex: this.#log.lastIndex + 1,
      matchIndex: 0,
      sentMs: Number.NEGATIVE_INFINITY,
      heardMs: performance.now(),
      round: 0,
    }));
    this.#durableIndex = 0;
    this.#round = 0;
    // Entries of earlier terms commit only below one of this term (§5.4.2). The no-op is that one:
    // without it they, and with them every read, would wait for the next command (§8).
    this.#noopIndex = this.#appendOwn(null);
    this.#heartbeatTimer = setInterval(() => this.#tick(), HEARTBEAT_MS);
  }

  #tick(): void {
    // Check-quorum (thesis §6.2): cut off from a majority, a leader would keep its clients waiting
    // and, where it can send but not receive, keep others from electing a leader that works.
    const heardMs = this.#reachedByMajority(Number.POSITIVE_INFINITY, (each) => each.heardMs);
    if (performance.now() - heardMs > QUORUM_MS) this.#becomeFollower(this.#term);
    else this.#heartbeat();
  }

  #heartbeat(): void {
    this.#round += 1;
    for (const follower of this.#followers) this.#replicate(follower, true);
  }

  // ── Replication, the leader's side (§5.3) ─────────────────────────────────────────────────────

  propose(command: Command): Proposal {
    if (this.#role !== 'leader') return { isLeader: false, term: this.#term, index: 0 };
    return { isLeader: true, term: this.#term, index: this.#appendOwn(command) };
  }

  #appendOwn(command: Command | null): LogIndex {
    const term = this.#term;
    const index = this.#log.lastIndex + 1;
    this.#appendFrom(index, [{ term, command }]);
    // The followers' disks and this one write at the same time (thesis §10.2.1).
    void Promise.resolve().then(() => {
      if (!this.#isLeaderOf(term)) return;
      for (const follower of this.#followers) this.#replicate(follower);
    });
    void this.#journal.sync().then(() => {
      if (!this.#isLeaderOf(term)) return;
      this.#durableIndex = Math.max(this.#durableIndex, index);
      this.#countReplicas();
    });
    return index;
  }

  #appendFrom(from: LogIndex, entries: readonly LogEntry[]): void {
    this.#log.replaceFrom(from, entries);
    this.#journal.add({ kind: 'entries', from, entries });
  }

  /**
   * Sends what this follower lacks, unless the last such message is still under way: so each entry
   * travels once, and the entries that come meanwhile travel together. A heartbeat always goes.
   */
  #replicate(follower: Follower, isHeartbeat = false): void {
    const { snapshot, lastIndex } = this.#log;
    const isWaiting = performance.now() - follower.sentMs < RESEND_MS;
    if (!isHeartbeat && (isWaiting || follower.nextIndex > lastIndex)) return;
    if (!isWaiting && follower.nextIndex <= snapshot.index) {
      this.#sendSnapshot(follower);
      return;
    }
    const prevLogIndex = Math.max(follower.nextIndex - 1, snapshot.index);
    const args: AppendEntriesArgs = {
      term: this.#term,
      leaderId: this.#node.id,
      prevLogIndex,
      prevLogTerm: this.#log.termAt(prevLogIndex) ?? 0,
      entries: isWaiting ? [] : this.#log.slice(prevLogIndex + 1, ENTRIES_PER_MESSAGE_MAX),
      leaderCommit: this.#commitIndex,
    };
    const call = this.#node.call(follower.id, 'appendEntries', args, { timeoutMs: CALL_MS });
    this.#afterReply(follower, call, args.entries.length > 0, (reply: AppendReply) => {
      // Only what was sent is known: the log may have grown since, and replies overtake one another.
      if (reply.success) this.#matched(follower, prevLogIndex + args.entries.length);
      else if (prevLogIndex > follower.matchIndex) this.#backOff(follower, prevLogIndex, reply);
    });
  }

  #sendSnapshot(follower: Follower): void {
    const { index, term, data } = this.#log.snapshot;
    const args: InstallSnapshotArgs = {
      term: this.#term,
      leaderId: this.#node.id,
      lastIncludedIndex: index,
      lastIncludedTerm: term,
      data,
    };
    const call = this.#node.call(follower.id, 'installSnapshot', args, { timeoutMs: CALL_MS });
    this.#afterReply(follower, call, true, () => this.#matched(follower, index));
  }

  /** What all replies from a follower have in common; `use` sees only those that still count. */
  #afterReply<Reply extends { readonly term: Term }>(
    follower: Follower,
    call: Promise<Reply>,
    carriesLog: boolean,
    use: (reply: Reply) => void,
  ): void {
    const term = this.#term;
    const round = this.#round;
    const sentMs = performance.now();
    if (carriesLog) follower.sentMs = sentMs;
    const arrived = () => {
      if (carriesLog && follower.sentMs === sentMs) follower.sentMs = Number.NEGATIVE_INFINITY;
    };
    call.then((reply) => {
      arrived();
      if (reply.term > this.#term) this.#becomeFollower(reply.term);
      if (!this.#isLeaderOf(term)) return; // It answers a leader that is no more.
      follower.heardMs = performance.now();
      follower.round = Math.max(follower.round, round);
      use(reply);
      this.#answerReads();
      this.#replicate(follower);
    }, arrived); // Unknown outcome. Everything sent may be sent again: the next heartbeat sees to it.
  }

  #matched(follower: Follower, index: LogIndex): void {
    follower.matchIndex = Math.max(follower.matchIndex, index);
    follower.nextIndex = Math.max(follower.nextIndex, index + 1);
    this.#countReplicas();
  }

  /** Goes back to this log's last entry of the conflicting term or, if none, before all of it (§5.3). */
  #backOff(follower: Follower, prevLogIndex: LogIndex, reply: AppendReply): void {
    const { conflictIndex, conflictTerm } = reply;
    if (conflictIndex === undefined) return;
    let next = conflictIndex;
    if (conflictTerm !== undefined) {
      let index = prevLogIndex;
      while ((this.#log.termAt(index) ?? 0) > conflictTerm) index -= 1;
      if (this.#log.termAt(index) === conflictTerm) next = index + 1;
    }
    // A refusal that comes late, or twice, must not undo what has been learnt since.
    follower.nextIndex = Math.max(follower.matchIndex + 1, Math.min(follower.nextIndex, next));
  }

  // ── Replication, the follower's side (§5.3) ───────────────────────────────────────────────────

  async #onAppendEntries(args: AppendEntriesArgs): Promise<AppendReply> {
    await this.#ready;
    let reply: AppendReply = { term: this.#term, success: false };
    if (args.term >= this.#term) {
      this.#follow(args.term);
      reply = this.#takeEntries(args);
    }
    await this.#journal.sync();
    // A newer leader may have replaced the entries meanwhile: then they are not confirmed.
    return this.#term === reply.term ? reply : { term: reply.term, success: false };
  }

  /** A message from the leader of this term: a candidate has lost (§5.2), and the timer starts anew. */
  #follow(term: Term): void {
    if (this.#isLeaderOf(term)) throw new Error(`two leaders in term ${term}`);
    this.#becomeFollower(term);
    this.#leaderHeardMs = performance.now();
    this.#resetElectionTimer();
  }

  #takeEntries({
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit,
  }: AppendEntriesArgs): AppendReply {
    const term = this.#term;
    const { snapshot, lastIndex } = this.#log;
    if (prevLogIndex > lastIndex) return { term, success: false, conflictIndex: lastIndex + 1 };
    const conflictTerm = this.#log.termAt(prevLogIndex);
    // Below the snapshot everything is committed, so it agrees.
    if (prevLogIndex >= snapshot.index && conflictTerm !== prevLogTerm) {
      let conflictIndex = prevLogIndex;
      while (this.#log.entry(conflictIndex - 1)?.term === conflictTerm) conflictIndex -= 1;
      return { term, success: false, conflictIndex, conflictTerm };
    }
    // Only a real conflict may cut the log: this message may be older than what was confirmed since.
    const firstNew = entries.findIndex((entry, at) => {
      const index = prevLogIndex + 1 + at;
      return index > snapshot.index && this.#log.termAt(index) !== entry.term;
    });
    if (firstNew >= 0) {
      const from = prevLogIndex + 1 + firstNew;
      if (from <= this.#commitIndex)
        throw new Error(`entry ${from} is committed, not to be replaced`);
      this.#appendFrom(from, entries.slice(firstNew));
    }
    // No further than this message vouches for: beyond it, the log may be another leader's.
    this.#advanceCommit(Math.min(leaderCommit, prevLogIndex + entries.length));
    return { term, success: true };
  }

  // ── Commitment (§5.3, §5.4.2) ─────────────────────────────────────────────────────────────────

  /** The greatest value that a majority has reached, counting this node with `own`. */
  #reachedByMajority(own: number, pick: (follower: Follower) => number): number {
    const values = [own, ...this.#followers.map(pick)].sort((a, b) => b - a);
    return values[this.#majority - 1] ?? Number.NEGATIVE_INFINITY;
  }

  #countReplicas(): void {
    const index = this.#reachedByMajority(this.#durableIndex, (each) => each.matchIndex);
    // An entry of an earlier term can be on a majority and still be replaced (Figure 8). One of
    // this term cannot, and commits all before it.
    if (index <= this.#commitIndex || this.#log.termAt(index) !== this.#term) return;
    this.#advanceCommit(index);
    this.#answerReads();
  }

  #advanceCommit(index: LogIndex): void {
    this.#commitIndex = Math.max(this.#commitIndex, index);
    const { snapshot } = this.#log;
    if (this.#lastApplied < snapshot.index) {
      if (this.#durableSnapshotIndex < snapshot.index) return; // Called again once it is written.
      this.#node.emit('restore', snapshot);
      this.#lastApplied = snapshot.index;
    }
    while (this.#lastApplied < this.#commitIndex) {
      const entry = this.#log.entry(this.#lastApplied + 1);
      if (entry === undefined) throw new Error(`no entry ${this.#lastApplied + 1} to apply`);
      this.#lastApplied += 1;
      this.#node.emit('apply', { index: this.#lastApplied, ...entry });
    }
  }

  // ── Snapshots (§7) ────────────────────────────────────────────────────────────────────────────

  snapshot(index: LogIndex, data: string): void {
    const term = this.#log.termAt(index);
    if (index <= this.#log.snapshot.index || index > this.#lastApplied) return;
    if (term === undefined) throw new Error(`no entry ${index} to put into a snapshot`);
    this.#log.compact({ index, term, data });
    this.#journal.rewrite();
  }

  async #onInstallSnapshot(args: InstallSnapshotArgs): Promise<InstallSnapshotReply> {
    await this.#ready;
    const reply = { term: Math.max(this.#term, args.term) };
    if (args.term >= this.#term) {
      this.#follow(args.term);
      const { lastIncludedIndex: index, lastIncludedTerm: term, data } = args;
      // Late or twice, it would set the log back, and add nothing to what is committed here.
      if (index > this.#commitIndex) {
        this.#log.compact({ index, term, data });
        this.#commitIndex = index;
        this.#journal.rewrite();
        await this.#journal.sync();
        this.#durableSnapshotIndex = Math.max(this.#durableSnapshotIndex, index);
        this.#advanceCommit(index);
      }
    }
    await this.#journal.sync();
    return reply;
  }

  // ── Reads (§8, thesis §6.4) ───────────────────────────────────────────────────────────────────

  /**
   * A leader's commitIndex covers all that is committed, if two things hold: it is still leader,
   * which a round of heartbeats begun after the question shows; and it has committed in its own
   * term, before which it does not know how far its predecessors got. Hence not below the no-op.
   */
  readIndex(): Promise<LogIndex | null> {
    if (this.#role !== 'leader') return Promise.resolve(null);
    return new Promise((resolve) => {
      const index = Math.max(this.#commitIndex, this.#noopIndex);
      this.#reads.push({ index, round: this.#round + 1, resolve });
      // Reads that come while a round is under way share the next one.
      if (this.#reads.length === 1) this.#heartbeat();
      this.#answerReads();
    });
  }

  #answerReads(): void {
    if (this.#reads.length === 0) return;
    const round = this.#reachedByMajority(this.#round, (each) => each.round);
    const isKnown = (read: Read) => read.round <= round && read.index <= this.#commitIndex;
    const known = this.#reads.filter(isKnown);
    if (known.length === 0) return;
    this.#reads = this.#reads.filter((read) => !isKnown(read));
    for (const read of known) read.resolve(read.index);
    if (this.#reads.length > 0) this.#heartbeat();
  }
}
