/**
 * What happens on the nodes: events and messages of the clock programs (`l`, `v`, `h`), turns of the
 * mutex (`m`), and broadcasts (`b`). What must hold is said in `rules/`; here things are made to
 * happen, and it is noticed when they do not.
 */
import type { Cluster, Draw, NodeId, Step } from 'faultlab';
import type { StampedEvent } from './contract.ts';
import { s } from './rules/events.ts';

// ── Clock programs ────────────────────────────────────────────────────────────────────────────────

/** The events that the programs have reported, without those that were refused. */
export function happened(cluster: Cluster): StampedEvent<unknown>[] {
  return cluster.state('happened', () => {
    const events: StampedEvent<unknown>[] = [];
    cluster.onEmit((_node, name, value) => {
      const event = value as StampedEvent<unknown>;
      if (name === 'happened' && event.stamp !== 'refused') events.push(event);
    });
    return events;
  });
}

export const local = (cluster: Cluster, node: NodeId) => cluster.invoke(node, 'local');

/** Sends a message, and gives it the time to arrive on a calm network. */
export function send(cluster: Cluster, from: NodeId, to: NodeId): void {
  cluster.invoke(from, 'send', to);
  cluster.run(25);
}

/** What nodes do in a random plan: a local event, or a message to another node. */
export function drawEvents(draw: Draw, nodes: number, kind: string, count: number): Step[] {
  let atMs = 10;
  return Array.from({ length: count }, () => {
    // Some events fall into the same millisecond, some are far apart.
    atMs += draw.pick([0, 1, 3, 10, 40]);
    const [node, to] = draw.shuffle(Array.from({ length: nodes }, (_, i) => `${kind}${i + 1}`));
    return draw.chance(0.6) ? { atMs, do: 'message', from: node, to } : { atMs, do: 'event', node };
  });
}

/** The actions of {@link drawEvents}. */
export const eventActions = {
  event: (cluster: Cluster, step: Step) => {
    cluster.invoke(step.node as NodeId, 'local');
  },
  message: (cluster: Cluster, step: Step) => {
    cluster.invoke(step.from as NodeId, 'send', step.to);
  },
};

/** A network that loses, copies, and delays so that messages overtake each other. */
export const drawNetwork = (draw: Draw): Step => ({
  atMs: 0,
  do: 'network',
  profile: {
    dropChance: draw.pick([0, 0.1, 0.3]),
    duplicateChance: draw.pick([0, 0.2]),
    tailChance: draw.pick([0.1, 0.4]),
    tailMs: draw.pick([60, 300]),
  },
});

/** An action of random scenarios: a node is silent for some time, and then goes on. */
export function silence(cluster: Cluster, { node, ms }: Step): void {
  cluster.pause(node as NodeId);
  cluster.after(ms as number, () => cluster.resume(node as NodeId));
}

/** From now on every message on this link takes just that long. */
export function slow(cluster: Cluster, from: NodeId, to: NodeId, ms: number): void {
  cluster.network({ minMs: ms, typicalMs: ms, tailChance: 0 }, { from, to });
}

/** The link is as quick again as links usually are. */
export function quick(cluster: Cluster, from: NodeId, to: NodeId): void {
  cluster.network({ minMs: 1, typicalMs: 3 }, { from, to });
}

// ── The mutex ─────────────────────────────────────────────────────────────────────────────────────

export class Contenders {
  readonly #cluster: Cluster;
  readonly #waiting = new Map<NodeId, number>();
  readonly turns = new Map<NodeId, number>();
  holder: NodeId | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.onEmit((node, name) => {
      if (name === 'wants') this.#waiting.set(node, cluster.nowMs);
      if (name === 'enters') this.#enter(node);
      if (name === 'leaves') this.holder = undefined;
    });
  }

  get total(): number {
    return [...this.turns.values()].reduce((a, b) => a + b, 0);
  }

  #enter(node: NodeId): void {
    this.#waiting.delete(node);
    this.holder = node;
    this.turns.set(node, (this.turns.get(node) ?? 0) + 1);
  }

  /** A node that is silent, or already waits or holds, is not asked. */
  acquire(node: NodeId, then: () => void = () => {}): void {
    if (this.#cluster.isPaused(node)) return;
    if (this.#waiting.has(node) || this.holder === node) return;
    this.#cluster.request(node, 'acquire', [], (outcome) => {
      this.#cluster.expect(outcome.ok, {
        kind: 'contract',
        ruleId: 'rejected',
        rule: 'acquire resolves; it never rejects (contract, MutexLike)',
        evidence: `acquire of ${node} was rejected with ${outcome.ok ? '' : `${outcome.error}${outcome.where}`}`,
      });
      this.#cluster.after(0, then);
    });
  }

  release(node: NodeId): void {
    if (this.#cluster.isPaused(node)) this.#cluster.after(20, () => this.release(node));
    else this.#cluster.invoke(node, 'release');
  }

  /** Asks now, and holds for some time. */
  turn(node: NodeId, holdMs: number, then: () => void = () => {}): void {
    this.acquire(node, () => {
      this.#cluster.after(holdMs, () => {
        this.release(node);
        this.#cluster.after(0, then);
      });
    });
  }

  /** Runs until everybody who waits has had a turn, and nobody holds. */
  settle(withinMs: number): void {
    const { nowMs } = this.#cluster;
    const isQuiet = () => this.#waiting.size === 0 && this.holder === undefined;
    if (this.#cluster.runUntil(isQuiet, withinMs)) return;
    const open = [...this.#waiting].map(([node, sinceMs]) => `${node} since ${s(sinceMs)}`);
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'mutex-stuck',
      rule: 'If every holder releases it, every request is granted (Lamport 1978, condition III)',
      evidence: `waiting at ${s(nowMs + withinMs)}: ${open.join(', ') || 'none'}; holder: ${this.holder ?? 'none'}`,
      lookAt: 'what is this node waiting for, who has to send it, and when does that node do so?',
    });
  }
}

