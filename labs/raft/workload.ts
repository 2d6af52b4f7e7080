/**
 * The client and the state machine of the Raft lab, as the scenarios use them: proposes commands,
 * watches what is applied where, takes snapshots, and says how far the cluster has come when
 * something that should happen does not.
 */
import type { Cluster, Draw, NodeId, Step } from 'faultlab';
import type { LogIndex, Proposal, RaftOutputs, RaftState } from './contract.ts';

/** An election with a few split votes takes less. */
export const ELECTION_WITHIN_MS = 3000;
/** A commit, with one change of leader on the way. */
export const COMMIT_WITHIN_MS = 4000;

export class RaftWorkload {
  readonly #cluster: Cluster;
  /** Per node: how far its state machine has come, and the commands it holds. */
  readonly #machines = new Map<NodeId, { index: LogIndex; commands: string[] }>();
  /** Every command that any node has applied: where, and on which nodes since their last boot. */
  readonly #holders = new Map<string, Set<NodeId>>();
  /** Where a command was applied first. */
  readonly indexOf = new Map<string, LogIndex>();
  /** A snapshot after this many applied entries; 0 for none. */
  snapshotEvery = 0;
  restores = 0;
  #proposed = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.onBoot((node) => this.#reset(node));
    cluster.onEmit((node, name, value) => {
      if (name === 'apply') this.#apply(node, value as RaftOutputs['apply']);
      else if (name === 'restore') this.#restore(node, value as RaftOutputs['restore']);
    });
  }

  #reset(node: NodeId): void {
    this.#machines.set(node, { index: 0, commands: [] });
    for (const holders of this.#holders.values()) holders.delete(node);
  }

  #machine(node: NodeId) {
    const machine = this.#machines.get(node);
    if (machine === undefined) throw new Error(`${node} has not booted`);
    return machine;
  }

  #apply(node: NodeId, { index, command }: RaftOutputs['apply']): void {
    const machine = this.#machine(node);
    machine.index = index;
    if (command !== null) {
      machine.commands.push(command);
      this.#hold(node, command);
      if (!this.indexOf.has(command)) this.indexOf.set(command, index);
    }
    if (this.snapshotEvery > 0 && index % this.snapshotEvery === 0) {
      const data = JSON.stringify(machine.commands);
      this.#cluster.after(0, () => {
        this.#cluster.invoke(node, 'snapshot', index, data);
      });
    }
  }

  #restore(node: NodeId, { index, data }: RaftOutputs['restore']): void {
    this.restores++;
    const commands = parseSnapshot(data);
    if (commands === undefined) {
      this.#cluster.fail({
        kind: 'safety',
        ruleId: 'snapshot-content',
        rule: 'A restored snapshot is one that the state machine has made (Raft §7)',
        evidence: `${node} restored index ${index} from ${JSON.stringify(data)?.slice(0, 60)}`,
      });
    }
    const machine = this.#machine(node);
    machine.index = index;
    machine.commands = commands;
    for (const command of commands) this.#hold(node, command);
  }

  #hold(node: NodeId, command: string): void {
    const holders = this.#holders.get(command) ?? new Set();
    this.#holders.set(command, holders.add(node));
  }

  state(node: NodeId): RaftState | undefined {
    return this.#cluster.inspect(node) as RaftState | undefined;
  }

  /** The running leader of the highest term among `nodes`. */
  leader(nodes: readonly NodeId[] = this.#cluster.nodes): NodeId | undefined {
    let best: { node: NodeId; term: number } | undefined;
    for (const node of nodes) {
      if (!this.#cluster.isUp(node) || this.#cluster.isPaused(node)) continue;
      const state = this.state(node);
      if (state?.role === 'leader' && state.term > (best?.term ?? -1)) {
        best = { node, term: state.term };
      }
    }
    return best?.node;
  }

  /** Waits for a leader among `nodes`. */
  elect(nodes: readonly NodeId[] = this.#cluster.nodes, withinMs = ELECTION_WITHIN_MS): NodeId {
    const { nowMs } = this.#cluster;
    this.#cluster.runUntil(() => this.leader(nodes) !== undefined, withinMs);
    const leader = this.leader(nodes);
    if (leader !== undefined) return leader;
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-leader',
      rule: 'Liveness (Raft §5.2, §5.6): a connected majority elects a leader',
      evidence: `no leader among ${nodes.join(',')} from ${seconds(nowMs)} to ${seconds(this.#cluster.nowMs)}: ${this.describe(nodes)}`,
      lookAt: 'who starts an election, who refuses its vote, and what resets the election timer?',
    });
  }

  /** A command never used before. */
  newCommand(): string {
    this.#proposed++;
    return `c${this.#proposed}`;
  }

  /** Proposes to one node; undefined when it does not lead. */
  propose(
    node: NodeId,
    command = this.newCommand(),
  ): { command: string; index: LogIndex } | undefined {
    const answer = this.#cluster.invoke(node, 'propose', command) as Proposal | undefined;
    return answer?.isLeader === true ? { command, index: answer.index } : undefined;
  }

  isApplied(command: string, on: readonly NodeId[] = this.#cluster.nodes): boolean {
    const holders = this.#holders.get(command);
    return holders !== undefined && on.every((node) => holders.has(node));
  }

  isAppliedAnywhere(command: string): boolean {
    return (this.#holders.get(command)?.size ?? 0) > 0;
  }

  /**
   * Gets a command committed by the leader among `nodes` and applied on all of `on`; proposes another
   * to the new leader if the first one is lost. Says which stage is missing if none gets there.
   */
  commit(options: { nodes?: readonly NodeId[]; on?: readonly NodeId[]; withinMs?: number } = {}): {
    command: string;
    index: LogIndex;
    leader: NodeId;
  } {
    const { nodes = this.#cluster.nodes, withinMs = COMMIT_WITHIN_MS } = options;
    const on = options.on ?? nodes;
    const startedMs = this.#cluster.nowMs;
    const endMs = startedMs + withinMs;
    let tried: { command: string; index: LogIndex; leader: NodeId; term: number } | undefined;
    while (this.#cluster.nowMs < endMs) {
      const leader = this.elect(nodes, Math.max(1, endMs - this.#cluster.nowMs));
      const proposal = this.propose(leader);
      if (proposal === undefined) {
        this.#cluster.run(10);
        continue;
      }
      const attempt = { ...proposal, leader, term: this.state(leader)?.term ?? 0 };
      tried = attempt;
      const lost = () => {
        const state = this.state(leader);
        return state?.role !== 'leader' || state.term !== attempt.term;
      };
      const done = () => this.isApplied(attempt.command, on);
      this.#cluster.runUntil(() => done() || lost(), Math.max(1, endMs - this.#cluster.nowMs));
      if (done()) return attempt;
    }
    const command = tried?.command ?? '';
    const where = on.filter((node) => this.isApplied(command, [node]));
    const stage = !this.isAppliedAnywhere(command)
      ? 'there is a leader, but nothing is committed'
      : `committed, but applied only on ${where.join(',') || 'others'}`;
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: this.isAppliedAnywhere(command) ? 'not-applied-everywhere' : 'no-commit',
      rule: 'Liveness (Raft §5.3): a leader with a majority commits, and all learn of it',
      evidence: `${command} was proposed to ${tried?.leader ?? 'nobody'} between ${seconds(startedMs)} and ${seconds(this.#cluster.nowMs)}: ${stage}; ${this.describe(on)}`,
      lookAt: this.#whatToLookAt(tried?.leader, on),
    });
  }

  /** The question that fits what the nodes say of themselves. */
  #whatToLookAt(leader: NodeId | undefined, nodes: readonly NodeId[]): string {
    const silent = nodes.find((node) => this.#cluster.silence(node) !== '');
    if (silent !== undefined)
      return `what has ${silent} been waiting for since it sent its last message?`;
    const termOf = (node: NodeId | undefined) => (node && this.state(node)?.term) || 0;
    const newer = nodes.find((node) => termOf(node) > termOf(leader));
    if (leader !== undefined && newer !== undefined)
      return `${leader} leads term ${termOf(leader)} while ${newer} is in term ${termOf(newer)}: where does a leader learn of a higher term? (§5.1)`;
    return 'what is the leader waiting for: a reply, its own disk, or an entry of its own term?';
  }

  /** Lets `ms` pass and demands that none of `commands` is applied anywhere. */
  expectNoProgress(commands: readonly string[], ms: number, because: string): void {
    this.#cluster.run(ms);
    const applied = commands.find((command) => this.isAppliedAnywhere(command));
    this.#cluster.expect(applied === undefined, {
      kind: 'safety',
      ruleId: 'committed-without-majority',
      rule: 'Only what a majority holds is committed (Raft §5.3)',
      evidence: `${applied} was applied although ${because}; ${this.describe()}`,
      lookAt: 'what exactly does the leader count before it moves commitIndex?',
    });
  }

  /**
   * The liveness phase: a random majority is reconnected, restarted and resumed, the rest stay cut off
   * for good; then the majority must elect, commit and apply everywhere.
   */
  recover(): void {
    const { nodes, draw } = this.#cluster;
    const majority = draw.shuffle(nodes).slice(0, Math.floor(nodes.length / 2) + 1);
    this.#cluster.filter(undefined);
    this.#cluster.network({ ...CALM_NETWORK });
    this.#cluster.note(`from here on only ${majority.join(',')} are connected`);
    for (const node of nodes) {
      this.#cluster.resume(node);
      this.#cluster.disarm(node);
    }
    for (const node of majority) this.#cluster.restart(node);
    this.#cluster.partition(majority);
    this.elect(majority, 5000);
    this.commit({ nodes: majority, withinMs: 6000 });
  }

  /** `n1 leader t3 commit 7/9, n2 down`: what each node says of itself. */
  describe(nodes: readonly NodeId[] = this.#cluster.nodes): string {
    const states = nodes
      .map((node) => {
        if (!this.#cluster.isUp(node)) return `${node} down`;
        if (this.#cluster.isPaused(node)) return `${node} paused`;
        const state = this.state(node);
        if (state === undefined) return `${node} silent`;
        const { role, term, commitIndex, lastLogIndex } = state;
        return `${node} ${role} t${term} commit ${commitIndex}/${lastLogIndex}`;
      })
      .join(', ');
    return states + this.#cluster.silence(...nodes);
  }
}

const CALM_NETWORK = { dropChance: 0, duplicateChance: 0, minMs: 1, typicalMs: 3, tailChance: 0 };

function parseSnapshot(data: unknown): string[] | undefined {
  try {
    const commands: unknown = JSON.parse(String(data));
    return Array.isArray(commands) ? commands : undefined;
  } catch {
    return undefined;
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

/** The workload of a run; made at its start. */
export function raft(cluster: Cluster): RaftWorkload {
  return cluster.state('raft', () => new RaftWorkload(cluster));
}

/** The macro faults: what they hit is known only when they strike. */
export const actions: Readonly<Record<string, (cluster: Cluster, step: Step) => void>> = {
  propose(cluster) {
    const workload = raft(cluster);
    const leader = workload.leader();
    if (leader) workload.propose(leader);
  },
  snapshots(cluster, step) {
    raft(cluster).snapshotEvery = step.every as number;
  },
  isolateLeader(cluster) {
    const leader = raft(cluster).leader();
    if (leader) cluster.isolate(leader);
  },
  leaderWithOne(cluster, step) {
    const leader = raft(cluster).leader();
    if (leader === undefined) return;
    const others = cluster.nodes.filter((node) => node !== leader);
    const friend = others[(step.friend as number) % others.length] as NodeId;
    cluster.partition(
      [leader, friend],
      others.filter((node) => node !== friend),
    );
  },
  deafLeader(cluster) {
    const leader = raft(cluster).leader();
    if (leader === undefined) return;
    for (const node of cluster.nodes) if (node !== leader) cluster.cut(node, leader);
  },
  crashLeader(cluster) {
    const leader = raft(cluster).leader();
    if (leader) cluster.crash(leader);
  },
  crashLeaderAtFsync(cluster, step) {
    const leader = raft(cluster).leader();
    if (leader) cluster.crashAt(leader, 'fsync', step.after as number);
  },
  pauseLeader(cluster) {
    const leader = raft(cluster).leader();
    if (leader) cluster.pause(leader);
  },
  powerCycle(cluster) {
    for (const node of cluster.nodes) cluster.crash(node);
    for (const node of cluster.nodes) cluster.restart(node);
  },
  repair(cluster) {
    cluster.heal();
    for (const node of cluster.nodes) {
      cluster.resume(node);
      cluster.restart(node);
    }
  },
};

export interface PlanOptions {
  readonly nodes: number;
  readonly durationMs: number;
  readonly faults: readonly string[];
  /** A snapshot every so many entries; none when absent. */
  readonly snapshotEvery?: number;
  readonly lossy?: boolean;
}

/** Commands all the time, a fault every half second or so, most of them repaired before the next. */
export function drawPlan(draw: Draw, options: PlanOptions): Step[] {
  const { nodes, durationMs, faults } = options;
  const node = () => `n${draw.int(1, nodes)}`;
  const steps: Step[] = [];
  if (options.snapshotEvery) steps.push({ atMs: 0, do: 'snapshots', every: options.snapshotEvery });
  if (options.lossy ?? draw.chance(0.5)) {
    const profile = {
      dropChance: draw.pick([0, 0.05, 0.15]),
      duplicateChance: draw.pick([0, 0.1]),
      tailChance: draw.pick([0.01, 0.1, 0.3]),
      tailMs: draw.pick([50, 300, 900]),
    };
    steps.push({ atMs: 1, do: 'network', profile });
  }
  if (draw.chance(0.4)) {
    steps.push({ atMs: 2, do: 'disk', node: node(), profile: { fsyncMs: draw.pick([5, 20, 60]) } });
  }
  for (let atMs = 300; atMs < durationMs; atMs += draw.int(20, 60))
    steps.push({ atMs, do: 'propose' });
  for (let atMs = 600; atMs < durationMs; atMs += draw.int(250, 900)) {
    const fault = draw.pick(faults);
    const one: Record<string, () => Step> = {
      leaderWithOne: () => ({ atMs, do: fault, friend: draw.int(0, 9) }),
      crashLeaderAtFsync: () => ({ atMs, do: fault, after: draw.int(1, 3) }),
      crash: () => ({ atMs, do: 'crash', node: node() }),
      isolate: () => ({ atMs, do: 'isolate', node: node() }),
      pause: () => ({ atMs, do: 'pause', node: node() }),
      jumpClock: () => ({ atMs, do: 'jumpClock', node: node(), ms: draw.int(-60_000, 60_000) }),
    };
    steps.push(one[fault]?.() ?? { atMs, do: fault });
    if (draw.chance(0.8)) steps.push({ atMs: atMs + draw.int(100, 700), do: 'repair' });
  }
  return steps;
}
