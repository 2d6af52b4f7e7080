/**
 * Raft, yours to build. The algorithm is in "In Search of an Understandable Consensus Algorithm
 * (Extended Version)"; keep Figure 2 beside you. What the grader expects, exactly, is in
 * `contract.ts`; what to do in which order, in the handout.
 *
 * You may add fields, classes, files, RPCs, and fields of messages. Only the methods below, and the
 * messages of the contract, are fixed. `// TODO(A)` marks what part A needs, and so on.
 */
import { sleep } from 'faultlab/node';
import type {
  AppendEntriesArgs,
  AppendEntriesReply,
  Command,
  LogIndex,
  Proposal,
  RaftContext,
  RaftNode,
  RaftState,
  RequestVoteArgs,
  RequestVoteReply,
} from './contract.ts';

export default class Raft implements RaftNode {
  readonly #node: RaftContext;

  // TODO(A): the state that Figure 2 lists, and a role.
  // TODO(C): what Figure 2 calls persistent must be on the disk before a reply depends on it.

  /** Called once per boot. Register handlers here, so that no early request is lost. */
  constructor(node: RaftContext) {
    this.#node = node;
    node.serve('requestVote', (args) => this.#onRequestVote(args));
    node.serve('appendEntries', (args) => this.#onAppendEntries(args));
    // TODO(D): serve installSnapshot.
    // TODO(E): serve preVote.
  }

  /** Called once per boot, after the constructor. */
  async start(): Promise<void> {
    // A worked example of every mechanic; delete it when you have seen it work.
    // Disk: what is written survives a crash for certain only after fsync.
    const boots = Number((await this.#node.disk.read('boots')) ?? '0') + 1;
    await this.#node.disk.write('boots', String(boots));
    await this.#node.disk.fsync('boots');
    this.#node.log(`boot number ${boots}`); // shown by: lab replay
    // Chance and timers: both virtual, both seeded.
    setTimeout(() => this.#node.log('a timer fired'), 100 + 50 * Math.random());
    await sleep(10);
    // TODO(C): before taking part, become who you were before the crash.
    // TODO(A): a follower that hears from nobody for long enough starts an election (§5.2).
  }

  /** @see RaftNode.propose */
  propose(command: Command): Proposal {
    // TODO(B): on a leader, the command stands in its log when this returns (§5.3).
    void command;
    return { isLeader: false, term: 0, index: 0 };
  }

  /** @see RaftNode.inspect */
  inspect(): RaftState {
    // TODO(A): the truth.
    return {
      role: 'follower',
      term: 0,
      votedFor: null,
      commitIndex: 0,
      lastApplied: 0,
      lastLogIndex: 0,
    };
  }

  /** @see RaftNode.snapshot */
  snapshot(index: LogIndex, data: string): void {
    // TODO(D): the log up to `index` is no longer needed (§7).
    void index;
    void data;
  }

  /** @see RaftNode.readIndex */
  async readIndex(): Promise<LogIndex | null> {
    // TODO(E): an index that is safe to read at, or null (thesis §6.4).
    return null;
  }

  /** Receiver's side of RequestVote, Figure 2. Called again for a duplicated request. */
  #onRequestVote(args: RequestVoteArgs): RequestVoteReply {
    // TODO(A): one vote per term, and never for an older term.
    // TODO(B): never for a log that is less up to date than this one (§5.4.1).
    void args;
    return { term: 0, voteGranted: false };
  }

  /** Receiver's side of AppendEntries, Figure 2. An empty one is a heartbeat. */
  #onAppendEntries(args: AppendEntriesArgs): AppendEntriesReply {
    // TODO(A): a leader of the current term is followed.
    // TODO(B): success means that the logs agree up to prevLogIndex + entries.length (§5.3).
    void args;
    return { term: 0, success: false };
  }

  /**
   * A worked example of a call. The promise rejects with RpcError when no reply comes in time: then
   * nobody knows whether the peer handled the request. Everything may have changed meanwhile.
   */
  async askForVote(peer: string): Promise<boolean> {
    try {
      const args = { term: 1, candidateId: this.#node.id, lastLogIndex: 0, lastLogTerm: 0 };
      const reply = await this.#node.call(peer, 'requestVote', args, { timeoutMs: 100 });
      return reply.voteGranted;
    } catch {
      return false;
    }
  }
}
