/**
 * The store of one run, as the grader sees it: who leads when, which reports of the databases are written, and
 * which links are dead. Nothing is taken from the repaired file.
 */
import { type Cluster, fleet } from 'faultlab';
import type { Disturbance } from './contract.ts';

const REPORT_EVERY_MS = 200;

interface Leadership {
  readonly name: string;
  readonly term: number;
  readonly atMs: number;
}

/** Members by number: `[1, 3]` is the link between n1 and n3. */
export type Link = readonly [number, number];

export class Store {
  readonly members: readonly string[];
  readonly #cluster: Cluster;
  readonly #databases: readonly string[];
  readonly #elected: Leadership[] = [];
  readonly #campaigns: Leadership[] = [];
  /** When reports were written, or given up. */
  readonly #reported: number[] = [];
  readonly #failed: number[] = [];
  readonly #promoted: { readonly name: string; readonly atMs: number }[] = [];
  #otherCause: string | undefined;

  /** `reports: false`: the databases have nothing to say. */
  constructor(cluster: Cluster, { reports = true } = {}) {
    this.#cluster = cluster;
    this.members = fleet(cluster, 'n');
    this.#databases = fleet(cluster, 'd');
    cluster.network({ minMs: 1, typicalMs: 2, tailChance: 0 });
    cluster.onEmit((node, name, value) => this.#onEmit(node, name, value as { term: number }));
    cluster.chart(1000, [
      { name: 'written', unit: '/s', of: 'count', read: () => this.#reported.length },
      { name: 'refused', unit: '/s', of: 'count', read: () => this.#failed.length },
      { name: 'campaigns', unit: '/s', of: 'count', read: () => this.#campaigns.length },
      { name: 'term', unit: '', of: 'level', read: () => this.term },
    ]);
    if (reports) for (const name of this.#databases) cluster.invoke(name, 'begin', REPORT_EVERY_MS);
  }

  /** Elections that were won, in order of time. */
  get elected(): readonly Leadership[] {
    return this.#elected;
  }

  /** Who was elected last. */
  get leader(): string {
    return this.#elected.at(-1)?.name ?? 'nobody';
  }

  /** The highest term in which anybody has campaigned. */
  get term(): number {
    return this.#campaigns.reduce((highest, { term }) => Math.max(highest, term), 0);
  }

  get promoted(): readonly { readonly name: string; readonly atMs: number }[] {
    return this.#promoted;
  }

  /** What happened besides dead links. */
  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  /** Of 100 reports that ended from `fromMs` on, how many were written. */
  writtenPercent(fromMs: number): number {
    const since = (times: readonly number[]) => times.filter((atMs) => atMs >= fromMs).length;
    const written = since(this.#reported);
    return (100 * written) / Math.max(1, written + since(this.#failed));
  }

  electedSince(fromMs: number): readonly Leadership[] {
    return this.#elected.filter(({ atMs }) => atMs >= fromMs);
  }

  /** The longest time without any report written, from `fromMs` on. */
  gapMs(fromMs: number): number {
    const times = this.#reported.filter((atMs) => atMs >= fromMs);
    const all = [fromMs, ...times, this.#cluster.nowMs];
    return Math.max(...all.map((atMs, i) => atMs - (all[i - 1] ?? fromMs)));
  }

  /** Does what a trigger says, until `forMs` later, or until {@link end}. */
  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    const seconds = `${event.forMs / 1000} s`;
    switch (event.do) {
      case 'cut':
        cluster.mark(`dead link: n${event.a}–n${event.b}`);
        this.#sever(`n${event.a}`, `n${event.b}`);
        break;
      case 'isolate':
        this.#otherCause ??= `n${event.a} could speak to nobody for ${seconds}`;
        cluster.mark(`all links of n${event.a} are dead`);
        this.#sever(`n${event.a}`, this.#others(`n${event.a}`));
        break;
      case 'hang':
        this.#otherCause ??= `n${event.a} hung for ${seconds}`;
        cluster.mark(`n${event.a} hangs`);
        cluster.pause(`n${event.a}`);
        break;
      case 'slow':
        this.#otherCause ??= `every message took ${event.byMs} ms for ${seconds}`;
        cluster.mark(`messages between members take ${event.byMs} ms`);
        cluster.filter(({ from, to }) => {
          return this.members.includes(from) && this.members.includes(to) ? event.byMs : undefined;
        });
        break;
    }
    cluster.after(event.forMs, () => this.end(event));
  }

  end(event: Disturbance): void {
    if (event.do === 'cut') this.#mend(`n${event.a}`, `n${event.b}`);
    if (event.do === 'isolate') this.#mend(`n${event.a}`, this.#others(`n${event.a}`));
    if (event.do === 'hang') this.#cluster.resume(`n${event.a}`);
    if (event.do === 'slow') this.#cluster.filter(undefined);
  }

  /** These links carry nothing for `forMs`. */
  cut(links: readonly Link[], forMs: number): void {
    this.#cluster.mark(`dead links: ${links.map(([a, b]) => `n${a}–n${b}`).join(', ')}`);
    for (const [a, b] of links) this.#sever(`n${a}`, `n${b}`);
    this.#cluster.after(forMs, () => {
      for (const [a, b] of links) this.#mend(`n${a}`, `n${b}`);
    });
  }

  /** Nothing that other members send reaches this one; what it sends arrives. */
  deafen(name: string): void {
    this.#cluster.mark(`${name} hears no member any more`);
    this.#cluster.cut(this.#others(name), name);
  }

  crash(name: string): void {
    this.#cluster.mark(`${name} is gone for good`);
    this.#cluster.crash(name);
  }

  #others(name: string): readonly string[] {
    return this.members.filter((other) => other !== name);
  }

  #sever(name: string, others: string | readonly string[]): void {
    this.#cluster.cut(name, others);
    this.#cluster.cut(others, name);
  }

  #mend(name: string, others: string | readonly string[]): void {
    this.#cluster.mend(name, others);
    this.#cluster.mend(others, name);
  }

  #onEmit(name: string, what: string, { term }: { term: number }): void {
    const atMs = this.#cluster.nowMs;
    if (what === 'reported') this.#reported.push(atMs);
    if (what === 'failed') this.#failed.push(atMs);
    if (what === 'campaigns') this.#campaigns.push({ name, term, atMs });
    if (what === 'leads') this.#elected.push({ name, term, atMs });
    if (what === 'promoted') {
      this.#promoted.push({ name, atMs });
      this.#cluster.mark(`the replica of ${name} is promoted`);
    }
  }
}
