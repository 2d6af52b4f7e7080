/**
 * The network of one run, as the grader sees it: which features bots show, what the database knows of
 * them, what happens to edges, and what became of visitors.
 */
import { type Cluster, fleet } from 'faultlab';
import type { Disturbance, Feature, FeatureFile } from './contract.ts';

const GENERATOR = 'g1';
const DATABASE = 'd1';
const SHARDS = 10;
const COPIES = 2;
/** Bots change: with each file one feature goes, and another comes. */
export const EVERY_MS = 20_000;
const FEATURES = 12;

/** What became of visitors: two ways to be judged wrongly. */
export interface Served {
  readonly rightly: number;
  readonly botsPassed: number;
  readonly peopleBlocked: number;
  /** Without an answer. */
  readonly failed: number;
}

const NOBODY: Served = { rightly: 0, botsPassed: 0, peopleBlocked: 0, failed: 0 };

export class Network {
  readonly edges: readonly string[];
  readonly #cluster: Cluster;
  #served: Served = NOBODY;
  /** The number of the oldest feature that bots show. */
  #oldest = 1;
  #times = 1;
  #firstFile: FeatureFile | undefined;
  #lastFile = { features: 0 };
  #crashes = 0;
  #changed = 0;
  #otherCause: string | undefined;
  /** What the database says instead of what is known. */
  #instead: ((known: readonly Feature[]) => readonly Feature[]) | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.edges = fleet(cluster, 'e');
    cluster.onEmit((_node, name, value) => this.#onEmit(name, value as never));
    let before = this.#served;
    cluster.chart(5000, [
      {
        name: 'answered',
        unit: '%',
        of: 'level',
        read: () => 100 * shareOf(minus(this.#served, before), 'answered'),
      },
      {
        name: 'judged rightly',
        unit: '%',
        of: 'level',
        read: () => {
          const now = minus(this.#served, before);
          before = this.#served;
          return 100 * shareOf(now, 'rightly');
        },
      },
      { name: 'features', unit: '', of: 'level', read: () => this.#lastFile.features },
      { name: 'crashes', unit: '/s', of: 'count', read: () => this.#crashes },
    ]);
    this.#tellKnown();
    for (const edge of this.edges) {
      cluster.invoke(edge, 'load', this.#firstFile);
      cluster.invoke(edge, 'begin');
    }
    cluster.invoke(GENERATOR, 'begin');
    this.#changeBots();
  }

  get served(): Served {
    return this.#served;
  }

  get crashes(): number {
    return this.#crashes;
  }

  /** How many shards have new permissions. */
  get changed(): number {
    return this.#changed;
  }

  /** What happened, other than to permissions. */
  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    switch (event.do) {
      case 'change-permissions':
        this.changePermissions(event.shards, event.everyMs);
        break;
      case 'double-features':
        cluster.mark('bots are known by twice the number of features');
        this.#otherCause = 'bots were known by twice the number of features';
        this.#setTimes(2);
        cluster.after(event.forMs, () => this.#setTimes(1));
        break;
      case 'restart-edges': {
        const count = Math.round(event.share * this.edges.length);
        cluster.mark(`${count} edges are restarted`);
        this.#otherCause = `${count} edges were restarted by hand`;
        this.restart(cluster.draw.shuffle(this.edges).slice(0, count));
        break;
      }
      case 'stop-generator':
        cluster.mark(`no new files for ${event.forMs / 1000} s`);
        this.#otherCause = `there were no new files for ${event.forMs / 1000} s`;
        cluster.pause(GENERATOR);
        cluster.after(event.forMs, () => cluster.resume(GENERATOR));
        break;
    }
  }

  /** One shard after another, in any order. */
  changePermissions(shards: number, everyMs: number, copies: number = COPIES): void {
    const { draw } = this.#cluster;
    const order = draw.shuffle(Array.from({ length: SHARDS }, (_, i) => i + 1)).slice(0, shards);
    order.forEach((shard, i) => {
      this.#cluster.after(i * everyMs, () => {
        this.#changed++;
        const first = i === 0 || i === order.length - 1;
        if (first) this.#cluster.mark(`shard ${shard} has new permissions, ${i + 1} of ${shards}`);
        this.#cluster.invoke(DATABASE, 'changePermissions', shard, copies);
      });
    });
  }

  /** What the database says, until `undefined` makes it right again. */
  say(
    what: string,
    instead: ((known: readonly Feature[]) => readonly Feature[]) | undefined,
  ): void {
    this.#cluster.mark(what);
    this.#instead = instead;
    this.#tellKnown();
  }

  /** All bots are new, and so are the features that the database knows them by. */
  replaceBots(): void {
    this.#cluster.mark('all bots are new');
    this.#oldest += 100;
    this.#tellKnown();
  }

  restart(edges: readonly string[]): void {
    for (const edge of edges) this.#cluster.invoke(edge, 'restart');
  }

  /** What people did in the end: no new files, and an old one everywhere. */
  restoreByHand(): void {
    this.#cluster.mark('no more new files, and an old one everywhere');
    this.#cluster.pause(GENERATOR);
    for (const edge of this.edges) this.#cluster.invoke(edge, 'load', this.#firstFile);
  }

  get #known(): readonly Feature[] {
    const count = FEATURES * this.#times;
    return Array.from({ length: count }, (_, i) => {
      return { name: `feature-${this.#oldest + i}`, weight: 100 / count };
    });
  }

  #setTimes(times: number): void {
    this.#times = times;
    this.#tellKnown();
  }

  #changeBots(): void {
    this.#cluster.after(EVERY_MS, () => {
      this.#oldest++;
      this.#tellKnown();
      this.#changeBots();
    });
  }

  #tellKnown(): void {
    const known = this.#known;
    this.#firstFile ??= { version: 0, features: known };
    this.#cluster.invoke(DATABASE, 'write', this.#instead?.(known) ?? known);
    const names = known.map(({ name }) => name);
    for (const edge of this.edges) this.#cluster.invoke(edge, 'bots', names);
  }

  #onEmit(name: string, value: Served & { features: number }): void {
    if (name === 'made') this.#lastFile = value;
    if (name === 'down') this.#crashes++;
    if (name === 'served') this.#served = plus(this.#served, value);
  }
}

export const plus = (a: Served, b: Served): Served => ({
  rightly: a.rightly + b.rightly,
  botsPassed: a.botsPassed + b.botsPassed,
  peopleBlocked: a.peopleBlocked + b.peopleBlocked,
  failed: a.failed + b.failed,
});

export const minus = (a: Served, b: Served): Served => ({
  rightly: a.rightly - b.rightly,
  botsPassed: a.botsPassed - b.botsPassed,
  peopleBlocked: a.peopleBlocked - b.peopleBlocked,
  failed: a.failed - b.failed,
});

/** The share of the visitors who were answered, or answered rightly, 0 … 1. */
export function shareOf(served: Served, what: 'answered' | 'rightly'): number {
  const { rightly, botsPassed, peopleBlocked, failed } = served;
  const answered = rightly + botsPassed + peopleBlocked;
  return (what === 'rightly' ? rightly : answered) / Math.max(1, answered + failed);
}
