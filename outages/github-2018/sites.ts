/**
 * The two regions of one run, as the grader sees them: who took which write, who has it, and what happens
 * to the network. Nothing is taken from the repaired file.
 */
import { type Cluster, fleet } from 'faultlab';
import type { Disturbance } from './contract.ts';

const CONTROLLER = 'k1';
const EAST_APP = 'a1';
const WEST_APP = 'a2';
/** 18 writes a second in the East, 2 in the West. */
const EAST_EVERY_MS = 55;
const WEST_EVERY_MS = 500;
/** One way between the regions. */
const FAR_MS = 30;
/** A write under an old epoch may have been on its way for this long. */
const ON_ITS_WAY_MS = 1000;

export interface Written {
  readonly write: string;
  readonly by: string;
  readonly epoch: number;
  readonly tookMs: number;
  readonly atMs: number;
  readonly app: string;
}

/** A write taken under an old epoch when a newer primary had long been taking others. */
interface Split {
  readonly old: Written;
  readonly new: Written;
}

export class Sites {
  readonly east: readonly string[];
  readonly west: readonly string[];
  readonly #cluster: Cluster;
  readonly #written: Written[] = [];
  /** How many of them the databases of each region took. */
  readonly #taken = { east: 0, west: 0 };
  readonly #setAside = new Set<string>();
  readonly #discarded: string[] = [];
  readonly #splits: Split[] = [];
  /** The first write of the newest epoch. */
  #newest: Written | undefined;
  readonly #promotions: { name: string; epoch: number; atMs: number }[] = [];
  #failed = 0;
  #otherCause: string | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.east = fleet(cluster, 'e');
    this.west = fleet(cluster, 'w');
    cluster.network({ minMs: 1, typicalMs: 2, tailChance: 0 });
    const inEast = new Set([...this.east, EAST_APP]);
    cluster.filter(({ from, to }) => (inEast.has(from) === inEast.has(to) ? undefined : FAR_MS));
    cluster.onEmit((node, name, value) => this.#onEmit(node, name, value as never));
    cluster.chart(1000, [
      { name: 'East takes', unit: '/s', of: 'count', read: () => this.#taken.east },
      { name: 'West takes', unit: '/s', of: 'count', read: () => this.#taken.west },
      { name: 'failed', unit: '/s', of: 'count', read: () => this.#failed },
      { name: 'East waits', unit: 'ms', of: 'level', read: () => this.eastWaitsMs(1000) },
    ]);
    cluster.invoke(EAST_APP, 'begin', EAST_EVERY_MS);
    cluster.invoke(WEST_APP, 'begin', WEST_EVERY_MS);
  }

  /** Acknowledged writes, in order of time. */
  get written(): readonly Written[] {
    return this.#written;
  }

  get splits(): readonly Split[] {
    return this.#splits;
  }

  get promotions(): readonly {
    readonly name: string;
    readonly epoch: number;
    readonly atMs: number;
  }[] {
    return this.#promotions;
  }

  /** The database that was promoted last. */
  get primary(): string {
    return this.#promotions.at(-1)?.name ?? 'e1';
  }

  get setAside(): number {
    return this.#setAside.size;
  }

  /** Writes that databases had to forget. */
  get discarded(): readonly string[] {
    return this.#discarded;
  }

  /** The longest time without any write, from `fromMs` on. */
  gapMs(fromMs: number): number {
    const times = [fromMs, ...this.#written.map(({ atMs }) => atMs), this.#cluster.nowMs];
    const later = times.filter((atMs) => atMs >= fromMs);
    return Math.max(...later.map((atMs, i) => atMs - (later[i - 1] ?? fromMs)));
  }

  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  /** In the last `ms`, half of the writes in the East took this long or less; 0 when there were none. */
  eastWaitsMs(ms: number): number {
    const sinceMs = this.#cluster.nowMs - ms;
    const took: number[] = [];
    for (let i = this.#written.length - 1; i >= 0; i--) {
      const { app, atMs, tookMs } = this.#written[i] as Written;
      if (atMs < sinceMs) break;
      if (app === EAST_APP) took.push(tookMs);
    }
    return took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
  }

  /** Acknowledged writes of `databases` that none of `others` has. */
  onlyIn(databases: readonly string[], others: readonly string[]): readonly Written[] {
    const there = new Set(others.flatMap((name) => this.#writesOf(name)));
    return this.#written.filter(({ by, write }) => databases.includes(by) && !there.has(write));
  }

  /** Acknowledged writes that the primary does not have, and that were not handed to people. */
  get lost(): readonly Written[] {
    const there = new Set(this.#writesOf(this.primary));
    // What was acknowledged in this very moment is there, too.
    return this.#written.filter(({ write }) => !there.has(write) && !this.#setAside.has(write));
  }

  /** The databases that run, but lack more than `writes` of what the primary has. */
  behind(writes: number): readonly string[] {
    const all = this.#writesOf(this.primary).length;
    return [...this.east, ...this.west].filter(
      (name) => this.#cluster.isUp(name) && this.#writesOf(name).length < all - writes,
    );
  }

  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    const seconds = `${event.forMs / 1000} s`;
    switch (event.do) {
      case 'cut-east':
        this.cutEast(event.forMs);
        break;
      case 'hang-east':
        this.#otherCause = `everything in the East hung for ${seconds}`;
        this.#hang([...this.east, EAST_APP], 'the East', event.forMs);
        break;
      case 'hang-primary':
        this.#otherCause = `the primary hung for ${seconds}`;
        this.#hang(['e1'], 'e1', event.forMs);
        break;
      case 'cut-controller':
        this.#otherCause = `the controller could not be reached for ${seconds}`;
        cluster.mark(`${CONTROLLER} cannot be reached`);
        cluster.isolate(CONTROLLER);
        cluster.after(event.forMs, () => this.#heal());
        break;
    }
  }

  /** The network between the East and everything else is gone. */
  cutEast(forMs: number): void {
    const cluster = this.#cluster;
    cluster.mark('the East cannot be reached');
    cluster.partition([...this.east, EAST_APP], [...this.west, CONTROLLER, WEST_APP]);
    cluster.after(forMs, () => this.#heal());
  }

  /** Only the controller cannot reach a database. */
  cutFromController(name: string, forMs: number): void {
    const cluster = this.#cluster;
    cluster.mark(`${CONTROLLER} and ${name} cannot reach each other`);
    cluster.cut(CONTROLLER, name);
    cluster.cut(name, CONTROLLER);
    cluster.after(forMs, () => this.#heal());
  }

  /** A replica gets nothing from the primary any more. */
  cutReplica(name: string): void {
    this.#cluster.mark(`${name} gets nothing from e1 any more`);
    this.#cluster.cut(name, 'e1');
  }

  crash(names: readonly string[]): void {
    this.#cluster.mark(`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} gone for good`);
    for (const name of names) this.#cluster.crash(name);
  }

  repairByHand(): void {
    this.#cluster.mark('people set the writes aside, and have the databases rejoin');
    this.#cluster.invoke(CONTROLLER, 'repairByHand');
  }

  #heal(): void {
    this.#cluster.heal();
    this.#cluster.mark('the network is back');
  }

  #hang(nodes: readonly string[], words: string, forMs: number): void {
    const cluster = this.#cluster;
    cluster.mark(`${words} hangs`);
    for (const node of nodes) cluster.pause(node);
    cluster.after(forMs, () => {
      for (const node of nodes) cluster.resume(node);
      cluster.mark(`${words} goes on`);
    });
  }

  #writesOf(name: string): readonly string[] {
    return (this.#cluster.invoke(name, 'writes') as readonly string[] | undefined) ?? [];
  }

  #onEmit(node: string, name: string, value: Written & { writes: readonly string[] }): void {
    const { nowMs } = this.#cluster;
    if (name === 'written') this.#onWritten({ ...value, app: node, atMs: nowMs });
    if (name === 'failed') this.#failed++;
    if (name === 'promoted') {
      this.#promotions.push({ name: node, epoch: value.epoch, atMs: nowMs });
      this.#cluster.mark(`${node} is promoted`);
    }
    if (name === 'set-aside') for (const write of value.writes) this.#setAside.add(write);
    if (name === 'discarded') this.#discarded.push(...value.writes);
  }

  #onWritten(written: Written): void {
    this.#written.push(written);
    this.#taken[this.east.includes(written.by) ? 'east' : 'west']++;
    const newest = this.#newest;
    if (newest === undefined || written.epoch > newest.epoch) this.#newest = written;
    else if (written.epoch < newest.epoch && written.atMs > newest.atMs + ON_ITS_WAY_MS) {
      this.#splits.push({ old: written, new: newest });
    }
  }
}
