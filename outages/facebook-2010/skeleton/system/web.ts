/**
 * A web server. Each page needs a configuration value; `Config` decides how it comes by one. A page that
 * has none after five seconds cannot be made.
 */
import { RpcError, sleep } from 'faultlab/node';
import { Config } from '../config.ts';
import type { Cache, Settings, Store, Value, WebContext } from '../contract.ts';

const CACHE = { timeoutMs: 500 };
const PAGE_MS = 5000;

export class WebServer implements Cache, Store {
  readonly #node: WebContext;
  readonly #cache: string;
  readonly #store: string;
  readonly #config: Config = new Config(this, this);
  #settings: Settings = { keys: [], pageEveryMs: 0, queryMs: 0 };
  #takesVisitors = true;
  #times = 1;

  constructor(node: WebContext) {
    this.#node = node;
    [this.#cache, this.#store] = node.peers as [string, string];
  }

  /** Called by the grader: the run begins. */
  begin(settings: Settings): void {
    this.#settings = settings;
    for (const key of settings.keys) void this.#config.get(key);
    setTimeout(() => this.#nextPage(), Math.random() * settings.pageEveryMs);
  }

  /** Called by the grader: visitors are let in or kept out, and come this many times as often. */
  visitors(areLetIn: boolean, times: number): void {
    this.#takesVisitors = areLetIn;
    this.#times = times;
  }

  async get(key: string): Promise<Value | undefined> {
    const value = await this.#ask(this.#node.call(this.#cache, 'get', { key }, CACHE));
    return value ?? undefined;
  }

  async set(key: string, value: Value): Promise<void> {
    await this.#ask(this.#node.call(this.#cache, 'set', { key, value }, CACHE));
  }

  async remove(key: string): Promise<void> {
    await this.#ask(this.#node.call(this.#cache, 'remove', { key }, CACHE));
  }

  async claim(name: string, forMs: number): Promise<boolean> {
    const isMine = await this.#ask(this.#node.call(this.#cache, 'claim', { name, forMs }, CACHE));
    return isMine ?? false;
  }

  async query(key: string, waitMs: number): Promise<Value> {
    const askedAtMs = performance.now();
    const value = await this.#node.call(this.#store, 'query', { key }, { timeoutMs: waitMs });
    this.#node.emit('answered', { key, tookMs: Math.round(performance.now() - askedAtMs) });
    return value;
  }

  /** A cache that does not answer is an empty one. */
  async #ask<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  #nextPage(): void {
    if (this.#takesVisitors) void this.#page();
    const { pageEveryMs } = this.#settings;
    setTimeout(() => this.#nextPage(), (pageEveryMs * (0.5 + Math.random())) / this.#times);
  }

  async #page(): Promise<void> {
    const { keys } = this.#settings;
    const key = keys[Math.floor(Math.random() * keys.length)] as string;
    const value = await Promise.race([this.#config.get(key), sleep(PAGE_MS)]);
    this.#node.emit('page', { key, value: value ?? null });
  }
}
