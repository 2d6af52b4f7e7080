/**
 * A member of the store: Raft as in Figure 2, except for the rules of its elections, which are in
 * `election.ts`. What is on disk elsewhere is in memory here, for members hang and are cut off, but do not
 * lose it. Every 100 ms a leader sends the others what they lack; it acknowledges a report when a majority
 * has it.
 */
import { RpcError } from 'faultlab/node';
import type {
  AppendEntriesArgs,
  Entry,
  LogEnd,
  MemberContext,
  MemberRpcs,
  RequestVoteArgs,
  Self,
  Term,
} from '../contract.ts';
import { Election } from '../election.ts';

const HEARTBEAT_MS = 100;
const TIMEOUT = { timeoutMs: 500 };
const ENTRIES_MAX = 100;

interface Follower {
  nextIndex: number;
  matchIndex: number;
  answeredAtMs: number;
}

interface Waiting {
  readonly index: number;
  readonly done: (ok: boolean) => void;
}

export class Member {
  readonly #node: MemberContext;
  readonly #majority: number;
  readonly #election: Election;
  #term: Term = 0;
  #votedFor: string | null = null;
  readonly #log: Entry[] = [];
  #commitIndex = 0;
  #leader: string | null = null;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #isCandidate = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeats: ReturnType<typeof setInterval> | undefined;
  /** A leader's; undefined elsewhere. */
  #followers: Map<string, Follower> | undefined;
  #waiting: Waiting[] = [];

