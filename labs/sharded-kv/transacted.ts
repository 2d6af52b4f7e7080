/**
 * The programs of part F: transactions of reads and appends. Each append is of a number used only once,
 * so what was read tells which transactions came before, and a cycle of them proves that they were not
 * executed one after the other (Adya 1999; Kingsbury and Alvaro, Elle, 2020). A get or an append on
 * its own is a transaction of one step.
 */
import {
  type Cluster,
  checkListAppend,
  type NodeId,
  type TransactionHistory,
  tellTransactions,
} from 'faultlab';
import type { Committed, Step } from './contract.ts';
import { s, view } from './view.ts';
import { ANSWER_WITHIN_MS } from './workload.ts';

type Micro = readonly ['r', string, readonly number[] | null] | readonly ['append', string, number];

interface Asked {
  readonly client: NodeId;
  readonly steps: readonly Step[];
  readonly callAt: number;
}

export interface Done extends Asked {
  readonly values: readonly (string | null)[];
  readonly returnAt: number;
}

interface Call {
  readonly client: NodeId;
  readonly method: 'transact' | Step['kind'];
  readonly args: readonly unknown[];
  readonly steps: readonly Step[];
  readonly then?: (() => void) | undefined;
}

/** `3.12.` → [3, 12]. */
const listOf = (value: string): readonly number[] =>
  value.split('.').flatMap((piece) => (piece === '' ? [] : [Number(piece)]));

const inputOf = (step: Step): Micro =>
  step.kind === 'get'
    ? ['r', step.key, null]
    : ['append', step.key, Number.parseInt(step.value, 10)];

const describe = (steps: readonly Step[]) =>
  steps
    .map((step) => (step.kind === 'get' ? `get ${step.key}` : `append ${step.key} "${step.value}"`))
    .join(', ');

