/**
 * The programs that use the replicas of parts B to D: clients that put and get through the student's
 * client and record what they were told, and questions to the replicas themselves.
 */
import { type Cluster, kv, type NodeId, type Operation } from 'faultlab';
import type { Mode, PutResult, ReadResult, ReplicaState, View } from './contract.ts';
import { s } from './stores.ts';

/** A call of a client ends within this time, whatever happens. */
export const ANSWER_WITHIN_MS = 5000;
/** On a calm network, with a primary, a put is acknowledged within this time. */
export const PUT_WITHIN_MS = 500;
/** After the loss of the primary, puts are acknowledged again within this time. */
export const FAILOVER_WITHIN_MS = 3000;

type Input =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string };

type Result = PutResult | ReadResult;

interface Open {
  readonly client: string;
  readonly input: Input;
  readonly callAt: number;
}

export interface Put {
  readonly key: string;
  readonly value: string;
  readonly client: NodeId;
  result: PutResult | undefined;
  /** When it was answered. */
  atMs: number;
}

export class Replicas {
  readonly #cluster: Cluster;
  readonly #open = new Set<Open>();
  readonly #done: Operation<Input, { readonly value?: string }>[] = [];
  /** All puts, in the order in which they were made. */
  readonly puts: Put[] = [];
  view: View | undefined;
  #calls = 0;
  #values = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.onEmit((_node, name, value) => {
      if (name === 'view') this.view = value as View;
    });
  }

  /** The replicas, without the view service. */
  get names(): readonly NodeId[] {
    return this.#cluster.nodes.filter((node) => node.startsWith('n'));
  }

  get primary(): NodeId {
    return this.view?.primary ?? '';
  }

  others(...than: readonly NodeId[]): NodeId[] {
    return this.names.filter((node) => !than.includes(node));
  }

  begin(mode: Mode): void {
    this.#cluster.invoke('v1', 'configure', mode);
    this.#cluster.run(150);
  }

  put(client: NodeId, key: string, then?: (put: Put) => void, value = `v${++this.#values}`): Put {
    const put: Put = { key, value, client, result: undefined, atMs: 0 };
    this.puts.push(put);
    this.#ask(client, { kind: 'put', key, value }, [key, value], (result) => {
      put.result = result as PutResult;
      put.atMs = this.#cluster.nowMs;
      if (then) this.#cluster.after(0, () => then(put));
    });
    return put;
  }

  get(client: NodeId, key: string, then?: (result: ReadResult) => void): void {
    this.#ask(client, { kind: 'get', key }, [key], (result) => {
      if (then) this.#cluster.after(0, () => then(result as ReadResult));
    });
  }

  #ask(
    client: NodeId,
    input: Input,
    args: readonly unknown[],
    then: (result: Result) => void,
  ): void {
    const cluster = this.#cluster;
    const open: Open = { client: `${client}.${++this.#calls}`, input, callAt: cluster.nowMs };
    this.#open.add(open);
    cluster.request(client, input.kind, args, (outcome) => {
      this.#open.delete(open);
      const result = (outcome.ok ? outcome.value : undefined) as Result;
      this.expectKnown(client, input.kind, result ?? outcome);
      const known = result.ok || (input.kind === 'put' && result.error === 'unavailable');
      if (result.ok || input.kind === 'put') {
        const value = 'value' in result ? { value: result.value ?? '' } : {};
        this.#done.push({
          ...open,
          output: value,
          outcome: result.ok ? 'ok' : known ? 'fail' : 'unknown',
          returnAt: known ? cluster.nowMs : Number.POSITIVE_INFINITY,
        });
      }
      then(result);
    });
  }

  expectKnown(client: NodeId, what: 'put' | 'get' | 'read', result: unknown): void {
    const known = result as Result | undefined;
    const errors = what === 'put' ? ['maybe', 'unavailable'] : ['behind', 'unavailable'];
    const isKnown = known?.ok
      ? Number.isInteger(known.version) && (what === 'put' || 'value' in known)
      : errors.includes(known?.error ?? '');
    this.#cluster.expect(isKnown, {
      kind: 'contract',
      ruleId: 'unknown-result',
      rule: 'A call of a client resolves to what the contract allows (contract, ClientLike)',
      evidence: `a ${what} of ${client} ended with ${JSON.stringify(result)}`,
    });
  }

  /** Puts until a put is acknowledged, and demands that one is. */
  mustPut(client: NodeId, key: string, because: string, withinMs = PUT_WITHIN_MS): Put {
    const startMs = this.#cluster.nowMs;
    const endMs = startMs + withinMs;
    let put = this.put(client, key);
    const isOver = () => put.result !== undefined;
    while (this.#cluster.runUntil(isOver, Math.max(0, endMs - this.#cluster.nowMs))) {
      if (put.result?.ok) return put;
      this.#cluster.run(20);
      put = this.put(client, key);
    }
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-put',
      rule: 'With enough replicas in reach a put is acknowledged (contract, Mode)',
      evidence: `${because}: no put of ${client} was acknowledged from ${s(startMs)} to ${s(this.#cluster.nowMs)}; the last: ${JSON.stringify(put.result) ?? 'open'}; ${this.describe()}`,
      lookAt: 'who is primary, what has it sent, and whose durable copies has it counted?',
    });
  }

  /** The values that a replica would have as primary. */
  contents(node: NodeId): Readonly<Record<string, string>> {
    let values: Readonly<Record<string, string>> | undefined;
    this.#cluster.request(node, 'contents', [], (outcome) => {
      if (outcome.ok) values = outcome.value as Readonly<Record<string, string>>;
    });
    this.#cluster.runUntil(() => values !== undefined, 1000);
    if (values !== undefined) return values;
    return this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-contents',
      rule: 'contents resolves once the log has been read (contract, ReplicaLike.contents)',
      evidence: `${node} did not answer within 1 s`,
    });
  }

  /** Acknowledged puts of different keys that this replica does not hold. */
  missing(node: NodeId, puts: readonly Put[] = this.puts): Put[] {
    const contents = this.contents(node);
    return puts.filter(({ key, value, result }) => result?.ok && contents[key] !== value);
  }

  /** `n3 has k1=v1, n1 has k1=v3`: the first key in which two replicas differ. */
  #difference(one: NodeId, other: NodeId): string {
    const [a, b] = [this.contents(one), this.contents(other)];
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    const key = keys.find((name) => a[name] !== b[name]) ?? '';
    const has = (value: string | undefined) =>
      value === undefined ? `no ${key}` : `${key}=${value}`;
    return `${one} has ${has(a[key])}, ${other} has ${has(b[key])}`;
  }

  /** All these replicas soon hold the same. */
  expectSame(nodes: readonly NodeId[] = this.names, withinMs = 2000): void {
    const startMs = this.#cluster.nowMs;
    const text = (node: NodeId) => {
      const contents = this.contents(node);
      return JSON.stringify(Object.entries(contents).sort());
    };
    const differs = () => nodes.find((node) => text(node) !== text(nodes[0] as NodeId));
    while (differs() !== undefined && this.#cluster.nowMs < startMs + withinMs) {
      this.#cluster.run(50);
    }
    const other = differs();
    if (other === undefined) return;
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'not-caught-up',
      rule: 'All replicas in reach of the primary come to hold the same (handout, The contract)',
      evidence: `${s(withinMs)} after everything was mended, ${this.#difference(other, nodes[0] as NodeId)}; ${this.describe()}`,
      lookAt: 'what does the primary send to a follower whose log is not what it expected?',
    });
  }

  describe(): string {
    const { epoch, primary } = this.view ?? {};
    const states = this.names.map((node) => {
      const state = this.#cluster.inspect(node) as ReplicaState | undefined;
      if (state === undefined) return `${node} is down`;
      const { role, lastIndex, commit } = state;
      return `${node} ${role} of epoch ${state.epoch}, log to ${lastIndex}, committed ${commit}`;
    });
    return `view ${epoch}: ${primary}; ${states.join('; ')}${this.#cluster.silence(...this.names)}`;
  }

  /** Waits until all calls have ended. */
  settle(): void {
    const { nowMs } = this.#cluster;
    if (this.#cluster.runUntil(() => this.#open.size === 0, ANSWER_WITHIN_MS)) {
      this.#cluster.run(1);
      return;
    }
    const [first] = this.#open;
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-answer',
      rule: 'Every call of a client ends within 5 s (handout, The contract)',
      evidence: `${this.#open.size} calls are open at ${s(nowMs + ANSWER_WITHIN_MS)}, the first is ${first?.input.kind} ${first?.input.key} of ${first?.client}, since ${s(first?.callAt ?? 0)}; ${this.describe()}${first ? this.#cluster.silence(first.client.split('.')[0] as NodeId) : ''}`,
      lookAt: 'which promise does nobody settle when the primary changes?',
    });
  }

  /** Clients that put and get a few keys for `ms`, each going on when it has been answered. */
  mingle(ms: number, keys: number, restMs = 20): void {
    const { draw } = this.#cluster;
    const endMs = this.#cluster.nowMs + ms;
    for (const client of this.#cluster.clients) {
      const next = () => {
        if (this.#cluster.nowMs >= endMs) return;
        const key = `k${draw.int(1, keys)}`;
        const again = () => this.#cluster.after(draw.int(0, restMs), next);
        if (draw.chance(0.5)) this.get(client, key, again);
        else this.put(client, key, again);
      };
      this.#cluster.after(draw.int(0, 20), next);
    }
    this.#cluster.run(ms);
  }

  expectLinearizable(): void {
    const pending = [...this.#open].map((open) => ({
      ...open,
      outcome: 'unknown' as const,
      returnAt: Number.POSITIVE_INFINITY,
    }));
    this.#cluster.expectLinearizable(kv, [...this.#done, ...pending]);
  }
}

/** The programs of a run; made on first use. */
export function replicas(cluster: Cluster): Replicas {
  return cluster.state('replicas', () => new Replicas(cluster));
}