  constructor(node: MemberContext) {
    this.#node = node;
    this.#majority = Math.floor((node.peers.length + 1) / 2) + 1;
    this.#election = new Election(this.#self());
    node.serve('requestVote', (args, from) => this.#onRequestVote(args, from));
    node.serve('appendEntries', (args, from) => this.#onAppendEntries(args, from));
    node.serve('ask', ({ question }, from) => {
      return { answer: this.#election.answer(question, from) ?? null };
    });
    node.serve('write', ({ report }) => this.#onWrite(report));
  }

  start(): void {
    this.#resetTimer();
  }

  inspect() {
    const role = this.#isLeader ? 'leader' : this.#isCandidate ? 'candidate' : 'follower';
    return { role, term: this.#term, commitIndex: this.#commitIndex };
  }

  get #isLeader(): boolean {
    return this.#followers !== undefined;
  }

  get #logEnd(): LogEnd {
    return { lastLogIndex: this.#log.length, lastLogTerm: this.#log.at(-1)?.term ?? 0 };
  }

  /** What the rules of the elections get to see of this member. */
  #self(): Self {
    const member = this;
    return {
      id: this.#node.id,
      peers: this.#node.peers,
      majority: this.#majority,
      get isLeader() {
        return member.#isLeader;
      },
      get term() {
        return member.#term;
      },
      get logEnd() {
        return member.#logEnd;
      },
      get leaderSilentMs() {
        return performance.now() - member.#heardAtMs;
      },
      isUpToDate: (other) => this.#isUpToDate(other),
      answeredAgoMs: (peer) => {
        const answeredAtMs = this.#followers?.get(peer)?.answeredAtMs;
        return performance.now() - (answeredAtMs ?? Number.NEGATIVE_INFINITY);
      },
      ask: async (peer, question) => (await this.#call(peer, 'ask', { question }))?.answer,
      campaign: () => void this.#campaign(),
      resign: () => {
        if (this.#isLeader) this.#becomeFollower(this.#term);
      },
    };
  }

  // ── Elections (§5.2, §5.4.1) ──────────────────────────────────────────────────────────────────

  #resetTimer(): void {
    clearTimeout(this.#timer);
    const [min, max] = this.#election.timeoutMs;
    const onTimeout = () => {
      this.#resetTimer();
      if (!this.#isLeader) this.#election.onTimeout();
    };
    this.#timer = setTimeout(onTimeout, min + Math.random() * (max - min));
  }

  #becomeFollower(term: Term): void {
    if (this.#isLeader) {
      this.#node.emit('deposed', { term });
      clearInterval(this.#heartbeats);
      this.#followers = undefined;
      this.#leader = null;
      for (const { done } of this.#waiting.splice(0)) done(false);
      this.#resetTimer();
    }
    if (term > this.#term) {
      this.#term = term;
      this.#votedFor = null;
    }
    this.#isCandidate = false;
  }

  async #campaign(): Promise<void> {
    if (this.#isLeader) return;
    const term = this.#term + 1;
    this.#becomeFollower(term);
    this.#isCandidate = true;
    this.#votedFor = this.#node.id;
    this.#node.emit('campaigns', { term });
    let votes = 1;
    const args = { term, ...this.#logEnd };
    for (const peer of this.#node.peers) {
      void this.#call(peer, 'requestVote', args).then((reply) => {
        if (reply === undefined) return;
        if (reply.term > this.#term) this.#becomeFollower(reply.term);
        if (reply.voteGranted) votes++;
        if (votes === this.#majority && this.#isCandidate && this.#term === term) this.#lead();
      });
    }
  }

  #onRequestVote(args: RequestVoteArgs, from: string) {
    if (!this.#election.considers(args, from)) return { term: this.#term, voteGranted: false };
    if (args.term > this.#term) this.#becomeFollower(args.term);
    const voteGranted =
      args.term === this.#term &&
      (this.#votedFor === null || this.#votedFor === from) &&
      this.#isUpToDate(args);
    if (voteGranted) {
      this.#votedFor = from;
      this.#resetTimer();
    }
    return { term: this.#term, voteGranted };
  }

  #isUpToDate({ lastLogTerm, lastLogIndex }: LogEnd): boolean {
    const own = this.#logEnd;
    if (lastLogTerm !== own.lastLogTerm) return lastLogTerm > own.lastLogTerm;
    return lastLogIndex >= own.lastLogIndex;
  }

  #lead(): void {
    const first = {
      nextIndex: this.#log.length + 1,
      matchIndex: 0,
      answeredAtMs: performance.now(),
    };
    this.#followers = new Map(this.#node.peers.map((peer) => [peer, { ...first }]));
    this.#isCandidate = false;
    this.#leader = this.#node.id;
    this.#log.push({ term: this.#term, report: '' });
    this.#node.emit('leads', { term: this.#term });
    this.#heartbeats = setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
    this.#heartbeat();
  }

  // ── The log (§5.3, §5.4.2) ────────────────────────────────────────────────────────────────────

  #onWrite(report: string): Promise<{ ok: boolean; leader: string | null }> {
    if (!this.#isLeader) return Promise.resolve({ ok: false, leader: this.#leader });
    const index = this.#log.push({ term: this.#term, report });
    return new Promise((resolve) => {
      this.#waiting.push({ index, done: (ok) => resolve({ ok, leader: this.#leader }) });
    });
  }

  #heartbeat(): void {
    this.#election.onHeartbeat();
    for (const [peer, follower] of this.#followers ?? []) void this.#replicate(peer, follower);
  }

  async #replicate(peer: string, follower: Follower): Promise<void> {
    const term = this.#term;
    const prevLogIndex = follower.nextIndex - 1;
    const args: AppendEntriesArgs = {
      term,
      prevLogIndex,
      prevLogTerm: this.#log[prevLogIndex - 1]?.term ?? 0,
      entries: this.#log.slice(prevLogIndex, prevLogIndex + ENTRIES_MAX),
      leaderCommit: this.#commitIndex,
    };
    const reply = await this.#call(peer, 'appendEntries', args);
    if (reply === undefined) return;
    if (reply.term > this.#term) this.#becomeFollower(reply.term);
    if (!this.#isLeader || this.#term !== term) return;
    follower.answeredAtMs = performance.now();
    if (reply.success) {
      follower.matchIndex = Math.max(follower.matchIndex, reply.matchIndex);
      follower.nextIndex = follower.matchIndex + 1;
      this.#commit();
    } else follower.nextIndex = Math.max(follower.matchIndex, reply.matchIndex) + 1;
  }

  #onAppendEntries(args: AppendEntriesArgs, from: string) {
    if (args.term < this.#term) return { term: this.#term, success: false, matchIndex: 0 };
    this.#becomeFollower(args.term);
    this.#leader = from;
    this.#heardAtMs = performance.now();
    this.#resetTimer();
    const { term } = args;
    const { prevLogIndex, prevLogTerm, entries } = args;
    if (prevLogIndex > this.#log.length) {
      return { term, success: false, matchIndex: this.#log.length };
    }
    const conflict = this.#log[prevLogIndex - 1]?.term ?? 0;
    if (conflict !== prevLogTerm) {
      const first = this.#log.findIndex((entry) => entry.term === conflict);
      return { term, success: false, matchIndex: first };
    }
    entries.forEach((entry, i) => {
      const index = prevLogIndex + i;
      if (this.#log[index]?.term === entry.term) return;
      this.#log.length = index;
      this.#log.push(entry);
    });
    const matchIndex = prevLogIndex + entries.length;
    this.#commitIndex = Math.max(this.#commitIndex, Math.min(args.leaderCommit, matchIndex));
    return { term, success: true, matchIndex };
  }

  #commit(): void {
    const matches = [...(this.#followers?.values() ?? [])].map(({ matchIndex }) => matchIndex);
    const ofMajority =
      [this.#log.length, ...matches].sort((a, b) => b - a)[this.#majority - 1] ?? 0;
    if (ofMajority <= this.#commitIndex || this.#log[ofMajority - 1]?.term !== this.#term) return;
    this.#commitIndex = ofMajority;
    const done = this.#waiting.filter(({ index }) => index <= ofMajority);
    this.#waiting = this.#waiting.filter(({ index }) => index > ofMajority);
    for (const each of done) each.done(true);
  }

  /** Undefined when no answer came in time. */
  async #call<Method extends keyof MemberRpcs>(
    peer: string,
    method: Method,
    args: Parameters<MemberRpcs[Method]>[0],
  ): Promise<Awaited<ReturnType<MemberRpcs[Method]>> | undefined> {
    try {
      return await this.#node.call(peer, method, args, TIMEOUT);
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }
}
