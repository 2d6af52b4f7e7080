/**
 * The programs that use the key-value server: they call `get` and `put` through the student's
 * client, and record what they asked and what they were told. All of it runs in callbacks of virtual
 * time; nothing happens unless a scenario lets time pass.
 */
import {
  type Cluster,
  type Draw,
  type NodeId,
  type Operation,
  type Scenario,
  type Step,
  versionedKv,
} from 'faultlab';
import type { GetResult, PutResult, Version } from './contract.ts';

/** A get or put ends within this time on a network that lets messages through. */
export const ANSWER_WITHIN_MS = 3000;

type Input =
  | { readonly kind: 'get'; readonly key: string }
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string;
      readonly version: Version;
    };

type Result = GetResult | PutResult;

interface Open {
  readonly client: NodeId;
  readonly input: Input;
  readonly callAt: number;
}

export const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

export function describe(input: Input): string {
  return input.kind === 'get'
    ? `get ${input.key}`
    : `put ${input.key}=${input.value} at version ${input.version}`;
}

export class KvWorkload {
  readonly #cluster: Cluster;
  readonly #done: Operation<Input, Result>[] = [];
  readonly #open = new Set<Open>();
  /** By client and key. */
  readonly #seen = new Map<string, Version>();
  #values = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** How many calls have ended. */
  get answered(): number {
    return this.#done.length;
  }

  /** How many puts were answered with `maybe`. */
  get maybes(): number {
    return this.#done.filter(({ outcome }) => outcome === 'unknown').length;
  }

  get(client: NodeId, key: string, then?: (result: GetResult) => void): void {
    this.#ask(client, { kind: 'get', key }, [key], (result) => then?.(result as GetResult));
  }

  put(
    client: NodeId,
    key: string,
    version: Version,
    then?: (result: PutResult) => void,
    value = this.newValue(),
  ): void {
    const input = { kind: 'put', key, value, version } as const;
    this.#ask(client, input, [key, value, version], (result) => then?.(result as PutResult));
  }

  /** A value that was never used before. */
  newValue(): string {
    return `v${++this.#values}`;
  }

