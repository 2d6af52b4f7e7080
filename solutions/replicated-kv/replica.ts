/**
 * A replica: primary of one epoch or follower, with one log. What makes it safe:
 *
 * - A replica never takes anything of an epoch below the one it has promised itself to, and the
 *   promise is durable before it is announced.
 * - A follower has the primary's log, from the beginning and without a gap, up to what it has confirmed.
 * - An entry is committed when as many durable copies as the mode demands are known, in the epoch of
 *   the primary that counts them; earlier entries are committed with it. So a new primary begins with
 *   an entry of its own.
 */
import { sleep } from 'faultlab/node';
import type {
  AppendArgs,
  AppendReply,
  Entry,
  FenceArgs,
  FenceReply,
  GetArgs,
  GetReply,
  InstallArgs,
  LogIndex,
  Place,
  PutArgs,
  PutReply,
  ReadArgs,
  ReadReply,
  ReplicaContext,
  ReplicaLike,
  ReplicaState,
  Snapshot,
  View,
} from './contract.ts';
import { VIEW_SERVICE } from './contract.ts';
import { type Item, Log } from './log.ts';
import { Office } from './office.ts';
import { Wal } from './wal.ts';

const ASK_EVERY_MS = 50;
/** How long a read waits for the replica to catch up. */
const READ_WAIT_MS = 200;
const DISK_PAUSE_MS = 20;

/** `refuted`: what the receiver takes for agreed, but the sender does not have. */
type Install = InstallArgs & { readonly refuted?: Place | undefined };

