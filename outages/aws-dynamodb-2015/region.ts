/**
 * The region of one run, as the grader sees it: how it is set up, what happens to it, and what is
 * measured. Everything that is judged is taken from here, never from what a repaired file says.
 */
import { type Cluster, fleet } from 'faultlab';
import type { Disturbance, Settings } from './contract.ts';

const METADATA = 'm1';

/** A fifth of what the metadata service can do: 3.3 questions a second, of 16.7. */
export const SHIPPED: Settings = { renewEveryMs: 30_000, answerMs: 120, receiveMs: 2 };
export const CPUS = 2;

export class Region {
  readonly servers: readonly string[];
  readonly #cluster: Cluster;
  readonly #out = new Set<string>();
  readonly #confirmedAtMs = new Map<string, number>();
  #settings: Settings;
  #cpus = CPUS;
  #confirmed = 0;
  #otherCause: string | undefined;
  readonly #tookMs: number[] = [];

  constructor(cluster: Cluster, settings: Settings = SHIPPED) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.servers = fleet(cluster, 's');
    cluster.onEmit((node, name, value) => this.#onEmit(node, name, value));
    cluster.chart(1000, [
      { name: 'in service', unit: '%', of: 'level', read: () => 100 * this.inService },
      { name: 'questions', unit: '/s', of: 'count', read: () => this.asked },
      { name: 'answers', unit: '/s', of: 'count', read: () => this.answered },
      {
        name: '… in time',
        unit: '/s',
        of: 'count',
        scaledAs: 'answers',
        read: () => this.confirmed,
      },
    ]);
    cluster.cpu(METADATA, { workers: CPUS });
    this.#bootMetadata();
    for (const server of this.servers) cluster.invoke(server, 'begin', settings);
  }

  /** Share of the storage servers that take requests, 0 … 1. */
  get inService(): number {
    // Not 1 - share: 1 - 95/100 is more than 5/100.
    return (this.servers.length - this.#out.size) / this.servers.length;
  }

  /** Questions asked so far, in the whole region. */
  get asked(): number {
    return this.#cluster.count('requests', 'membership');
  }

  /** Answers that were put together. */
  get answered(): number {
    return this.#cluster.count('messages', 'membership') - this.asked;
  }

  /** Answers that came while the server that asked was still waiting. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** CPU time that the metadata service has spent. */
  get workedMs(): number {
    return this.#cluster.cpu(METADATA).workedMs;
  }

  get renewEveryMs(): number {
    return this.#settings.renewEveryMs;
  }

  get cpus(): number {
    return this.#cpus;
  }

  /** What happened, other than to the network. */
  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  /** How long servers waited for the answers that came in time, in order of arrival. */
  get tookMs(): readonly number[] {
    return this.#tookMs;
  }

  /** The servers in service whose membership is older than `ageMs`, and its age. */
  stale(ageMs: number): readonly { server: string; ageMs: number }[] {
    const { nowMs } = this.#cluster;
    return this.servers
      .filter((server) => !this.#out.has(server))
      .map((server) => ({ server, ageMs: nowMs - (this.#confirmedAtMs.get(server) ?? 0) }))
      .filter((one) => one.ageMs > ageMs);
  }

  /** Lets an event happen, from now until it is over. */
  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    const seconds = `${event.forMs / 1000} s`;
    switch (event.do) {
      case 'cut-network': {
        const count = Math.round(event.share * this.servers.length);
        const cut = cluster.draw.shuffle(this.servers).slice(0, count);
        cluster.mark(`${count} of ${this.servers.length} servers lose the network for ${seconds}`);
        this.cutOff(cut, event.forMs);
        break;
      }
      case 'stop-metadata':
        cluster.mark(`the metadata service is off for ${seconds}`);
        this.#otherCause = `the metadata service was off for ${seconds}`;
        cluster.crash(METADATA);
        cluster.after(event.forMs, () => {
          cluster.restart(METADATA);
          this.#bootMetadata();
        });
        break;
      case 'grow-memberships': {
        cluster.mark(`memberships are ${event.times} × as large for ${seconds}`);
        this.#otherCause = `memberships were ${event.times} × as large for ${seconds}`;
        const before = this.#settings;
        this.#configure({ ...before, answerMs: before.answerMs * event.times });
        cluster.after(event.forMs, () => this.#configure(before));
        break;
      }
    }
  }

  /** Cuts servers off; they notice when the network is back. */
  cutOff(servers: readonly string[], forMs: number): void {
    const cluster = this.#cluster;
    cluster.cut(servers, METADATA);
    cluster.cut(METADATA, servers);
    cluster.after(forMs, () => {
      cluster.mend(servers, METADATA);
      cluster.mend(METADATA, servers);
      cluster.mark('the network is back');
      for (const server of servers) cluster.invoke(server, 'networkIsBack');
    });
  }

  /** This many times the CPUs from now on. */
  multiplyCapacity(times: number): void {
    this.#cluster.mark(`${times} × the capacity`);
    const more = (times - 1) * this.#cpus;
    this.#cpus += more;
    this.#cluster.cpu(METADATA, { workers: this.#cpus });
    this.#beginWork(more);
  }

  /** Nothing reaches the metadata service for a while: what operators can do from outside. */
  pauseQuestions(forMs: number): void {
    this.#cluster.mark(`questions are held back for ${forMs / 1000} s`);
    this.#cluster.cut(this.servers, METADATA);
    this.#cluster.after(forMs, () => {
      this.#cluster.mend(this.servers, METADATA);
      this.#cluster.mark('questions are let in again');
    });
  }

  #bootMetadata(): void {
    this.#configure(this.#settings);
    this.#beginWork(this.#cpus);
  }

  #configure(settings: Settings): void {
    this.#settings = settings;
    this.#cluster.invoke(METADATA, 'configure', settings);
  }

  #beginWork(workers: number): void {
    for (let i = 0; i < workers; i++) this.#cluster.invoke(METADATA, 'work');
  }

  #onEmit(node: string, name: string, value: unknown): void {
    if (name === 'left') this.#out.add(node);
    if (name !== 'confirmed') return;
    this.#out.delete(node);
    this.#confirmed++;
    const { tookMs } = value as { tookMs: number };
    this.#confirmedAtMs.set(node, this.#cluster.nowMs - tookMs);
    this.#tookMs.push(tookMs);
  }
}
