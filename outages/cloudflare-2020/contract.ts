/**
 * The contract of the outage: the members of a store that agree by Raft, what the rules of their elections
 * see and can do, and what a trigger may say. Given; the grader uses its own copy. Names are those of Figure
 * 2 of "In Search of an Understandable Consensus Algorithm (Extended Version)".
 */
import type { NodeContext, NodeId } from 'faultlab/node';

export type Term = number;

/** Where a log ends; before the first entry both are 0. */
export interface LogEnd {
  readonly lastLogIndex: number;
  readonly lastLogTerm: Term;
}

/** A report that was written; `''` is the entry with which a leader begins its term. */
export interface Entry {
  readonly term: Term;
  readonly report: string;
}

export interface RequestVoteArgs extends LogEnd {
  readonly term: Term;
}

export interface AppendEntriesArgs {
  readonly term: Term;
  readonly prevLogIndex: number;
  readonly prevLogTerm: Term;
  readonly entries: readonly Entry[];
  readonly leaderCommit: number;
}

export interface MemberRpcs {
  requestVote(args: RequestVoteArgs): { readonly term: Term; readonly voteGranted: boolean };
  /** `matchIndex`: up to here the logs agree; when refused, up to here they may. */
  appendEntries(args: AppendEntriesArgs): {
    readonly term: Term;
    readonly success: boolean;
    readonly matchIndex: number;
  };
  /** What the elections of two members say to each other: plain data, yours to choose. */
  ask(args: { readonly question: unknown }): { readonly answer: unknown };
  /** Called by a database: answered when the report is committed, or refused. */
  write(args: { readonly report: string }): {
    readonly ok: boolean;
    readonly leader: NodeId | null;
  };
}

/** What nodes report to the grader. */
export interface MemberOutputs {
  campaigns: { readonly term: Term };
  leads: { readonly term: Term };
  /** A leader leads no more; `term`: the higher one that it has seen, or its own when it resigned. */
  deposed: { readonly term: Term };
}
export interface DatabaseOutputs {
  reported: { readonly report: string; readonly to: NodeId };
  failed: { readonly report: string };
  /** The replica is the primary now, though the old one was well. */
  promoted: { readonly writtenPercent: number };
}

export type MemberContext = NodeContext<MemberRpcs, MemberOutputs>;
export type DatabaseContext = NodeContext<MemberRpcs, DatabaseOutputs>;

/** What `Election` in `election.ts` sees of its member, as of now, and can do. */
export interface Self {
  readonly id: NodeId;
  readonly peers: readonly NodeId[];
  /** How many members are a majority, this one included. */
  readonly majority: number;
  readonly isLeader: boolean;
  readonly term: Term;
  readonly logEnd: LogEnd;
  /** Is a log that ends there at least as up to date as this one (§5.4.1)? */
  isUpToDate(other: LogEnd): boolean;
  /** Time since another member was last heard as the leader, in ms; Infinity before the first time. */
  readonly leaderSilentMs: number;
  /** On a leader: time since this peer last answered, or since the election. Elsewhere Infinity. */
  answeredAgoMs(peer: NodeId): number;
  /** Resolves to what `answer` of a peer's `Election` returns; undefined when nothing comes in 500 ms. */
  ask(peer: NodeId, question: unknown): Promise<unknown>;
  /** Becomes a candidate of the next term, and asks all others for their votes (§5.2). */
  campaign(): void;
  /** A leader becomes a follower, in the same term. */
  resign(): void;
}

/** What a member asks its `Election`. Safety – one vote per term, §5.4.1 – it sees to itself. */
export interface Rules {
  /** The range, in ms, from which each election timeout is drawn; a leader sends every 100 ms. */
  readonly timeoutMs: readonly [number, number];
  /** A timeout has passed with no word from a leader and no vote given; the next one has begun. */
  onTimeout(): void;
  /** False: a request for a vote is left unread, and so is its term. */
  considers(args: RequestVoteArgs, from: NodeId): boolean;
  /** On a leader, every 100 ms, before it sends. */
  onHeartbeat(): void;
  /** What `ask` of a peer resolves to there. */
  answer(question: unknown, from: NodeId): unknown;
}

/** One thing that happens, from `atMs` until `forMs` later. Virtual time. Members are given by number. */
export type Disturbance =
  /** The switch drops what goes from `n<a>` to `n<b>` and back. */
  | {
      readonly do: 'cut';
      readonly a: number;
      readonly b: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** All links of `n<a>` are dead. */
  | { readonly do: 'isolate'; readonly a: number; readonly atMs: number; readonly forMs: number }
  /** `n<a>` hangs, and later goes on where it was. */
  | { readonly do: 'hang'; readonly a: number; readonly atMs: number; readonly forMs: number }
  /** Every message between members takes this long. */
  | { readonly do: 'slow'; readonly byMs: number; readonly atMs: number; readonly forMs: number };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
