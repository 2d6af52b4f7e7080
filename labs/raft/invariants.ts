/**
 * The properties of Figure 3, and what must be durable before a reply, checked at every event. Each
 * relies only on what every correct implementation of the contract does: on messages on the wire, on
 * applied entries, and on completed fsyncs. A rule that is broken even for a moment is caught.
 */
import type { Invariant, NodeId, Scenario, Watch, WireMessage } from 'faultlab';
import type {
  AppendEntriesArgs,
  AppendEntriesReply,
  InstallSnapshotArgs,
  LogEntry,
  RaftOutputs,
  RaftState,
  RequestVoteArgs,
  RequestVoteReply,
} from './contract.ts';

const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
const show = (entry: LogEntry) => `${entry.command ?? 'no-op'} (term ${entry.term})`;

function isLeaderMessage(m: WireMessage): boolean {
  return m.kind === 'request' && (m.method === 'appendEntries' || m.method === 'installSnapshot');
}

/** §5.2: at most one leader can be elected in a given term. */
function electionSafety(): Invariant {
  const leaders = new Map<number, { node: NodeId; atMs: number }>();
  const claim = (node: NodeId, term: number, watch: Watch) => {
    const known = leaders.get(term);
    if (known === undefined) leaders.set(term, { node, atMs: watch.nowMs });
    else if (known.node !== node) {
      watch.fail({
        kind: 'safety',
        ruleId: 'election-safety',
        rule: 'Election safety (Raft §5.2): at most one leader can be elected in a given term',
        evidence: `${known.node} leads term ${term} since ${s(known.atMs)};  ${node} leads term ${term} at ${s(watch.nowMs)}`,
        lookAt:
          'who voted twice in this term, or which old vote was counted in it? (Figure 2, RequestVote)',
      });
    }
  };
  return {
    name: 'election safety',
    onSend(m, watch) {
      if (isLeaderMessage(m)) claim(m.from, (m.body as AppendEntriesArgs).term, watch);
    },
    onState(node, state, watch) {
      const { role, term } = (state ?? {}) as RaftState;
      if (role === 'leader') claim(node, term, watch);
    },
  };
}

/**
 * Figure 2: a node votes for one candidate per term, even if it crashes in between. A candidate has
 * voted for itself; only a crash may undo that, and only if nobody has counted the vote.
 */
function oneVotePerTerm(): Invariant {
  const votes = new Map<string, { candidate: NodeId; atMs: number }>();
  /** The node's term of candidacy in this life, with the time of its first request. */
  const candidacies = new Map<NodeId, { term: number; atMs: number }>();
  const earlierVote = (node: NodeId, term: number) => {
    const own = candidacies.get(node);
    return own?.term === term ? { candidate: node, atMs: own.atMs } : votes.get(`${node} ${term}`);
  };
  return {
    name: 'one vote per term',
    onCrash(node) {
      candidacies.delete(node);
    },
    onSend(m, watch) {
      if (m.method !== 'requestVote') return;
      const isCandidacy = m.kind === 'request';
      if (!isCandidacy && !(m.body as RequestVoteReply).voteGranted) return;
      const { term } = (isCandidacy ? m.body : m.args) as RequestVoteArgs;
      const candidateId = isCandidacy ? m.from : (m.args as RequestVoteArgs).candidateId;
      const earlier = earlierVote(m.from, term);
      if (earlier === undefined) {
        const vote = { candidate: candidateId, atMs: watch.nowMs };
        if (isCandidacy) candidacies.set(m.from, { term, atMs: watch.nowMs });
        else votes.set(`${m.from} ${term}`, vote);
      } else if (earlier.candidate !== candidateId) {
        watch.fail({
          kind: 'safety',
          ruleId: 'one-vote-per-term',
          rule: 'One vote per term (Raft §5.2): a server votes for at most one candidate in a term',
          evidence: `in term ${term}, ${m.from} voted for ${earlier.candidate} at ${s(earlier.atMs)} and for ${candidateId} at ${s(watch.nowMs)}`,
          lookAt: 'when may votedFor change, and where must it be when the vote leaves? (Figure 2)',
        });
      }
    },
  };
}

/**
 * Figure 2: persistent state is "updated on stable storage before responding". Whatever its format,
 * a reply that depends on a request needs an fsync that began after the request arrived.
 */
