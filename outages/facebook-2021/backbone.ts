/**
 * The backbone and the internet of one run, as the grader sees them: which sites have a way to the data
 * centres, which of them visitors find, and the people who mend it.
 */
import { type Cluster, fleet } from 'faultlab';
import type { Disturbance } from './contract.ts';

/** The tools of those who mend it need DNS. With it they work from afar; without, they have to go there. */
export const REMOTE_REPAIR_MS = 300_000;
export const ON_SITE_REPAIR_MS = 1_800_000;
const TICK_MS = 1000;

export class Backbone {
  readonly sites: readonly string[];
  readonly #dataCentres: readonly string[];
  readonly #cluster: Cluster;
  readonly #withdrawn = new Set<string>();
  readonly #cutOff = new Set<string>();
  readonly #down = new Set<string>();
  readonly #withoutInternet = new Set<string>();
  #withdrawals = 0;
  #changedAtMs = 0;
  #mendedAfterMs: number | undefined;
  #otherCause: string | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.sites = fleet(cluster, 's');
    this.#dataCentres = fleet(cluster, 'd');
    cluster.onEmit((node, name) => this.#onEmit(node, name));
    const percentOf = (sites: readonly string[]) => (100 * sites.length) / this.sites.length;
    cluster.chart(5000, [
      {
        name: 'found by visitors',
        unit: '%',
        of: 'level',
        read: () => percentOf(this.found),
      },
      {
        name: '… of use',
        unit: '%',
        of: 'level',
        scaledAs: 'found by visitors',
        read: () => percentOf(this.found.filter((site) => !this.isCutOff(site))),
      },
      {
        name: 'on the backbone',
        unit: '%',
        of: 'level',
        read: () => percentOf(this.sites.filter((site) => !this.isCutOff(site))),
      },
      { name: 'withdrawals', unit: '/s', of: 'count', read: () => this.#withdrawals },
    ]);
  }

  /** Sites whose DNS servers run. */
  get up(): readonly string[] {
    return this.sites.filter((site) => !this.#down.has(site));
  }

  /** Sites to which the internet sends visitors. */
  get found(): readonly string[] {
    return this.up.filter((site) => !this.#withdrawn.has(site) && !this.#withoutInternet.has(site));
  }

  get withdrawals(): number {
    return this.#withdrawals;
  }

  /** For how long nothing has happened to the backbone, or to sites. */
  get calmForMs(): number {
    return this.#cluster.nowMs - this.#changedAtMs;
  }

  /** How long after a command the backbone was mended. */
  get mendedAfterMs(): number | undefined {
    return this.#mendedAfterMs;
  }

  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  isCutOff(site: string): boolean {
    return this.#cutOff.has(site);
  }

  pick(count: number, from: readonly string[] = this.sites): readonly string[] {
    return this.#cluster.draw.shuffle(from).slice(0, count);
  }

  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    if (event.do === 'run-command') {
      this.runCommand(this.pick(Math.round(event.share * this.sites.length)));
      return;
    }
    const seconds = `${event.forMs / 1000} s`;
    switch (event.do) {
      case 'stop-data-centres': {
        const stopped = this.pick(event.count, this.#dataCentres);
        this.#otherCause = `${stopped.length} of the data centres had no power for ${seconds}`;
        cluster.mark(`${stopped.join(', ')} without power for ${seconds}`);
        for (const dataCentre of stopped) {
          cluster.crash(dataCentre);
          cluster.after(event.forMs, () => cluster.restart(dataCentre));
        }
        break;
      }
      case 'stop-dns-servers': {
        const stopped = this.pick(Math.round(event.share * this.sites.length));
        this.#otherCause = `the DNS servers of ${stopped.length} sites were down for ${seconds}`;
        this.stop(stopped);
        cluster.after(event.forMs, () => this.#start(stopped));
        break;
      }
      case 'cut-internet': {
        const cut = this.pick(Math.round(event.share * this.sites.length));
        this.#otherCause = `${cut.length} sites had no way to the internet for ${seconds}`;
        cluster.mark(`${cut.length} sites have no way to the internet for ${seconds}`);
        for (const site of cut) this.#withoutInternet.add(site);
        cluster.cut(cut, this.sites);
        cluster.cut(this.sites, cut);
        cluster.after(event.forMs, () => {
          for (const site of cut) this.#withoutInternet.delete(site);
          cluster.mend(cut, this.sites);
          cluster.mend(this.sites, cut);
        });
        break;
      }
    }
  }

  /** Takes the links of these sites out; people begin to look for the reason at once. */
  runCommand(sites: readonly string[]): void {
    this.#cluster.mark(
      `a command takes ${sites.length} of ${this.sites.length} sites off the backbone`,
    );
    this.cutOff(sites);
    this.#repair(sites, 0, 0);
  }

  /** No way to any data centre. */
  cutOff(sites: readonly string[]): void {
    for (const site of sites) this.#cutOff.add(site);
    this.#cluster.cut(sites, this.#dataCentres);
    this.#cluster.cut(this.#dataCentres, sites);
    this.#changedAtMs = this.#cluster.nowMs;
  }

  mend(sites: readonly string[]): void {
    for (const site of sites) this.#cutOff.delete(site);
    this.#cluster.mend(sites, this.#dataCentres);
    this.#cluster.mend(this.#dataCentres, sites);
    this.#changedAtMs = this.#cluster.nowMs;
  }

  /** The DNS servers of these sites are down, until further notice. */
  stop(sites: readonly string[]): void {
    this.#cluster.mark(`the DNS servers of ${sites.length} sites are down`);
    for (const site of sites) {
      this.#cluster.crash(site);
      this.#down.add(site);
    }
    this.#changedAtMs = this.#cluster.nowMs;
  }

  #start(sites: readonly string[]): void {
    for (const site of sites) {
      this.#cluster.restart(site);
      this.#down.delete(site);
      this.#withdrawn.delete(site);
    }
  }

  #repair(sites: readonly string[], forMs: number, withToolsMs: number): void {
    const isDone = withToolsMs >= REMOTE_REPAIR_MS || forMs >= ON_SITE_REPAIR_MS;
    if (isDone) {
      const how = withToolsMs >= REMOTE_REPAIR_MS ? 'from afar' : 'on site';
      this.#cluster.mark(`the backbone is mended ${how}, after ${forMs / 1000} s`);
      this.#mendedAfterMs = forMs;
      this.mend(sites);
      return;
    }
    this.#cluster.after(TICK_MS, () => {
      const haveTools = this.found.length > 0;
      this.#repair(sites, forMs + TICK_MS, withToolsMs + (haveTools ? TICK_MS : 0));
    });
  }

  #onEmit(site: string, name: string): void {
    if (name === 'advertised') this.#withdrawn.delete(site);
    if (name !== 'withdrawn') return;
    this.#withdrawn.add(site);
    this.#withdrawals++;
  }
}
