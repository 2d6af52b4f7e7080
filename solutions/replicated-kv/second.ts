/**
 * Another replica, written from the handout alone: the variant `second` of variants.ts. It divides the
 * work differently (one file; the memory is the truth and the disk follows), sends no entries to a
 * follower that does not answer, keeps some committed entries for those that are behind, goes on where
 * its log left off, and confirms gets in rounds.
 */
import { type NodeId, sleep } from 'faultlab/node';
import type {
  AppendArgs,
  AppendReply,
  Entry,
  Epoch,
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
import { Wal } from './wal.ts';

/** How often the view service is asked; it counts on at least two questions in 400 ms. */
const ASK_EVERY_MS = 50;
const HEARTBEAT_MS = 50;
const APPEND_TIMEOUT_MS = 100;
const MAX_BATCH = 50;
/** Committed entries that are kept for followers that are behind. */
const KEEP = 50;

type Item =
  /** Takes its place in the log; whatever was there or after it is gone. */
  | { readonly entry: Entry; readonly commit: LogIndex }
  | { readonly promised: Epoch; readonly served: Epoch }
  /** The log is empty after this. */
  | { readonly base: Snapshot }
  | 'nothing';

interface Follower {
  readonly id: NodeId;
  /** It has all up to here. */
  matched: LogIndex;
  /** The next entry to be sent. */
  next: LogIndex;
  /** It answered last time, so entries are worth sending. */
  answers: boolean;
  /** The newest round in which it has confirmed this primary. */
  confirmed: number;
  wake: () => void;
  /** It has a place that this log does not have. */
  refuted: Place | undefined;
}

/** What only a primary has. */
interface Reign {
  readonly epoch: Epoch;
  readonly view: View;
  readonly followers: Follower[];
  /** The first entry of this epoch. */
  readonly first: LogIndex;
  readonly waiting: Map<LogIndex, (reply: PutReply) => void>;
  durable: LogIndex;
  round: number;
  checks: { round: number; done(): void }[];
}

export default class Replica implements ReplicaLike {
  readonly #node: ReplicaContext;
  readonly #wal: Wal<Item>;
  #opened: () => void = () => {};
  readonly #ready = new Promise<void>((resolve) => {
    this.#opened = resolve;
  });

  #promised: Epoch = 0;
  #served: Epoch = 0;
  #base: Snapshot = { index: 0, epoch: 0, values: {} };
  /** The entries after the base. */
  #log: Entry[] = [];
  #commit: LogIndex = 0;
  /** The values after the entry at `#commit`. */
  #values = new Map<string, string>();

  /** Counts changes of what must be durable. */
  #changes = 0;
  #safeChanges = 0;
  #reign: Reign | undefined;

  constructor(node: ReplicaContext) {
    this.#node = node;
    this.#wal = new Wal<Item>({
      disk: node.disk,
      file: 'log',
      checkpoint: () => this.#everything(),
      durable: () => {},
    });
    node.serve('append', (args) => this.#onAppend(args));
    node.serve('install', (args) => this.#onInstall(args));
    node.serve('fence', (args) => this.#onFence(args));
    node.serve('put', (args) => this.#onPut(args));
    node.serve('get', (args) => this.#onGet(args));
    node.serve('read', (args) => this.#onRead(args));
  }

  /** @see ReplicaLike.start */
  async start(): Promise<void> {
    let commit = 0;
    for (const item of await this.#wal.open()) {
      if (item === 'nothing') continue;
      if ('base' in item) {
        this.#base = item.base;
        this.#log = [];
        commit = item.base.index;
      } else if ('promised' in item) {
        this.#promised = item.promised;
        this.#served = item.served;
      } else {
        if (item.entry.index <= this.#base.index) continue;
        this.#log.length = item.entry.index - this.#base.index - 1;
        this.#log.push(item.entry);
        commit = item.commit;
      }
    }
    this.#restore();
    this.#applyUpTo(commit);
    this.#opened();
    setInterval(() => void this.#askForView(), ASK_EVERY_MS);
    void this.#askForView();
  }

  /** @see ReplicaLike.contents */
  async contents(): Promise<Readonly<Record<string, string>>> {
    await this.#ready;
    const values = new Map(this.#values);
    for (const entry of this.#log) if (entry.index > this.#commit) put(values, entry);
    return Object.fromEntries(values);
  }

  /** @see ReplicaLike.inspect */
  inspect(): ReplicaState {
    return {
      role: this.#reign ? 'primary' : 'follower',
      epoch: this.#reign?.epoch ?? this.#promised,
      lastIndex: this.#last.index,
      commit: this.#commit,
    };
  }

  // ── The log ───────────────────────────────────────────────────────────────────────────────────

  get #last(): Place {
    const { index, epoch } = this.#log.at(-1) ?? this.#base;
    return { index, epoch };
  }

  #placeAt(index: LogIndex): Place | undefined {
    const place = index === this.#base.index ? this.#base : this.#entryAt(index);
    return place && { index, epoch: place.epoch };
  }

  #entryAt(index: LogIndex): Entry | undefined {
    return this.#log[index - this.#base.index - 1];
  }

  #has(place: Place): boolean {
    return this.#placeAt(place.index)?.epoch === place.epoch;
  }

  /** Takes an entry; everything that was at its place or after it is gone. */
  #take(entry: Entry): void {
    this.#log.length = entry.index - this.#base.index - 1;
    this.#log.push(entry);
    if (this.#commit >= entry.index) {
      // Only in mode async: what was committed in an earlier epoch is lost.
      const commit = entry.index - 1;
      this.#restore();
      this.#applyUpTo(commit);
    }
    this.#record({ entry, commit: this.#commit });
  }

  #restore(): void {
    this.#values = new Map(Object.entries(this.#base.values));
    this.#commit = this.#base.index;
    this.#node.emit('restore', { index: this.#commit });
  }

  #applyUpTo(commit: LogIndex): void {
    while (this.#commit < commit) {
      const entry = this.#entryAt(this.#commit + 1);
      if (!entry) break;
      this.#commit++;
      put(this.#values, entry);
      this.#node.emit('apply', entry);
      this.#reign?.waiting.get(entry.index)?.({ ok: true, version: entry.index });
      this.#reign?.waiting.delete(entry.index);
    }
    // Now and then, what nobody needs is thrown away.
    const spare = this.#commit - this.#base.index;
    if (spare > 2 * KEEP) {
      const values = new Map(Object.entries(this.#base.values));
      const gone = this.#log.splice(0, spare - KEEP);
      for (const entry of gone) put(values, entry);
      const { index, epoch } = gone.at(-1) as Entry;
      this.#base = { index, epoch, values: Object.fromEntries(values) };
    }
  }

  // ── The disk ──────────────────────────────────────────────────────────────────────────────────

  #everything(): Item[] {
    return [
      { base: this.#base },
      { promised: this.#promised, served: this.#served },
      ...this.#log.map((entry) => ({ entry, commit: Math.min(this.#commit, entry.index - 1) })),
    ];
  }

  /** The memory has changed, and the disk will. */
  #record(item: Item): void {
    const change = ++this.#changes;
    void this.#write(item, change);
  }

  async #write(item: Item, change: number): Promise<void> {
    try {
      await this.#wal.append(item);
      this.#safeChanges = Math.max(this.#safeChanges, change);
    } catch {
      // The next one rewrites everything, this item too.
      await sleep(10);
      if (this.#safeChanges < change) void this.#write('nothing', this.#changes);
    }
    this.#onSafe();
  }

  #safeWaiters: { change: number; done(): void }[] = [];

  #onSafe(): void {
    const done = this.#safeWaiters.filter(({ change }) => change <= this.#safeChanges);
    this.#safeWaiters = this.#safeWaiters.filter(({ change }) => change > this.#safeChanges);
    for (const waiter of done) waiter.done();
  }

  /** Resolves when all changes so far are durable. */
  #safe(): Promise<void> {
    const change = this.#changes;
    if (change <= this.#safeChanges) return Promise.resolve();
    return new Promise((done) => {
      this.#safeWaiters.push({ change, done });
    });
  }

  // ── The primary ───────────────────────────────────────────────────────────────────────────────

  async #askForView(): Promise<void> {
    const epoch = this.#reign?.epoch ?? 0;
    try {
      const view = await this.#node.call(VIEW_SERVICE, 'view', { epoch }, { timeoutMs: 100 });
      if (this.#reign && view.epoch > this.#reign.epoch) this.#stepDown();
      if (view.primary === this.#node.id && view.epoch > this.#served) await this.#begin(view);
    } catch {
      this.#node.log('the view service does not answer');
    }
  }

  /** Once per epoch: an earlier life may have sent what is not on this disk. */
  async #begin(view: View): Promise<void> {
    const { epoch } = view;
    if (this.#promised > epoch) return;
    this.#promised = epoch;
    this.#served = epoch;
    this.#record({ promised: epoch, served: epoch });
    await this.#safe();
    if (this.#promised > epoch || this.#reign) return;
    const first = this.#last.index + 1;
    const reign: Reign = {
      epoch,
      view,
      first,
      followers: view.replicas
        .filter((id) => id !== this.#node.id)
        .map((id) => ({
          id,
          matched: 0,
          next: first,
          answers: false,
          confirmed: 0,
          wake: () => {},
          refuted: undefined,
        })),
      waiting: new Map(),
      durable: 0,
      round: 0,
      checks: [],
    };
    this.#reign = reign;
    this.#node.log('primary of epoch', epoch);
    for (const follower of reign.followers) void this.#lead(reign, follower);
    void this.#add(reign, null, '');
  }

  #stepDown(): void {
    const reign = this.#reign;
    this.#reign = undefined;
    for (const reply of reign?.waiting.values() ?? []) reply({ ok: false, error: 'maybe' });
    for (const { done } of reign?.checks ?? []) done();
    for (const follower of reign?.followers ?? []) follower.wake();
  }

  async #add(reign: Reign, key: string | null, value: string): Promise<void> {
    const { index } = this.#last;
    this.#take({ index: index + 1, epoch: reign.epoch, key, value });
    for (const follower of reign.followers) follower.wake();
    await this.#safe();
    reign.durable = Math.max(reign.durable, index + 1);
    this.#advance(reign);
  }

  #advance(reign: Reign): void {
    if (this.#reign !== reign) return;
    const copies = reign.followers.map(({ matched }) => matched).sort((a, b) => b - a);
    const { mode } = reign.view;
    let index = reign.durable;
    if (mode === 'sync') index = Math.min(index, copies.at(-1) ?? index);
    if (mode === 'quorum') {
      // Half of the replicas, rounded down, besides this one.
      const others = Math.floor(reign.view.replicas.length / 2);
      index = Math.min(index, copies[others - 1] ?? index);
    }
    if (index >= reign.first) this.#applyUpTo(index);
  }

  /** Keeps one follower up to date, with one request at a time. */
  async #lead(reign: Reign, follower: Follower): Promise<void> {
    while (this.#reign === reign) {
      const round = reign.round;
      const sentAt = performance.now();
      try {
        const reply = await this.#send(reign, follower);
        if (this.#reign !== reign) return;
        if (reply.epoch > reign.epoch) return this.#stepDown();
        follower.answers = true;
        follower.confirmed = Math.max(follower.confirmed, round);
        this.#confirm(reign);
        this.#advance(reign);
      } catch {
        follower.answers = false;
      }
      if (this.#reign !== reign) return;
      const hasMore =
        follower.answers &&
        (follower.matched < this.#last.index || follower.confirmed < reign.round);
      if (!hasMore) {
        const rest = HEARTBEAT_MS - (performance.now() - sentAt);
        await new Promise<void>((resolve) => {
          follower.wake = resolve;
          setTimeout(resolve, Math.max(0, rest));
        });
      }
    }
  }

  async #send(reign: Reign, follower: Follower): Promise<AppendReply> {
    const { epoch } = reign;
    const timeoutMs = APPEND_TIMEOUT_MS;
    const prev = this.#placeAt(follower.next - 1);
    if (!prev || follower.refuted) {
      const snapshot = this.#base;
      const args = { epoch, snapshot, refuted: follower.refuted };
      const reply = await this.#node.call(follower.id, 'install', args, { timeoutMs });
      if (reply.ok) {
        follower.refuted = undefined;
        follower.matched = Math.max(follower.matched, snapshot.index);
        follower.next = follower.matched + 1;
      }
      return reply;
    }
    const entries = follower.answers
      ? this.#log.slice(prev.index - this.#base.index).slice(0, MAX_BATCH)
      : [];
    const args = { epoch, prev, entries, commit: this.#commit };
    const reply = await this.#node.call(follower.id, 'append', args, { timeoutMs });
    if (reply.ok) {
      follower.matched = Math.max(follower.matched, prev.index + entries.length);
      follower.next = follower.matched + 1;
    } else if (reply.epoch === epoch) {
      const { agreed } = reply;
      follower.next = agreed.index + 1;
      if (agreed.index >= this.#base.index && !this.#has(agreed)) follower.refuted = agreed;
    }
    return reply;
  }

  #confirm(reign: Reign): void {
    const rounds = reign.followers.map(({ confirmed }) => confirmed).sort((a, b) => b - a);
    const round = rounds[Math.floor(reign.view.replicas.length / 2) - 1] ?? reign.round;
    const done = reign.checks.filter((check) => check.round <= round);
    reign.checks = reign.checks.filter((check) => check.round > round);
    for (const check of done) check.done();
  }

  /** @see PutReply */
  async #onPut({ key, value }: PutArgs): Promise<PutReply> {
    await this.#ready;
    const reign = this.#reign;
    if (!reign) return { ok: false, error: 'not-primary' };
    return new Promise((resolve) => {
      reign.waiting.set(this.#last.index + 1, resolve);
      void this.#add(reign, key, value);
    });
  }

  /** @see GetReply */
  async #onGet({ key }: GetArgs): Promise<GetReply> {
    await this.#ready;
    const reign = this.#reign;
    if (!reign) return { ok: false, error: 'not-primary' };
    if (reign.view.mode !== 'async') {
      // More than half must say, after this get was asked, that they know of no later primary.
      await new Promise<void>((done) => {
        reign.checks.push({ round: ++reign.round, done });
        for (const follower of reign.followers) follower.wake();
      });
    }
    if (this.#reign !== reign) return { ok: false, error: 'not-primary' };
    if (this.#commit < reign.first) return { ok: false, error: 'unavailable' };
    return { ok: true, value: this.#values.get(key) ?? null, version: this.#commit };
  }

  // ── The follower ──────────────────────────────────────────────────────────────────────────────

  /** Whether a primary of this epoch is to be obeyed. */
  #obeys(epoch: Epoch): boolean {
    if (epoch < this.#promised) return false;
    if (epoch > this.#promised) {
      this.#promised = epoch;
      this.#record({ promised: epoch, served: this.#served });
    }
    if (this.#reign) this.#stepDown();
    return true;
  }

  /** @see AppendReply */
  async #onAppend({ epoch, prev, entries, commit }: AppendArgs): Promise<AppendReply> {
    await this.#ready;
    const agreed = () => this.#placeAt(this.#commit) as Place;
    if (!this.#obeys(epoch)) return { ok: false, epoch: this.#promised, agreed: agreed() };
    const isKnown = prev.index < this.#base.index || this.#has(prev);
    if (!isKnown) return { ok: false, epoch, agreed: agreed() };
    for (const entry of entries) {
      if (entry.index > this.#base.index && !this.#has(entry)) this.#take(entry);
    }
    const end = prev.index + entries.length;
    await this.#safe();
    if (this.#promised === epoch) this.#applyUpTo(Math.min(commit, end));
    return { ok: true, epoch: this.#promised, agreed: agreed() };
  }

  /** @see AppendReply */
  async #onInstall(args: InstallArgs & { refuted?: Place }): Promise<AppendReply> {
    await this.#ready;
    const { epoch, snapshot, refuted } = args;
    const agreed = () => this.#placeAt(this.#commit) as Place;
    if (!this.#obeys(epoch)) return { ok: false, epoch: this.#promised, agreed: agreed() };
    const isWrong = refuted !== undefined && this.#has(refuted);
    const isBehind = snapshot.index > this.#commit && !this.#has(snapshot);
    if (isWrong || isBehind) {
      this.#base = snapshot;
      this.#log = [];
      this.#record({ base: snapshot });
      this.#restore();
    }
    await this.#safe();
    return { ok: true, epoch: this.#promised, agreed: agreed() };
  }

  /** @see FenceReply */
  async #onFence({ epoch }: FenceArgs): Promise<FenceReply> {
    await this.#ready;
    if (epoch < this.#promised) return { ok: false, last: this.#last };
    if (epoch > this.#promised) {
      this.#promised = epoch;
      this.#record({ promised: epoch, served: this.#served });
      if (this.#reign) this.#stepDown();
    }
    await this.#safe();
    return { ok: this.#promised === epoch, last: this.#last };
  }

  /** @see ReadReply */
  async #onRead({ key, version }: ReadArgs): Promise<ReadReply> {
    await this.#ready;
    const endMs = performance.now() + 150;
    while (this.#commit < version && performance.now() < endMs) await sleep(10);
    if (this.#commit < version) return { ok: false, error: 'behind' };
    return { ok: true, value: this.#values.get(key) ?? null, version: this.#commit };
  }
}

function put(values: Map<string, string>, entry: Entry): void {
  if (entry.key !== null) values.set(entry.key, entry.value);
}