function durableBeforeReply(): Invariant {
  /** Per node: when each fsync under way began, and when the latest one that has succeeded began. */
  const begun = new Map<NodeId, number[]>();
  const lastSynced = new Map<NodeId, number>();
  /** When something that must be durable first reached a node: `n2 vote 3 n1`, `n2 entry 7 3`. */
  const arrived = new Map<string, number>();
  /** Snapshots that reached a node; one that is durable covers the entries up to its index. */
  const snapshots = new Map<NodeId, { index: number; since: number }[]>();
  let order = 0;
  const first = (key: string) => {
    if (!arrived.has(key)) arrived.set(key, ++order);
  };
  const isSyncedSince = (node: NodeId, since: number | undefined) =>
    since === undefined || since === 0 || (lastSynced.get(node) ?? 0) > since;
  const demand = (node: NodeId, key: string, what: string, watch: Watch) => {
    if (isSyncedSince(node, arrived.get(key))) return;
    watch.fail({
      kind: 'safety',
      ruleId: 'durable-before-reply',
      rule: 'Durable before the reply (Raft Figure 2, persistent state): what a reply promises must survive a crash',
      evidence: `at ${s(watch.nowMs)} ${node} ${what}, with no fsync since the request arrived`,
      lookAt:
        'which state does this reply promise to remember, and is its fsync done when the reply leaves?',
    });
  };
  return {
    name: 'durable before reply',
    onFsync(node, phase) {
      const queue = begun.get(node) ?? [];
      begun.set(node, queue);
      if (phase === 'begin') queue.push(++order);
      else lastSynced.set(node, queue.shift() ?? 0);
    },
    onCrash(node) {
      begun.set(node, []);
      // What the next life reads is what the crash left: durable, if it is there at all.
      for (const key of arrived.keys()) if (key.startsWith(`${node} `)) arrived.set(key, 0);
      for (const snapshot of snapshots.get(node) ?? []) snapshot.since = 0;
    },
    onDeliver(m) {
      if (m.kind !== 'request') return;
      if (m.method === 'requestVote') {
        const { term, candidateId } = m.body as RequestVoteArgs;
        first(`${m.to} vote ${term} ${candidateId}`);
      } else if (m.method === 'appendEntries') {
        const { prevLogIndex, entries } = m.body as AppendEntriesArgs;
        entries.forEach((entry, i) => {
          first(`${m.to} entry ${prevLogIndex + 1 + i} ${entry.term}`);
        });
      } else if (m.method === 'installSnapshot') {
        const { lastIncludedIndex } = m.body as InstallSnapshotArgs;
        const list = snapshots.get(m.to) ?? [];
        snapshots.set(m.to, list);
        list.push({ index: lastIncludedIndex, since: ++order });
      }
    },
    onSend(m, watch) {
      if (m.kind === 'request') {
        if (m.method !== 'appendEntries') return;
        // The sender had the entry before; whether durably matters for its commit, not here.
        const { prevLogIndex, entries } = m.body as AppendEntriesArgs;
        entries.forEach((entry, i) => {
          const key = `${m.from} entry ${prevLogIndex + 1 + i} ${entry.term}`;
          if (!arrived.has(key)) arrived.set(key, 0);
        });
        return;
      }
      if (m.method === 'requestVote' && (m.body as RequestVoteReply).voteGranted) {
        const { term, candidateId } = m.args as RequestVoteArgs;
        demand(
          m.from,
          `${m.from} vote ${term} ${candidateId}`,
          `grants its vote of term ${term} to ${candidateId}`,
          watch,
        );
      } else if (m.method === 'appendEntries' && (m.body as AppendEntriesReply).success) {
        const { prevLogIndex, entries } = m.args as AppendEntriesArgs;
        const last = entries.at(-1);
        if (last === undefined) return;
        const index = prevLogIndex + entries.length;
        const covering = snapshots.get(m.from)?.filter((snapshot) => snapshot.index >= index);
        if (covering?.some(({ since }) => isSyncedSince(m.from, since))) return;
        demand(
          m.from,
          `${m.from} entry ${index} ${last.term}`,
          `acknowledges index ${index} (term ${last.term})`,
          watch,
        );
      }
    },
  };
}

