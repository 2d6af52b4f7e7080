/**
 * The contract of the Raft lab: what your class offers to the grader, what the nodes say to each
 * other, and what they report. The names are those of Figure 2 of "In Search of an Understandable
 * Consensus Algorithm (Extended Version)" (Ongaro and Ousterhout, 2014), in camelCase.
 *
 * Given: the grader replaces this file with its own copy. Messages may carry more fields than are
 * listed here, and you may add RPCs; what is listed must mean what the paper says it means, because
 * the grader reads the wire.
 */
import type { NodeContext, NodeId } from 'faultlab/node';

/** Terms are consecutive integers (§5.1). The first election is for term 1. */
export type Term = number;

/** The position of an entry in the log. The first entry has index 1; 0 stands for "before the log". */
export type LogIndex = number;

/** What a client asks the state machine to do. Opaque to Raft; copied, never interpreted. */
export type Command = string;

/** One entry of the log. A leader may add entries of its own with `command: null` (a no-op, §8). */
export interface LogEntry {
  readonly term: Term;
  readonly command: Command | null;
}

/** Arguments of RequestVote (Figure 2), also of the pre-vote RPC (part E). */
export interface RequestVoteArgs {
  readonly term: Term;
  readonly candidateId: NodeId;
  readonly lastLogIndex: LogIndex;
  readonly lastLogTerm: Term;
}

export interface RequestVoteReply {
  readonly term: Term;
  readonly voteGranted: boolean;
}

/** Arguments of AppendEntries (Figure 2). Heartbeats are AppendEntries without entries. */
export interface AppendEntriesArgs {
  readonly term: Term;
  readonly leaderId: NodeId;
  readonly prevLogIndex: LogIndex;
  readonly prevLogTerm: Term;
  readonly entries: readonly LogEntry[];
  readonly leaderCommit: LogIndex;
}

export interface AppendEntriesReply {
  readonly term: Term;
  /** True when the follower's log now agrees with the leader's up to prevLogIndex + entries.length. */
  readonly success: boolean;
}

/** Arguments of InstallSnapshot (Figure 13). The whole snapshot travels in one message. */
export interface InstallSnapshotArgs {
  readonly term: Term;
  readonly leaderId: NodeId;
  readonly lastIncludedIndex: LogIndex;
  readonly lastIncludedTerm: Term;
  readonly data: string;
}

export interface InstallSnapshotReply {
  readonly term: Term;
}

/** What nodes call on each other. */
export interface RaftRpcs {
  requestVote(args: RequestVoteArgs): RequestVoteReply;
  appendEntries(args: AppendEntriesArgs): AppendEntriesReply;
  installSnapshot(args: InstallSnapshotArgs): InstallSnapshotReply;
  /**
   * Part E (thesis §9.6): "would you vote for me?". `term` is the term that the candidate would
   * campaign in. Changes no state on either side; `term` in the reply is the voter's current term.
   */
  preVote(args: RequestVoteArgs): RequestVoteReply;
}

/** What a node reports to the grader, which plays the state machine. */
export interface RaftOutputs {
  /**
   * This committed entry is to be applied now. Each index exactly once per life of the node, in
   * order and without gaps, no-ops included. After a restart, applying starts over: from the
   * snapshot if there is one (see `restore`), else from index 1.
   */
  apply: { readonly index: LogIndex; readonly term: Term; readonly command: Command | null };
  /**
   * The state machine is to be replaced by this snapshot, which covers the log up to `index`: on
   * a boot with a snapshot on disk, and after an InstallSnapshot that is ahead of what was applied.
   */
  restore: { readonly index: LogIndex; readonly term: Term; readonly data: string };
}

export type RaftContext = NodeContext<RaftRpcs, RaftOutputs>;

export type Role = 'follower' | 'candidate' | 'leader';

/** What `inspect` returns. Read by the grader after every event; must have no effect. */
export interface RaftState {
  readonly role: Role;
  readonly term: Term;
  readonly votedFor: NodeId | null;
  readonly commitIndex: LogIndex;
  readonly lastApplied: LogIndex;
  /** The index of the last entry in the log, counting what a snapshot replaced; 0 when empty. */
  readonly lastLogIndex: LogIndex;
}

/** The answer to `propose`. */
export interface Proposal {
  readonly isLeader: boolean;
  readonly term: Term;
  /** Where the command will stand if it is ever committed. Meaningless when `isLeader` is false. */
  readonly index: LogIndex;
}

/** What your class offers. `new Raft(context)` is followed at once by `start()`. */
export interface RaftNode {
  /**
   * Called once per boot, after the constructor. Reads what an earlier life left on the disk, then
   * takes part. Requests may arrive before its promise resolves: the node may leave them waiting,
   * but must not answer from state that it has not read yet.
   */
  start(): Promise<void>;

  /**
   * Asks this node to replicate a command. Returns at once, before anything is committed. A node
   * that does not believe that it leads returns `isLeader: false` and does nothing else.
   */
  propose(command: Command): Proposal;

  /** The state as of now. Called after every event, also before `start` has finished. */
  inspect(): RaftState;

  /**
   * Part D (§7). The state machine has put everything up to and including `index` into `data`; the
   * log up to there can go. `index` has been applied on this node. Returns at once; the node
   * persists it when it can. A call for an index at or below the latest snapshot changes nothing.
   */
  snapshot(index: LogIndex, data: string): void;

  /**
   * Part E (thesis §6.4, "ReadIndex"). Resolves to an index such that a state machine that has
   * applied up to it holds every command committed before this call; or to null when this node is
   * not, or is no longer, a leader that can know. Must write nothing to the log.
   */
  readIndex(): Promise<LogIndex | null>;
}