export default class Replica implements ReplicaLike {
  readonly #node: ReplicaContext;
  readonly #wal: Wal<Item>;
  readonly #log = new Log();
  readonly #ready: Promise<void>;
  #started: () => void = () => {};
  #promised = 0;
  /** The epoch of the view that was taken in this life. */
  #serving = 0;
  #office: Office | undefined;
  #values = new Map<string, string>();
  /** Everything up to here is committed and in the values. */
  #applied = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(node: ReplicaContext) {
    this.#node = node;
    this.#ready = new Promise((resolve) => {
      this.#started = resolve;
    });
    this.#wal = new Wal<Item>({
      disk: node.disk,
      file: 'log',
      checkpoint: () => this.#checkpoint(),
      durable: () => {},
    });
    node.serve('append', (args) => this.#onAppend(args));
    node.serve('install', (args) => this.#onInstall(args));
    node.serve('fence', (args) => this.#onFence(args));
    node.serve('put', (args) => this.#onPut(args));
    node.serve('get', (args) => this.#onGet(args));
    node.serve('read', (args) => this.#onRead(args));
  }

  async start(): Promise<void> {
    for (const item of await this.#wal.open()) this.#replay(item);
    this.#started();
    void this.#askForView();
    setInterval(() => void this.#askForView(), ASK_EVERY_MS);
  }

  async contents(): Promise<Readonly<Record<string, string>>> {
    await this.#ready;
    const values = new Map(this.#values);
    for (const { key, value } of this.#log.from(this.#applied + 1)) {
      if (key !== null) values.set(key, value);
    }
    return Object.fromEntries(values);
  }

  inspect(): ReplicaState {
    const role = this.#office === undefined ? 'follower' : 'primary';
    const lastIndex = this.#log.last.index;
    return { role, epoch: this.#promised, lastIndex, commit: this.#applied };
  }

  // ── The disk ──────────────────────────────────────────────────────────────────────────────────

  #replay(item: Item): void {
    if ('promised' in item) this.#promised = item.promised;
    else if ('snapshot' in item) this.#restore(item.snapshot);
    else this.#log.put(item);
  }

  #checkpoint(): Item[] {
    const values = Object.fromEntries(this.#values);
    this.#log.rebase({ ...this.#log.place(this.#applied), values });
    const snapshot = this.#log.base;
    return [{ promised: this.#promised }, { snapshot }, ...this.#log.from(snapshot.index + 1)];
  }

  /** Resolves when this, and everything before it, is durable. */
  #write(item: Item): Promise<void> {
    const write = async () => {
      for (let next = item; ; next = { promised: this.#promised }) {
        try {
          return await this.#wal.append(next);
        } catch {
          // The next write rewrites everything, this item too. To append it again would be wrong: by
          // then it may be outdated, and replace what has followed it.
          await sleep(DISK_PAUSE_MS);
        }
      }
    };
    const earlier = this.#written;
    this.#written = Promise.all([earlier, write()]).then(() => {});
    return this.#written;
  }

  // ── What follows from the log ─────────────────────────────────────────────────────────────────

  #restore(snapshot: Snapshot): void {
    this.#log.rebase(snapshot);
    this.#values = new Map(Object.entries(snapshot.values));
    this.#applied = snapshot.index;
    this.#node.emit('restore', { index: snapshot.index });
  }

  #commit(index: LogIndex): void {
    while (this.#applied < index) {
      const entry = this.#log.at(this.#applied + 1);
      if (entry === undefined) return;
      this.#applied = entry.index;
      if (entry.key !== null) this.#values.set(entry.key, entry.value);
      this.#node.emit('apply', entry);
    }
  }

  // ── Views ─────────────────────────────────────────────────────────────────────────────────────

  async #askForView(): Promise<void> {
    try {
      const epoch = this.#serving;
      const view = await this.#node.call(VIEW_SERVICE, 'view', { epoch }, { timeoutMs: 100 });
      await this.#take(view);
    } catch {
      // It is asked again soon.
    }
  }

  async #take(view: View): Promise<void> {
    if (view.epoch <= this.#serving || view.epoch < this.#promised) return;
    if (view.primary !== this.#node.id) {
      await this.#promise(view.epoch);
      this.#serving = Math.max(this.#serving, view.epoch);
      return;
    }
    // A primary of this epoch in an earlier life may have sent what it has lost since.
    if (this.#log.last.epoch >= view.epoch) return;
    this.#serving = view.epoch;
    await this.#promise(view.epoch);
    const first = this.#newEntry(view.epoch, null, '');
    await this.#write(first);
    if (this.#promised !== view.epoch) return;
    this.#office = new Office(this.#node, view, this.#log, {
      commit: (index) => this.#commit(index),
      applied: () => this.#applied,
      deposed: (epoch) => void this.#promise(epoch),
      snapshot: () => {
        return { ...this.#log.place(this.#applied), values: Object.fromEntries(this.#values) };
      },
    });
    this.#office.wrote(first.index);
  }

  /** From now on nothing of an earlier epoch counts. Resolves when that is durable. */
  async #promise(epoch: number): Promise<void> {
    if (epoch > this.#promised) {
      this.#promised = epoch;
      this.#office?.close();
      this.#office = undefined;
      void this.#write({ promised: epoch });
    }
    await this.#written;
  }

  async #onFence({ epoch }: FenceArgs): Promise<FenceReply> {
    await this.#ready;
    const ok = epoch > this.#promised;
    if (ok) await this.#promise(epoch);
    return { ok, last: this.#log.place(this.#log.last.index) };
  }

  // ── The primary ───────────────────────────────────────────────────────────────────────────────

  #newEntry(epoch: number, key: string | null, value: string): Entry {
    const entry = { index: this.#log.last.index + 1, epoch, key, value };
    this.#log.put(entry);
    return entry;
  }

  async #onPut({ key, value }: PutArgs): Promise<PutReply> {
    const office = this.#office;
    if (office === undefined) return { ok: false, error: 'not-primary' };
    const { index } = this.#newEntry(this.#promised, key, value);
    const durable = this.#write(this.#log.at(index) as Entry);
    office.send();
    void durable.then(() => office.wrote(index));
    const isCommitted = await office.committed(index);
    return isCommitted ? { ok: true, version: index } : { ok: false, error: 'maybe' };
  }

  async #onGet({ key }: GetArgs): Promise<GetReply> {
    const office = this.#office;
    if (office === undefined) return { ok: false, error: 'not-primary' };
    if (!(await office.confirmed())) return { ok: false, error: 'unavailable' };
    return { ok: true, value: this.#values.get(key) ?? null, version: this.#applied };
  }

  // ── A follower ────────────────────────────────────────────────────────────────────────────────

  async #onAppend({ epoch, prev, entries, commit }: AppendArgs): Promise<AppendReply> {
    await this.#ready;
    if (epoch < this.#promised) return this.#reply(false);
    void this.#promise(epoch);
    const conflict = entries.find((entry) => !this.#log.has(entry));
    const isOurs = conflict !== undefined && conflict.index <= this.#applied;
    if (!this.#log.has(prev) || isOurs) return this.#reply(false);
    const fresh = conflict === undefined ? [] : entries.slice(conflict.index - prev.index - 1);
    for (const entry of fresh) {
      this.#log.put(entry);
      void this.#write(entry);
    }
    await this.#written;
    if (epoch < this.#promised) return this.#reply(false);
    this.#commit(Math.min(commit, prev.index + entries.length));
    return this.#reply(true);
  }

  async #onInstall({ epoch, snapshot, refuted }: Install): Promise<AppendReply> {
    await this.#ready;
    if (epoch < this.#promised) return this.#reply(false);
    void this.#promise(epoch);
    // A snapshot that comes late would take back what has followed it.
    const isWrong = refuted !== undefined && this.#log.has(refuted);
    if (isWrong || snapshot.index > this.#applied) {
      this.#restore(snapshot);
      void this.#write({ snapshot });
    }
    await this.#written;
    return this.#reply(true);
  }

  #reply(ok: boolean): AppendReply {
    return { ok, epoch: this.#promised, agreed: this.#log.place(this.#applied) };
  }

  async #onRead({ key, version }: ReadArgs): Promise<ReadReply> {
    const endMs = performance.now() + READ_WAIT_MS;
    while (this.#applied < version) {
      if (performance.now() > endMs) return { ok: false, error: 'behind' };
      await sleep(5);
    }
    return { ok: true, value: this.#values.get(key) ?? null, version: this.#applied };
  }
}