export function contenders(cluster: Cluster): Contenders {
  return cluster.state('contenders', () => new Contenders(cluster));
}

// ── Broadcasts ────────────────────────────────────────────────────────────────────────────────────

export class Broadcasts {
  readonly #cluster: Cluster;
  /** By node, in the order of delivery. */
  readonly #delivered = new Map<NodeId, string[]>();
  readonly #sent: { readonly text: string; readonly node: NodeId; readonly atMs: number }[] = [];
  /** What a node says when it has delivered a text. */
  readonly #answers = new Map<string, string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const node of cluster.nodes) this.#delivered.set(node, []);
    cluster.onEmit((node, name, value) => {
      if (name !== 'delivers') return;
      const { text } = value as { text: string };
      this.#delivered.get(node)?.push(text);
      const answer = this.#answers.get(`${node} ${text}`);
      if (answer === undefined) return;
      cluster.after(1, () => {
        this.#answers.delete(`${node} ${text}`);
        this.broadcast(node, answer);
      });
    });
  }

  broadcast(node: NodeId, text: string): void {
    if (this.#cluster.isPaused(node)) return;
    this.#sent.push({ text, node, atMs: this.#cluster.nowMs });
    this.#cluster.invoke(node, 'broadcast', text);
    this.#cluster.expect(this.has(node, text), {
      kind: 'contract',
      ruleId: 'not-delivered-here',
      rule: 'A broadcast is delivered here before it returns (contract, CausalBroadcastLike)',
      evidence: `${node} broadcast "${text}" at ${s(this.#cluster.nowMs)}, and did not deliver it`,
      lookAt: 'which node already has all that it needs to deliver this message?',
    });
  }

  /** As soon as `node` has delivered `text`, it broadcasts `answer`. */
  answer(node: NodeId, text: string, answer: string): void {
    this.#answers.set(`${node} ${text}`, answer);
  }

  has(node: NodeId, text: string): boolean {
    return this.#delivered.get(node)?.includes(text) ?? false;
  }

  /** The text is delivered on these nodes, though other messages are still under way. */
  expectSoon(text: string, nodes: readonly NodeId[], withinMs: number, why: string): void {
    const isThere = () => nodes.every((node) => this.has(node, text));
    if (this.#cluster.runUntil(isThere, withinMs)) return;
    const missing = nodes.filter((node) => !this.has(node, text));
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'needless-wait',
      rule: 'A message waits for nothing but what it depends on (contract, CausalBroadcastLike)',
      evidence: `"${text}" was not delivered by ${missing.join(', ')} within ${withinMs} ms; ${why}`,
      lookAt: 'for which messages does this one wait, and had its sender delivered them?',
    });
  }

  /** Everything is delivered everywhere. */
  settle(withinMs: number): void {
    const isMissing = (node: NodeId) => this.#sent.find(({ text }) => !this.has(node, text));
    const isDone = () =>
      this.#answers.size === 0 && this.#cluster.nodes.every((node) => !isMissing(node));
    if (this.#cluster.runUntil(isDone, withinMs)) return;
    const node = this.#cluster.nodes.find(isMissing) as NodeId;
    const message = isMissing(node);
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'not-delivered',
      rule: 'Every message is delivered at each node, once its link lets it through (contract)',
      evidence: `"${message?.text}", broadcast by ${message?.node} at ${s(message?.atMs ?? 0)}, had not been delivered by ${node} at ${s(this.#cluster.nowMs)}; delivered there: ${this.#delivered.get(node)?.slice(-6).join(', ') || 'nothing'}`,
      lookAt: 'what does the message wait for, and who looks at it again when that has arrived?',
    });
  }
}

export function broadcasts(cluster: Cluster): Broadcasts {
  return cluster.state('broadcasts', () => new Broadcasts(cluster));
}