/**
 * §5.1: a crash must not make a node forget a term that it has answered or led in. Within one life
 * an older term may still go out, in a reply that waited for the disk; that is harmless. So is a
 * crash of a candidate that asks for votes while its own is still being written.
 */
function termsSurviveCrashes(): Invariant {
  const thisLife = new Map<NodeId, number>();
  const earlierLives = new Map<NodeId, number>();
  return {
    name: 'terms survive crashes',
    onCrash(node) {
      earlierLives.set(node, Math.max(earlierLives.get(node) ?? 0, thisLife.get(node) ?? 0));
      thisLife.set(node, 0);
    },
    onSend(m, watch) {
      if (m.method === 'preVote') return;
      const { term } = m.body as { term: number };
      const before = earlierLives.get(m.from) ?? 0;
      if (term < before) {
        watch.fail({
          kind: 'safety',
          ruleId: 'term-monotonic',
          rule: 'Terms only grow (Raft §5.1): currentTerm increases monotonically, on stable storage',
          evidence: `${m.from} had sent term ${before} before it crashed, and sends ${m.method} with term ${term} at ${s(watch.nowMs)}`,
          lookAt: 'where is currentTerm after a crash? (Figure 2, persistent state)',
        });
      }
      if (m.kind === 'request' && m.method === 'requestVote') return;
      thisLife.set(m.from, Math.max(thisLife.get(m.from) ?? 0, term));
    },
  };
}

/** §5.3: log matching and leader append-only, as far as the wire shows them. */
function logMatching(): Invariant {
  const entries = new Map<string, { command: string | null; before: number; from: NodeId }>();
  const byLeader = new Map<string, { entry: LogEntry; atMs: number }>();
  return {
    name: 'log matching',
    onSend(m, watch) {
      if (m.kind !== 'request' || m.method !== 'appendEntries') return;
      const args = m.body as AppendEntriesArgs;
      let before = args.prevLogTerm;
      args.entries.forEach((entry, i) => {
        const index = args.prevLogIndex + 1 + i;
        const key = `${index} ${entry.term}`;
        const known = entries.get(key);
        if (known === undefined) entries.set(key, { command: entry.command, before, from: m.from });
        else if (known.command !== entry.command || known.before !== before) {
          watch.fail({
            kind: 'safety',
            ruleId: 'log-matching',
            rule: 'Log matching (Raft §5.3): entries with the same index and term are the same, and so are all before them',
            evidence: `index ${index}, term ${entry.term}: ${known.from} has ${known.command ?? 'no-op'} after term ${known.before}, ${m.from} sends ${entry.command ?? 'no-op'} after term ${before} at ${s(watch.nowMs)}`,
            lookAt: 'did a follower accept entries without having the one before them?',
          });
        }
        const own = `${args.term} ${index}`;
        const sent = byLeader.get(own);
        if (sent === undefined) byLeader.set(own, { entry, atMs: watch.nowMs });
        else if (sent.entry.term !== entry.term) {
          watch.fail({
            kind: 'safety',
            ruleId: 'leader-append-only',
            rule: 'Leader append-only (Raft §5.3): a leader never overwrites or deletes entries in its log',
            evidence: `in term ${args.term}, ${m.from} sent index ${index} as ${show(sent.entry)} at ${s(sent.atMs)} and as ${show(entry)} at ${s(watch.nowMs)}`,
          });
        }
        before = entry.term;
      });
    },
  };
}

