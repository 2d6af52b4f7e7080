/**
 * The programs that use the key-value store: they call the student's client, write down what they
 * asked and were told, and wait for the servers to agree. All in callbacks of virtual time; nothing
 * happens unless a scenario lets time pass.
 */
import {
  type Cluster,
  type Operation as Done,
  kv as model,
  type NodeId,
  whyNotConverged,
} from 'faultlab';
import type { LogIndex, Operation, Result } from './contract.ts';

/** With a majority connected: an election with split votes, and a few attempts. */
export const ANSWER_WITHIN_MS = 6000;
const ELECTION_WITHIN_MS = 4000;
const CONVERGE_WITHIN_MS = 3000;

export interface ServerState {
  readonly role: 'follower' | 'candidate' | 'leader';
  readonly term: number;
  readonly lastLogIndex: LogIndex;
  readonly applied: LogIndex;
}

interface Open {
  readonly client: NodeId;
  readonly input: Operation;
  readonly callAt: number;
}

export const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

export function describe(input: Operation): string {
  switch (input.kind) {
    case 'get':
      return `get ${input.key}`;
    case 'cas':
      return `cas ${input.key} from "${input.from}" to "${input.to}"`;
    default:
      return `${input.kind} ${input.key} "${input.value}"`;
  }
}

const argsOf = (input: Operation): string[] => Object.values(input).slice(1);

export class KvWorkload {
  readonly #cluster: Cluster;
  readonly #done: Done<Operation, Result>[] = [];
  readonly #open = new Map<NodeId, Open>();
  #values = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** How many operations have ended. */
  get answered(): number {
    return this.#done.length;
  }

  /** How long the operations that have ended took, in milliseconds. */
  get latenciesMs(): readonly number[] {
    return this.#done.map(({ callAt, returnAt }) => returnAt - callAt);
  }

  isBusy(client: NodeId): boolean {
    return this.#open.has(client);
  }

  /** A piece of text never used before; none is a part of another. */
  newValue(): string {
    return `${++this.#values}.`;
  }

  get(client: NodeId, key: string, then?: (result: Result) => void): void {
    this.ask(client, { kind: 'get', key }, then);
  }

  put(client: NodeId, key: string, value = this.newValue(), then?: () => void): void {
    this.ask(client, { kind: 'put', key, value }, then);
  }

  append(client: NodeId, key: string, value = this.newValue(), then?: () => void): void {
    this.ask(client, { kind: 'append', key, value }, then);
  }

