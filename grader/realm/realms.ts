/**
 * The realms of one submission, one for each node slot, kept for all its seeds: in this process, or
 * each in a process of its own. Thrown away after an endless loop had to be cut off.
 */
import { type NodeRealm, Realm, RealmSource } from './realm.ts';

/** A rejected promise that nothing waits for. */
export interface Uncaught {
  /** Which slot, if known. */
  readonly slot: number | undefined;
  readonly text: string;
  readonly stack: string;
}

export interface Realms {
  /** The realm of each slot below `count`, made when needed; the same one for all when `isShared`. */
  take(count: number, isShared: boolean): readonly NodeRealm[];
  /** The first rejection that the last run did not catch; asked for once after each run. */
  uncaught(): Promise<Uncaught | undefined>;
  /** Uses new realms from now on. */
  refresh(): void;
  close(): void;
}

export class LocalRealms implements Realms {
  readonly #source: RealmSource;
  #realms: Realm[] = [];
  #rejections: unknown[] = [];
  #isShared = false;

  constructor(bootCode: string, code: string, map?: string) {
    this.#source = new RealmSource(bootCode, code, map);
    process.on('unhandledRejection', this.#onRejection);
  }

  take(count: number, isShared: boolean): readonly NodeRealm[] {
    while (this.#realms.length < (isShared ? 1 : count)) {
      this.#realms.push(new Realm(this.#source, `n${this.#realms.length + 1}`));
    }
    this.#rejections = [];
    this.#isShared = isShared;
    return isShared ? Array<Realm>(count).fill(this.#realms[0] as Realm) : this.#realms;
  }

  async uncaught(): Promise<Uncaught | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#rejections.length === 0) return undefined;
    const [reason] = this.#rejections;
    const all = this.#realms.map((realm) => describe(realm, reason));
    const slot = all.findIndex(({ own }) => own);
    const found = slot < 0 ? all.at(-1) : all[slot];
    return found && { ...found, slot: slot < 0 || this.#isShared ? undefined : slot };
  }

  refresh(): void {
    this.#realms = [];
  }

  close(): void {
    process.off('unhandledRejection', this.#onRejection);
    this.#realms = [];
  }

  readonly #onRejection = (reason: unknown): void => {
    this.#rejections.push(reason);
  };
}

function describe(realm: Realm, reason: unknown) {
  return JSON.parse(realm.api.describe(reason)) as { text: string; stack: string; own: boolean };
}
