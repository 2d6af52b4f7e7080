/**
 * The controller: looks at all databases, keeps track of which is the primary, and tells everybody. It
 * stands for a cluster of controllers that agree by consensus, most of them outside the data centre in the
 * East: so it is where their majority is. `Failover` decides what to do about what it sees.
 */
import { RpcError, sleep } from 'faultlab/node';
import type { ControllerContext, DatabaseRpcs, Epoch, Fleet, Seen, Status } from '../contract.ts';
import { Failover } from '../failover.ts';

const EVERY_MS = 1000;
const TIMEOUT = { timeoutMs: 800 };
const CATCH_UP_MS = 5000;

export class Controller implements Fleet {
  readonly #node: ControllerContext;
  readonly #failover: Failover = new Failover(this);
  readonly #databases: readonly string[];
  readonly #seen = new Map<string, Status & { readonly atMs: number }>();
  #primary = 'e1';
  #epoch: Epoch = 1;

  constructor(node: ControllerContext) {
    this.#node = node;
    this.#databases = node.peers.filter((peer) => /^[ew]/.test(peer));
    node.serve('primary', () => ({ primary: this.#primary, epoch: this.#epoch }));
  }

  async start(): Promise<void> {
    for (;;) {
      const round = sleep(EVERY_MS);
      await Promise.all(this.#databases.map((name) => this.#see(name)));
      const all = this.#databases.map((name) => this.#seenOf(name));
      const [primary] = all.filter(({ name }) => name === this.#primary);
      const replicas = all.filter(({ name }) => name !== this.#primary);
      if (primary !== undefined) await this.#failover.look({ primary, replicas });
      await round;
    }
  }

  /** Called by the grader: what people did, after a day. */
  async repairByHand(): Promise<void> {
    for (const name of this.#databases.filter((one) => one !== this.#primary)) {
      await this.setAside(name);
      await this.rejoin(name);
    }
  }

  async promote(name: string): Promise<boolean> {
    const epoch = this.#epoch + 1;
    const follow = { source: name, epoch: this.#epoch };
    if (await this.#ask(this.#primary, 'follow', follow)) await this.#catchUp(name);
    if (!(await this.#ask(name, 'promote', { epoch }))) return false;
    this.#primary = name;
    this.#epoch = epoch;
    return true;
  }

  setAside(name: string): Promise<number | undefined> {
    return this.#ask(name, 'setAside', {});
  }

  rejoin(name: string): Promise<number | undefined> {
    return this.#ask(name, 'rejoin', {});
  }

  /** Asks a database how it is, and tells it whom to follow when it does not know. */
  async #see(name: string): Promise<void> {
    const leaseMs = this.#failover.leaseMs ?? null;
    const status = await this.#ask(name, 'status', { leaseMs });
    if (status === undefined) return;
    this.#seen.set(name, { ...status, atMs: performance.now() });
    const isLeft = status.epoch < this.#epoch || (status.isPrimary && name !== this.#primary);
    if (isLeft) await this.#ask(name, 'follow', { source: this.#primary, epoch: this.#epoch });
  }

  #seenOf(name: string): Seen {
    const { atMs, ...status } = this.#seen.get(name) ?? { ...UNKNOWN, atMs: 0 };
    const region = name.startsWith('e') ? 'east' : 'west';
    return { ...status, name, region, silentMs: performance.now() - atMs };
  }

  /** The old primary has stopped: gives the new one time to get what it has. */
  async #catchUp(name: string): Promise<void> {
    const untilMs = performance.now() + CATCH_UP_MS;
    const old = await this.#ask(this.#primary, 'status', { leaseMs: null });
    while (old !== undefined && performance.now() < untilMs) {
      await this.#ask(name, 'follow', { source: this.#primary, epoch: this.#epoch });
      const status = await this.#ask(name, 'status', { leaseMs: null });
      if (status !== undefined && status.position >= old.position) return;
      await sleep(200);
    }
  }

  /** Undefined when there was no answer. */
  async #ask<Method extends keyof DatabaseRpcs>(
    name: string,
    method: Method,
    args: Parameters<DatabaseRpcs[Method]>[0],
  ): Promise<Awaited<ReturnType<DatabaseRpcs[Method]>> | undefined> {
    try {
      return await this.#node.call(name, method, args, TIMEOUT);
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }
}

const UNKNOWN: Status = {
  isPrimary: false,
  epoch: 1,
  position: 0,
  sourceSilentMs: 0,
  isDiverged: false,
};