/** §5.4: what was applied is in the log of every later leader, and is never applied differently. */
function committedForever(): Invariant {
  const applied = new Map<
    number,
    { term: number; command: string | null; node: NodeId; atMs: number; underTerm: number }
  >();
  const next = new Map<NodeId, number>();
  let highestTerm = 0;
  const completeness = (m: WireMessage, index: number, term: number, watch: Watch) => {
    const known = applied.get(index);
    const leaderTerm = (m.body as AppendEntriesArgs).term;
    if (known === undefined || known.term === term || leaderTerm <= known.underTerm) return;
    watch.fail({
      kind: 'safety',
      ruleId: 'leader-completeness',
      rule: 'Leader completeness (Raft §5.4): a committed entry is in the logs of all later leaders',
      evidence: `${known.node} applied ${known.command ?? 'no-op'} (term ${known.term}) at index ${index} at ${s(known.atMs)};  ${m.from} leads term ${leaderTerm} with an entry of term ${term} there`,
      lookAt:
        'on how many nodes was the entry durable when it was called committed, and may any of them vote for this leader? (§5.4.1, §5.4.2)',
    });
  };
  return {
    name: 'committed forever',
    onBoot(node) {
      next.set(node, 1);
    },
    onSend(m, watch) {
      if (!isLeaderMessage(m)) return;
      const args = m.body as AppendEntriesArgs & InstallSnapshotArgs;
      highestTerm = Math.max(highestTerm, args.term);
      if (m.method === 'installSnapshot') {
        completeness(m, args.lastIncludedIndex, args.lastIncludedTerm, watch);
        return;
      }
      completeness(m, args.prevLogIndex, args.prevLogTerm, watch);
      args.entries.forEach((entry, i) => {
        completeness(m, args.prevLogIndex + 1 + i, entry.term, watch);
      });
    },
    onEmit(node, name, value, watch) {
      if (name === 'restore') {
        next.set(node, (value as RaftOutputs['restore']).index + 1);
        return;
      }
      if (name !== 'apply') return;
      const { index, term, command } = value as RaftOutputs['apply'];
      const due = next.get(node) ?? 1;
      if (index !== due) {
        watch.fail({
          kind: 'contract',
          ruleId: 'apply-in-order',
          rule: 'Each index is applied once per life, in order and without gaps (contract, RaftOutputs.apply)',
          evidence: `${node} applied index ${index} at ${s(watch.nowMs)}; index ${due} was due`,
          lookAt: 'is there one place that applies, and does it await anything in between?',
        });
      }
      next.set(node, index + 1);
      const known = applied.get(index);
      if (known === undefined) {
        applied.set(index, { term, command, node, atMs: watch.nowMs, underTerm: highestTerm });
      } else if (known.term !== term || known.command !== command) {
        watch.fail({
          kind: 'safety',
          ruleId: 'state-machine-safety',
          rule: `State machine safety (Raft §5.4.3): index ${index} was applied as two different commands`,
          evidence: `${known.node} applied ${show(known)} at ${s(known.atMs)};  ${node} applied ${show({ term, command })} at ${s(watch.nowMs)}`,
          lookAt:
            'which majority held the first entry, and how could a leader without it be elected?',
        });
      }
    },
  };
}

/** Messages carry what Figure 2 says they carry. */
function wellFormed(): Invariant {
  const requests: Record<string, readonly string[]> = {
    requestVote: ['term', 'lastLogIndex', 'lastLogTerm'],
    preVote: ['term', 'lastLogIndex', 'lastLogTerm'],
    appendEntries: ['term', 'prevLogIndex', 'prevLogTerm', 'leaderCommit'],
    installSnapshot: ['term', 'lastIncludedIndex', 'lastIncludedTerm'],
  };
  return {
    name: 'well-formed messages',
    onSend(m, watch) {
      const fields = requests[m.method];
      if (fields === undefined) return;
      const body = (m.body ?? {}) as Record<string, unknown>;
      for (const field of m.kind === 'request' ? fields : ['term']) {
        const value = body[field];
        if (Number.isInteger(value) && (value as number) >= 0) continue;
        watch.fail({
          kind: 'contract',
          ruleId: 'well-formed',
          rule: 'Messages carry the fields of Figure 2 (contract.ts)',
          evidence: `${m.from} sent a ${m.kind} of ${m.method} whose ${field} is ${JSON.stringify(value)}, not a whole number`,
        });
      }
    },
  };
}

/** The parts that are about crashes; before them, memory will do. */
const DURABLE_PARTS = ['C', 'D'];

/** Fresh ones for each run. */
export function invariants({ id }: Pick<Scenario, 'id'>): Invariant[] {
  const isDurable = DURABLE_PARTS.some((part) => id.startsWith(part));
  return [
    wellFormed(),
    electionSafety(),
    oneVotePerTerm(),
    ...(isDurable ? [durableBeforeReply(), termsSurviveCrashes()] : []),
    logMatching(),
    committedForever(),
  ];
}
