/** The realms of a submission that nobody vouches for: one process per node, watched. */
import type { NodeRealm } from './realm.ts';
import type { Realms, Uncaught } from './realms.ts';
import { type NodeCode, RemoteRealm } from './remote.ts';
import { Watchdog } from './watchdog.ts';

/** For one node: as much as a worker that holds all of them may use for each. */
const RSS_BYTES_MAX = 400 * 1024 * 1024;

export class RemoteRealms implements Realms {
  readonly #code: NodeCode;
  readonly #watchdog: Watchdog;
  #realms: RemoteRealm[] = [];
  #isShared = false;

  /** `callMs` is the CPU time that one call into a node may take. */
  constructor(code: NodeCode, callMs: number) {
    this.#code = code;
    this.#watchdog = new Watchdog({ callMs, rssBytes: RSS_BYTES_MAX });
  }

  take(count: number, isShared: boolean): readonly NodeRealm[] {
    while (this.#realms.length < (isShared ? 1 : count)) {
      this.#realms.push(new RemoteRealm(this.#code, this.#watchdog));
    }
    this.#isShared = isShared;
    return isShared ? Array<RemoteRealm>(count).fill(this.#realms[0] as RemoteRealm) : this.#realms;
  }

  async uncaught(): Promise<Uncaught | undefined> {
    for (const [slot, realm] of this.#realms.entries()) {
      const described = realm.uncaught();
      if (described === undefined) continue;
      const { text, stack } = described;
      return { slot: this.#isShared ? undefined : slot, text, stack };
    }
    return undefined;
  }

  refresh(): void {
    for (const realm of this.#realms) realm.close();
    this.#realms = [];
  }

  close(): void {
    this.refresh();
    this.#watchdog.close();
  }
}