export class TransactedWorkload {
  readonly #cluster: Cluster;
  readonly done: Done[] = [];
  readonly #open = new Map<NodeId, Asked>();
  #values = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  isBusy(client: NodeId): boolean {
    return this.#open.has(client);
  }

  append(key: string): Step {
    return { kind: 'append', key, value: `${++this.#values}.` };
  }

  transact(client: NodeId, steps: readonly Step[], then?: () => void): void {
    this.#ask({ client, method: 'transact', args: [steps], steps, then }, (value) => {
      const { at, values } = (value ?? {}) as Partial<Committed>;
      return Number.isSafeInteger(at) ? values : undefined;
    });
  }

  /** A get or an append that is not a transaction, but has its place in their order all the same. */
  plain(client: NodeId, step: Step, then?: () => void): void {
    const args = step.kind === 'get' ? [step.key] : [step.key, step.value];
    const valuesOf = (value: unknown) => [step.kind === 'get' ? (value as string) : null];
    this.#ask({ client, method: step.kind, args, steps: [step], then }, valuesOf);
  }

  #ask(
    { client, method, args, steps, then }: Call,
    valuesOf: (value: unknown) => Done['values'] | undefined,
  ): void {
    const asked: Asked = { client, steps, callAt: this.#cluster.nowMs };
    if (this.isBusy(client)) throw new Error(`${client} has an operation under way already`);
    this.#open.set(client, asked);
    this.#cluster.request(client, method, args, (outcome) => {
      this.#open.delete(client);
      const values = outcome.ok ? valuesOf(outcome.value) : undefined;
      const isRight =
        values?.length === steps.length &&
        steps.every(({ kind }, i) => (kind === 'get') === (typeof values[i] === 'string'));
      const isWhole = method === 'transact';
      this.#cluster.expect(isRight, {
        kind: 'contract',
        ruleId: 'no-result',
        rule: isWhole
          ? 'A transaction resolves to its time, and a string for each get (contract, TransactionalKv)'
          : 'A get resolves to a string, and nothing rejects (contract, Kv)',
        evidence: `${client}: ${describe(steps)} ${outcome.ok ? `resolved to ${JSON.stringify(outcome.value)}` : `was rejected with ${outcome.error}${outcome.where}`}`,
        lookAt: isWhole
          ? 'what does a client know when a transaction has been committed, and what when it was not?'
          : 'what does a client do when it is told that a key is locked?',
      });
      const returnAt = this.#cluster.nowMs;
      this.done.push({ ...asked, values: values as Done['values'], returnAt });
      if (then) this.#cluster.after(0, then);
    });
  }

  /** One transaction; others go on meanwhile. */
  transact1(client: NodeId, steps: readonly Step[], withinMs = ANSWER_WITHIN_MS): Done {
    this.#cluster.run(1);
    this.transact(client, steps);
    this.#wait(withinMs, [client]);
    return this.done.findLast((one) => one.client === client) as Done;
  }

  /** Also what clients ask once they have an answer: each has one operation at a time. */
  settle(withinMs = ANSWER_WITHIN_MS): void {
    do this.#wait(withinMs, [...this.#open.keys()]);
    while (this.#open.size > 0);
  }

  #wait(withinMs: number, clients: readonly NodeId[]): void {
    const open = () => clients.flatMap((client) => this.#open.get(client) ?? []);
    this.#cluster.runUntil(() => open().length === 0, withinMs);
    const [first] = open();
    if (first !== undefined) {
      this.#cluster.fail({
        kind: 'liveness',
        ruleId: 'transaction-hangs',
        rule: 'Every transaction ends while majorities can be reached; no lock is held forever (handout, Part F)',
        evidence: `${open().length} open after ${withinMs} ms, the first is ${first.client}: ${describe(first.steps)}, since ${s(first.callAt)}; ${view(this.#cluster).describe()}`,
        lookAt:
          'who holds a lock on these keys, for which transaction, and who could tell what has become of it?',
      });
    }
    this.#cluster.run(1);
  }

  /** Clients do transactions of two or three steps on some keys, one after the other. */
  begin(ms: number, keys: readonly string[], clients: readonly NodeId[]): void {
    const { draw } = this.#cluster;
    const endMs = this.#cluster.nowMs + ms;
    for (const client of clients) {
      const next = () => {
        if (this.#cluster.nowMs >= endMs || this.isBusy(client)) return;
        const some = draw.shuffle(keys).slice(0, draw.int(2, 3));
        const isReader = draw.chance(0.25);
        const steps = some.map((key): Step => {
          return isReader || draw.chance(0.4) ? { kind: 'get', key } : this.append(key);
        });
        this.transact(client, steps, () => this.#cluster.after(draw.int(1, 60), next));
      };
      this.#cluster.after(draw.int(0, 30), next);
    }
  }

  mingle(ms: number, keys: readonly string[], clients = this.#cluster.clients): void {
    this.begin(ms, keys, clients);
    this.#cluster.run(ms);
  }

  /** The end of every scenario: all ended, everything read once more, and one order for all. */
  finish(keys: readonly string[]): void {
    this.settle();
    this.transact1(
      'c1',
      keys.map((key): Step => ({ kind: 'get', key })),
    );
    this.expectSerializable();
  }

  expectSerializable(): void {
    const open = [...this.#open.values()].map(({ client, steps, callAt }) => {
      const input = steps.map(inputOf);
      const returnAt = Number.POSITIVE_INFINITY;
      return { client, input, callAt, returnAt, outcome: 'unknown' as const };
    });
    const done = this.done.map(({ client, steps, values, callAt, returnAt }) => {
      const input = steps.map(inputOf);
      const output = input.map((micro, i): Micro => {
        return micro[0] === 'r' ? ['r', micro[1], listOf(values[i] as string)] : micro;
      });
      return { client, input, output, callAt, returnAt, outcome: 'ok' as const };
    });
    const history: TransactionHistory = [...done, ...open];
    const result = checkListAppend(history, { level: 'strong-session-serializable' });
    if (result.verdict === 'ok') return;
    const [head = '', ...lines] = tellTransactions(result, { width: 78, whole: true });
    this.#cluster.fail({
      kind: 'safety',
      ruleId: 'not-serializable',
      rule: 'Transactions take effect in some serial order that keeps each client’s own in order (handout, Part F)',
      evidence: head,
      picture: lines,
    });
  }
}

/** The transactions of a run; made on first use. */
export function transacted(cluster: Cluster): TransactedWorkload {
  return cluster.state('transacted', () => new TransactedWorkload(cluster));
}
