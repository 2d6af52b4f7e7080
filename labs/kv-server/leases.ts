/**
 * Programs that hold a lease while they write to the storage service. What they believe and what is
 * true may differ: a program that was stopped still believes in its token.
 */
import type { Cluster, NodeId, RequestOutcome } from 'faultlab';
import { STORAGE, type WriteReply } from './contract.ts';
import { s } from './workload.ts';

const LOCK = 'the-lease';

export class Leases {
  readonly #cluster: Cluster;
  readonly #leaseMs: number;
  /** What each client believes: the token of its lease. */
  readonly #tokens = new Map<NodeId, number>();
  /** To whom each token was given, and when. */
  readonly #given = new Map<number, { readonly client: NodeId; readonly atMs: number }>();
  readonly #lastWrite = new Map<NodeId, { value: string; reply?: WriteReply | null }>();
  /** The highest token given out, if any. */
  #highest: number | undefined;
  #isWorking = false;
  #values = 0;
  /** Writes that the storage has taken. */
  written = 0;
  /** The client that was given the lock last, unless it has released it. */
  holder: NodeId | undefined;

  constructor(cluster: Cluster, leaseMs: number) {
    this.#cluster = cluster;
    this.#leaseMs = leaseMs;
    cluster.onEmit((_node, name) => {
      if (name === 'written') this.written++;
    });
    cluster.onBoot((node) => {
      // After a boot a client knows nothing of its lease.
      this.#tokens.delete(node);
      if (this.holder === node) this.holder = undefined;
      if (this.#isWorking && cluster.clients.includes(node)) {
        cluster.after(1, () => this.#workOn(node));
      }
    });
  }

  acquire(client: NodeId, then?: () => void): void {
    const before = this.#highest;
    this.#request(client, 'acquireLease', [LOCK, this.#leaseMs], (outcome) => {
      const token = outcome.ok ? outcome.value : outcome.error;
      this.#cluster.expect(outcome.ok && Number.isInteger(token), {
        kind: 'contract',
        ruleId: 'no-token',
        rule: 'acquire resolves to a fencing token, a whole number (contract, LeaseLike)',
        evidence: `acquire of ${client} ended with ${JSON.stringify(token)}${outcome.ok ? '' : outcome.where}`,
      });
      this.#noteToken(client, token as number, before);
      then?.();
    });
  }

  /** A client that was stopped may learn late that it had the lock: its token is low by then. */
  #noteToken(client: NodeId, token: number, before: number | undefined): void {
    const given = this.#given.get(token);
    const isHigher = before === undefined || token > before;
    this.#cluster.expect(isHigher && given === undefined, {
      kind: 'safety',
      ruleId: 'token-order',
      rule: 'A fencing token is given out once, and is higher than those before (contract, LeaseLike)',
      evidence: `${client} was given token ${token} at ${s(this.#cluster.nowMs)}; ${given ? this.#whoHas(token) : `before it asked, ${this.#whoHas(before)}`}`,
      lookAt: 'what grows with each holder, and is known to all?',
    });
    this.#given.set(token, { client, atMs: this.#cluster.nowMs });
    this.#tokens.set(client, token);
    if (this.#highest !== undefined && token < this.#highest) return;
    this.#highest = token;
    this.holder = client;
  }

  /** `c1 was given token 4 at 1.204 s`. */
  #whoHas(token: number | undefined): string {
    const given = token === undefined ? undefined : this.#given.get(token);
    return given === undefined
      ? 'no token was given out'
      : `${given.client} was given token ${token} at ${s(given.atMs)}`;
  }

  release(client: NodeId, then?: () => void): void {
    if (this.holder === client) this.holder = undefined;
    this.#tokens.delete(client);
    this.#request(client, 'releaseLease', [LOCK], () => then?.());
  }

  renew(client: NodeId, then: (isHeld: boolean) => void): void {
    this.#request(client, 'renewLease', [LOCK], (outcome) => then(outcome.ok && !!outcome.value));
  }

  renewEvery(client: NodeId, ms: number): void {
    this.#cluster.after(ms, () => {
      this.renew(client, (isHeld) => {
        if (isHeld) this.renewEvery(client, ms);
      });
    });
  }

  write(client: NodeId, then?: (reply: WriteReply | null) => void): void {
    const token = this.#tokens.get(client) ?? 0;
    const write: { value: string; reply?: WriteReply | null } = { value: `w${++this.#values}` };
    this.#lastWrite.set(client, write);
    this.#request(client, 'write', [token, write.value], (outcome) => {
      write.reply = outcome.ok ? (outcome.value as WriteReply | null) : null;
      then?.(write.reply);
    });
  }

  expectHolder(client: NodeId, withinMs = 4000): void {
    if (this.#cluster.runUntil(() => this.holder === client, withinMs)) return;
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'lease-stuck',
      rule: 'A lock whose holder is silent goes to somebody who wants it (contract, LeaseLike)',
      evidence: `${client} wants the lock, and does not have it at ${s(this.#cluster.nowMs)}; a lease runs for ${this.#leaseMs} ms; the last lease: ${this.#whoHas(this.#highest)}`,
      lookAt: 'how does a waiting client notice that the holder is silent?',
    });
  }

  expectWritten(client: NodeId): void {
    const { value, reply } = this.#lastWrite.get(client) ?? {};
    this.#cluster.expect(reply?.ok === true, {
      kind: 'liveness',
      ruleId: 'write-refused',
      rule: 'The storage takes the writes of the current holder (contract, StorageLike)',
      evidence: `${client}, with token ${this.#tokens.get(client)}, wrote ${value}; the reply of ${STORAGE} was ${JSON.stringify(reply)}; the last lease: ${this.#whoHas(this.#highest)}`,
      lookAt: 'which tokens are too old, and which is just right?',
    });
  }

  expectRefused(client: NodeId): void {
    const { value, reply } = this.#lastWrite.get(client) ?? {};
    this.#cluster.expect(reply?.ok === false, {
      kind: 'safety',
      ruleId: 'late-write-taken',
      rule: 'The storage refuses a token that is older than one it has seen (contract, WriteReply)',
      evidence: `${client}, with token ${this.#tokens.get(client)}, wrote ${value} after the next holder had written; the reply of ${STORAGE} was ${JSON.stringify(reply)}; the last lease: ${this.#whoHas(this.#highest)}`,
      lookAt: 'who is able to notice that this writer is late?',
    });
  }

  expectRenewal(client: NodeId, expected: boolean): void {
    let answer: boolean | undefined;
    this.renew(client, (isHeld) => {
      answer = isHeld;
    });
    this.#cluster.runUntil(() => answer !== undefined, 3000);
    this.#cluster.expect(answer === expected, {
      kind: 'safety',
      ruleId: 'renewed',
      rule: 'renew tells whether the lock is still held (contract, LeaseLike)',
      evidence: `renew of ${client} gave ${answer ?? 'nothing within 3 s'}; the last lease: ${this.#whoHas(this.#highest)}`,
      lookAt: 'how does a holder find out that somebody else has the lock?',
    });
  }

  /** All clients acquire, write three times, renew, release, and begin again, even after a crash. */
  work(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (const client of this.#cluster.clients) this.#workOn(client);
  }

  #workOn(client: NodeId): void {
    const pause = (ms: number, then: () => void) => this.#cluster.after(ms, then);
    const turn = (left: number) => {
      if (left === 0) {
        this.release(client, () => pause(20, () => this.#workOn(client)));
        return;
      }
      this.write(client, () => {
        this.renew(client, (isHeld) => pause(30, () => (isHeld ? turn(left - 1) : turn(0))));
      });
    };
    this.acquire(client, () => turn(3));
  }

  /** Work goes on: the storage takes ten more writes within `ms`. */
  expectWork(ms: number): void {
    this.work();
    const before = this.written;
    const goal = before + 10;
    if (this.#cluster.runUntil(() => this.written >= goal, ms)) return;
    this.#cluster.fail({
      kind: 'liveness',
      ruleId: 'no-work',
      rule: 'Once everything is well again, holders take turns and their writes are taken',
      evidence: `${this.written - before} writes were taken in ${s(ms)}; the last lease: ${this.#whoHas(this.#highest)}`,
      lookAt: 'whom does the key of the lock name now, and does that client know?',
    });
  }

  /** A request to a client that is down is lost; one to a stopped client waits until it goes on. */
  #request(
    client: NodeId,
    method: string,
    args: readonly unknown[],
    done: (outcome: RequestOutcome) => void,
  ): void {
    if (this.#cluster.isPaused(client)) {
      this.#cluster.after(50, () => this.#request(client, method, args, done));
      return;
    }
    this.#cluster.request(client, method, args, (outcome) => {
      this.#cluster.after(0, () => done(outcome));
    });
  }
}

/** The leases of a run; made on first use. */
export function leases(cluster: Cluster, leaseMs: number): Leases {
  return cluster.state('leases', () => new Leases(cluster, leaseMs));
}
