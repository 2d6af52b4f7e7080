/**
 * The site of one run, as the grader sees it: how it is set up, what happens to it, and what is measured.
 * Everything that is judged is taken from here: from pages, from messages, and from the database's CPUs.
 */
import { type Cluster, fleet } from 'faultlab';
import { type Disturbance, isValid, type Settings, type Value } from './contract.ts';

const CACHE = 'm1';
const DATABASE = 'd1';
const CPUS = 4;
/** What is published reaches the cache this much later: after every answer that was older. */
const PUSH_MS = 500;
const INVALID = -1;
/** A page must not be made with a value that was replaced longer ago than this. */
export const FRESH_WITHIN_MS = 30_000;

/** 50 pages a second; the database can do 10 queries a second, and usually has none to do. */
export const SHIPPED: Settings = { keys: ['limit-1'], pageEveryMs: 2000, queryMs: 400 };

export const keysOf = (count: number) => Array.from({ length: count }, (_, i) => `limit-${i + 1}`);

/** A page that was made with a value that it should not have had. */
export interface BadPage {
  readonly server: string;
  readonly key: string;
  readonly value: Value;
  readonly newest: Value;
  /** How long ago it was replaced. */
  readonly forMs: number;
}

interface Published {
  readonly value: Value;
  readonly atMs: number;
}

export class Site {
  readonly servers: readonly string[];
  readonly #cluster: Cluster;
  readonly #settings: Settings;
  /** All valid values of a key so far, the newest last. */
  readonly #published = new Map<string, Published[]>();
  #badPage: BadPage | undefined;
  #version = 0;
  #cpus = CPUS;
  #pages = 0;
  #made = 0;
  #inTime = 0;
  #removedValid = 0;
  #otherCause: string | undefined;