  ask(client: NodeId, input: Operation, then?: (result: Result) => void): void {
    const open: Open = { client, input, callAt: this.#cluster.nowMs };
    this.#open.set(client, open);
    this.#cluster.request(client, input.kind, argsOf(input), (outcome) => {
      if (!outcome.ok) {
        this.#cluster.fail({
          kind: 'contract',
          ruleId: 'rejected',
          rule: 'An operation resolves; it never rejects (contract, Kv)',
          evidence: `${client}: ${describe(input)} was rejected with ${outcome.error}${outcome.where}`,
          lookAt: outcome.error.startsWith('RpcError')
            ? 'who catches the RpcError of a call that timed out?'
            : 'what throws there, and which promise does it reject?',
        });
      }
      const result = this.#resultOf(open, outcome.value);
      this.#open.delete(client);
      this.#done.push({ ...open, output: result, outcome: 'ok', returnAt: this.#cluster.nowMs });
      if (then) this.#cluster.after(0, () => then(result));
    });
  }

  #resultOf({ client, input }: Open, value: unknown): Result {
    const wanted = {
      get: 'string',
      cas: 'boolean',
      put: 'undefined',
      append: 'undefined',
    } as const;
    const type = wanted[input.kind];
    this.#cluster.expect(value === undefined || typeof value === type, {
      kind: 'contract',
      ruleId: 'unknown-result',
      rule: 'A get resolves to a string, a cas to a boolean (contract, Kv)',
      evidence: `${client}: ${describe(input)} resolved to ${JSON.stringify(value)}`,
    });
    if (input.kind === 'get') return { value: value as string };
    return input.kind === 'cas' ? { done: value as boolean } : {};
  }

  /** One operation of one client, and what it gave; other clients go on meanwhile. */
  ask1(client: NodeId, input: Operation, withinMs = ANSWER_WITHIN_MS): Result {
    let result: Result | undefined;
    // What ends and begins in one instant is concurrent to the checker.
    this.#cluster.run(1);
    this.ask(client, input, (given) => {
      result = given;
    });
    if (this.#cluster.runUntil(() => result !== undefined, withinMs)) return result as Result;
    return this.#noAnswer(withinMs);
  }

  /** Waits until all operations have ended. */
  settle(withinMs = ANSWER_WITHIN_MS): void {
    if (this.#cluster.runUntil(() => this.#open.size === 0, withinMs)) {
      this.#cluster.run(1); // what the callers do with the answers
      return;
    }
    this.#noAnswer(withinMs);
  }

  #noAnswer(withinMs: number): never {
    const [first] = this.#open.values();
    const what = first ? `${first.client}: ${describe(first.input)}, since ${s(first.callAt)}` : '';
    const stage =
      this.leader() === undefined
        ? 'no server leads'
        : 'a server leads, but the client has no answer';
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-answer',
      rule: 'Every operation ends while a majority of the servers can be reached (contract, Kv)',
      evidence: `${this.#open.size} open for ${withinMs} ms, the first is ${what}: ${stage}; ${this.describe()}${first ? this.#cluster.silence(first.client) : ''}`,
      lookAt: 'whom does the client ask next, and who answers a request whose entry is applied?',
    });
  }

  /**
   * Each of `clients` does one operation after the other on `keys` keys for `ms`. Keys hold unique
   * pieces of text, so that a get tells which puts and appends it has seen.
   */
  mingle(
    ms: number,
    {
      clients = this.#cluster.clients,
      keys = 2,
      reads = 0.4,
    }: { clients?: readonly NodeId[]; keys?: number; reads?: number } = {},
  ): void {
    const { draw } = this.#cluster;
    const endMs = this.#cluster.nowMs + ms;
    for (const client of clients) {
      const next = () => {
        if (this.#cluster.nowMs >= endMs || this.isBusy(client)) return;
        const key = `k${draw.int(1, keys)}`;
        const again = () => this.#cluster.after(draw.int(1, 40), next);
        if (draw.chance(reads)) this.get(client, key, again);
        else if (draw.chance(0.2)) this.put(client, key, this.newValue(), again);
        else this.append(client, key, this.newValue(), again);
      };
      this.#cluster.after(draw.int(0, 20), next);
    }
    this.#cluster.run(ms);
  }

  state(node: NodeId): ServerState | undefined {
    return this.#cluster.inspect(node) as ServerState | undefined;
  }

  /** The running leader of the highest term among `nodes`. */
  leader(nodes: readonly NodeId[] = this.#cluster.nodes): NodeId | undefined {
    const running = nodes.filter((n) => this.#cluster.isUp(n) && !this.#cluster.isPaused(n));
    const leaders = running.filter((node) => this.state(node)?.role === 'leader');
    const term = (node: NodeId) => this.state(node)?.term ?? 0;
    return leaders.sort((a, b) => term(b) - term(a))[0];
  }

  elect(nodes: readonly NodeId[] = this.#cluster.nodes): NodeId {
    this.#cluster.runUntil(() => this.leader(nodes) !== undefined, ELECTION_WITHIN_MS);
    const leader = this.leader(nodes);
    if (leader !== undefined) return leader;
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-leader',
      rule: 'Liveness (Raft §5.2, §5.6): a connected majority elects a leader',
      evidence: `no leader among ${nodes.join(',')} for ${ELECTION_WITHIN_MS} ms; ${this.describe(nodes)}`,
      lookAt: 'does your Raft pass its own lab? --with-reference raft tests on ours',
    });
  }

  /**
   * The end of every scenario: all answered, all servers in one state, and one history, whose last
   * gets show what has become of each key.
   */
  finish(): void {
    this.settle();
    const keys = new Set(this.#done.map(({ input }) => input.key));
    for (const key of keys) this.ask1(this.#cluster.clients[0] as NodeId, { kind: 'get', key });
    this.expectConverged();
    this.expectLinearizable();
  }

  /** The main claim, decided exactly. */
  expectLinearizable(): void {
    const pending = [...this.#open.values()].map((open) => ({
      ...open,
      outcome: 'unknown' as const,
      returnAt: Number.POSITIVE_INFINITY,
    }));
    this.#cluster.expectLinearizable(model, [...this.#done, ...pending]);
  }

  expectConverged(nodes: readonly NodeId[] = this.#cluster.nodes): void {
    const states = () =>
      new Map(nodes.map((node) => [node, this.#cluster.invoke(node, 'dump') as unknown]));
    const converged = () => whyNotConverged(states()) === undefined;
    this.#cluster.runUntil(converged, CONVERGE_WITHIN_MS);
    this.#cluster.expect(converged(), {
      kind: 'liveness',
      ruleId: 'not-converged',
      rule: 'Connected servers that are asked nothing come to one state (Raft §2)',
      evidence: `after ${CONVERGE_WITHIN_MS} ms: ${whyNotConverged(states())}; ${this.describe(nodes)}`,
      lookAt: 'what happens to the entries that a server applies while nobody waits for them?',
    });
  }

  describe(nodes: readonly NodeId[] = this.#cluster.nodes): string {
    const states = nodes
      .map((node) => {
        if (!this.#cluster.isUp(node)) return `${node} down`;
        const state = this.state(node);
        if (state === undefined) return `${node} silent`;
        return `${node} ${state.role} t${state.term} applied ${state.applied}/${state.lastLogIndex}`;
      })
      .join(', ');
    return states + this.#cluster.silence(...nodes);
  }
}

/** The workload of a run; made on first use. */
export function kv(cluster: Cluster): KvWorkload {
  return cluster.state('kv', () => new KvWorkload(cluster));
}