  #ask(
    client: NodeId,
    input: Input,
    args: readonly unknown[],
    then: (result: Result) => void,
  ): void {
    const open: Open = { client, input, callAt: this.#cluster.nowMs };
    this.#open.add(open);
    this.#cluster.request(client, input.kind, args, (outcome) => {
      if (!outcome.ok) {
        this.#cluster.fail({
          kind: 'contract',
          ruleId: 'rejected',
          rule: 'A get and a put resolve; they never reject (contract, Kv)',
          evidence: `${client}: ${describe(input)} was rejected with ${outcome.error}${outcome.where}`,
          lookAt: outcome.error.startsWith('RpcError')
            ? 'who catches the RpcError of a call that timed out?'
            : 'what throws there, and which promise does it reject?',
        });
      }
      const result = outcome.value as Result;
      this.#expectKnown(client, input, result);
      this.#open.delete(open);
      const isMaybe = !result.ok && result.error === 'maybe';
      this.#done.push({
        ...open,
        output: result,
        outcome: isMaybe ? 'unknown' : 'ok',
        returnAt: isMaybe ? Number.POSITIVE_INFINITY : this.#cluster.nowMs,
      });
      this.#cluster.after(0, () => then(result));
    });
  }

  #expectKnown(client: NodeId, input: Input, result: Result): void {
    const isKnown =
      result?.ok === true
        ? Number.isInteger(result.version) && (input.kind === 'put' || 'value' in result)
        : result?.ok === false && ['no-key', 'version', 'maybe'].includes(result.error);
    this.#cluster.expect(isKnown, {
      kind: 'contract',
      ruleId: 'unknown-result',
      rule: 'A get and a put resolve to what the contract allows (contract, GetResult, PutResult)',
      evidence: `${client}: ${describe(input)} resolved to ${JSON.stringify(result)}`,
    });
  }

  /** Waits until all calls are answered. */
  settle(
    withinMs = ANSWER_WITHIN_MS,
    lookAt = 'what does the client do when no reply comes?',
  ): void {
    const { nowMs } = this.#cluster;
    if (this.#cluster.runUntil(() => this.#open.size === 0, withinMs)) {
      this.#cluster.run(1); // for what the callers do with the answers
      return;
    }
    const [first] = this.#open;
    const left = this.#open.size - 1;
    const others =
      left === 0 ? '' : `, and ${left} more ${left === 1 ? 'call is' : 'calls are'} open`;
    const silence = first === undefined ? '' : this.#cluster.silence(first.client);
    const since = first === undefined ? '' : `, since ${s(first.callAt)}`;
    const what = first === undefined ? '' : `${first.client}: ${describe(first.input)}`;
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-answer',
      rule: 'Every call ends once the network lets messages through (contract, Kv)',
      evidence: `at ${s(nowMs + withinMs)} no answer to ${what}${since}${others}${silence}`,
      lookAt,
    });
  }

  /**
   * The client gets a key, or puts it at the version that it saw last, so that some puts fail. It makes
   * one call at a time: asked while it is busy or paused, it does nothing.
   */
  ask(client: NodeId, kind: 'get' | 'put', key: string): void {
    const isBusy = [...this.#open].some((open) => open.client === client);
    if (isBusy || this.#cluster.isPaused(client)) return;
    const of = `${client} ${key}`;
    if (kind === 'get') {
      this.get(client, key, (result) => {
        this.#seen.set(of, result.ok ? result.version : 0);
      });
    } else {
      this.put(client, key, this.#seen.get(of) ?? 0, (result) => {
        if (result.ok) this.#seen.set(of, result.version);
      });
    }
  }

  /** The main claim, decided exactly. */
  expectLinearizable(): void {
    const pending = [...this.#open].map((open) => ({
      ...open,
      outcome: 'unknown' as const,
      returnAt: Number.POSITIVE_INFINITY,
    }));
    this.#cluster.expectLinearizable(versionedKv, [...this.#done, ...pending]);
  }

  /**
   * A client that refuses everything tells no lies, but is of no use: on a network that is well, each
   * client in turn gets a key and puts it at the version that it saw.
   */
  expectPuts(): void {
    for (const client of this.#cluster.clients) {
      let answer: PutResult | undefined;
      let seen: Version = 0;
      this.get(client, 'k1', (result) => {
        seen = result.ok ? result.version : 0;
        this.put(client, 'k1', seen, (put) => {
          answer = put;
        });
      });
      this.#cluster.runUntil(() => answer !== undefined, ANSWER_WITHIN_MS);
      this.#cluster.expect(answer?.ok === true, {
        kind: 'liveness',
        ruleId: 'no-puts',
        rule: 'A put that names the current version happens (contract, Kv.put)',
        evidence: `${client}, on its own, saw k1 at version ${seen} and put it at that version; the answer was ${JSON.stringify(answer) ?? `none, within ${ANSWER_WITHIN_MS} ms`}`,
      });
    }
  }

  /** On a network that lost nothing there is no doubt. */
  expectNoMaybe(): void {
    const [first] = this.#done.filter(({ outcome }) => outcome === 'unknown');
    this.#cluster.expect(first === undefined, {
      kind: 'safety',
      ruleId: 'needless-maybe',
      rule: 'maybe is allowed only when the answer cannot be known (contract, Kv.put)',
      evidence: `nothing was lost, and ${first?.client} was told maybe for ${first && describe(first.input)}`,
      lookAt: 'after which replies is there still any doubt?',
    });
  }
}

/** Calls as steps of a plan, so that a failing run can be cut down to the few that matter. */
export function asks(
  draw: Draw,
  { clients, keys, durationMs }: { clients: number; keys: number; durationMs: number },
): Step[] {
  const steps: Step[] = [];
  // Each client is asked every 25 ms or so.
  for (let atMs = 1; atMs < durationMs; atMs += draw.int(1, Math.ceil(50 / clients))) {
    const client = `c${draw.int(1, clients)}`;
    const kind = draw.pick(['get', 'put']);
    steps.push({ atMs, do: 'ask', client, kind, key: `k${draw.int(1, keys)}` });
  }
  return steps;
}

export const actions: NonNullable<Scenario['actions']> = {
  ask(cluster, { client, kind, key }) {
    kv(cluster).ask(client as NodeId, kind as 'get' | 'put', key as string);
  },
};

/** The workload of a run; made on first use. */
export function kv(cluster: Cluster): KvWorkload {
  return cluster.state('kv', () => new KvWorkload(cluster));
}