  constructor(cluster: Cluster, settings: Partial<Settings> = {}) {
    this.#cluster = cluster;
    this.#settings = { ...SHIPPED, ...settings };
    this.servers = fleet(cluster, 'w');
    cluster.onEmit((node, name, value) => this.#onEmit(node, name, value as never));
    cluster.chart(1000, [
      { name: 'pages', unit: '/s', of: 'count', read: () => this.#pages },
      { name: '… made', unit: '/s', of: 'count', scaledAs: 'pages', read: () => this.#made },
      { name: 'queries', unit: '/s', of: 'count', read: () => this.queries },
      { name: '… in time', unit: '/s', of: 'count', scaledAs: 'queries', read: () => this.#inTime },
    ]);
    cluster.cpu(DATABASE, { workers: CPUS });
    cluster.invoke(DATABASE, 'configure', this.#settings);
    for (const key of this.#settings.keys) {
      this.#write(key, ++this.#version);
      this.#push(key, this.newest(key).value, 'console');
    }
    for (const server of this.servers) cluster.invoke(server, 'begin', this.#settings);
  }

  get pages(): number {
    return this.#pages;
  }

  /** Pages that were made with some value. */
  get made(): number {
    return this.#made;
  }

  /** Queries that were sent to the database. */
  get queries(): number {
    return this.#cluster.count('requests', 'query');
  }

  /** Queries that it can do in a second. */
  get capacityPerS(): number {
    return (1000 * this.#cpus) / this.#settings.queryMs;
  }

  get answers(): number {
    return this.#cluster.count('messages', 'query') - this.queries;
  }

  /** Answers that somebody was still waiting for. */
  get inTime(): number {
    return this.#inTime;
  }

  get workedMs(): number {
    return this.#cluster.cpu(DATABASE).workedMs;
  }

  get cpus(): number {
    return this.#cpus;
  }

  /** How often a key with a valid value was removed from the cache. */
  get removedValid(): number {
    return this.#removedValid;
  }

  /** What happened, other than to a value. */
  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  /** The first page with a value that was never published, not valid, or outdated for too long. */
  get badPage(): BadPage | undefined {
    return this.#badPage;
  }

  newest(key: string): Published {
    return this.#published.get(key)?.at(-1) as Published;
  }

  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    switch (event.do) {
      case 'publish-invalid':
        this.publishInvalid();
        cluster.after(event.forMs, () => this.correct());
        break;
      case 'damage-cache':
        this.#otherCause = 'the database never had another value';
        this.damageCache();
        break;
      case 'stop-cache':
        this.#otherCause = `the cache was off for ${event.forMs / 1000} s`;
        this.stopCache(event.forMs);
        break;
      case 'stop-database':
        this.#otherCause = `the database did not answer for ${event.forMs / 1000} s`;
        cluster.mark(`the database stops for ${event.forMs / 1000} s`);
        cluster.pause(DATABASE);
        cluster.after(event.forMs, () => cluster.resume(DATABASE));
        break;
      case 'more-pages':
        this.#otherCause = `there were ${event.times} × the pages for ${event.forMs / 1000} s`;
        cluster.mark(`${event.times} × the pages for ${event.forMs / 1000} s`);
        for (const server of this.servers) cluster.invoke(server, 'visitors', true, event.times);
        cluster.after(event.forMs, () => this.letIn(1));
        break;
    }
  }

  /** Every key has a value that is not valid, in the database and in the cache. */
  publishInvalid(): void {
    this.#cluster.mark('a value that is not valid is published');
    for (const key of this.#settings.keys) {
      const value = { version: ++this.#version, limit: INVALID };
      this.#cluster.invoke(DATABASE, 'publish', key, value);
      this.#cluster.after(PUSH_MS, () => this.#push(key, value, 'console'));
    }
  }

  /** Every key has a new and valid value: in the database and, unless told otherwise, in the cache. */
  correct({ inCache = true }: { inCache?: boolean } = {}): void {
    const where = inCache ? 'everywhere' : 'in the database, and not in the cache';
    this.#cluster.mark(`a valid value is published ${where}`);
    for (const key of this.#settings.keys) {
      this.#write(key, ++this.#version);
      const { value } = this.newest(key);
      if (inCache) this.#cluster.after(PUSH_MS, () => this.#push(key, value, 'console'));
    }
  }

  /** What the cache has is no longer a value. */
  damageCache(): void {
    this.#cluster.mark('what the cache has is damaged');
    for (const key of this.#settings.keys)
      this.#push(key, { version: 0, limit: INVALID }, 'chance');
  }

  /** It comes back empty. */
  stopCache(forMs: number): void {
    this.#cluster.mark(`the cache is off for ${forMs / 1000} s`);
    this.#cluster.crash(CACHE);
    this.#cluster.after(forMs, () => {
      this.#cluster.mark('the cache is back, and empty');
      this.#cluster.restart(CACHE);
    });
  }

  /** This many times the CPUs from now on. */
  multiplyCapacity(times: number): void {
    this.#cluster.mark(`${times} × the capacity of the database`);
    this.#cpus *= times;
    this.#cluster.cpu(DATABASE, { workers: this.#cpus });
  }

  /** This share of the web servers takes visitors, 0 … 1. */
  letIn(share: number): void {
    const count = Math.round(share * this.servers.length);
    this.#cluster.mark(`${count} of ${this.servers.length} web servers take visitors`);
    this.servers.forEach((server, i) => {
      this.#cluster.invoke(server, 'visitors', i < count, 1);
    });
  }

  /** A web server that went down starts again. */
  restart(server: string): void {
    this.#cluster.restart(server);
    this.#cluster.invoke(server, 'begin', this.#settings);
  }

  #write(key: string, version: number): void {
    const value = { version, limit: this.#cluster.draw.int(1, 1000) };
    const all = this.#published.get(key) ?? [];
    all.push({ value, atMs: this.#cluster.nowMs });
    this.#published.set(key, all);
    this.#cluster.invoke(DATABASE, 'publish', key, value);
  }

  #push(key: string, value: Value, by: string): void {
    this.#cluster.invoke(CACHE, 'put', key, value, by);
  }

  #onEmit(node: string, name: string, event: { key: string; value: Value | null }): void {
    if (name === 'answered') this.#inTime++;
    if (name === 'removed' && event.value !== null && isValid(event.value)) this.#removedValid++;
    if (name !== 'page') return;
    this.#pages++;
    const { key, value } = event;
    if (value === null) return;
    this.#made++;
    const all = this.#published.get(key) ?? [];
    const i = all.findIndex((one) => one.value.version === value.version);
    const newest = this.newest(key).value;
    const wasMeant = all[i]?.value.limit === value.limit;
    const replacedAtMs = (i >= 0 ? all[i + 1]?.atMs : undefined) ?? this.#cluster.nowMs;
    const forMs = this.#cluster.nowMs - replacedAtMs;
    if (wasMeant && forMs <= FRESH_WITHIN_MS) return;
    this.#badPage ??= { server: node, key, value, newest, forMs };
  }
}
