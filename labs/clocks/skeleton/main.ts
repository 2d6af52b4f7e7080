/**
 * What runs on which node; its letter says it: `l1` has a Lamport clock, `m1` a mutex, `v1` a vector
 * clock, `b1` a causal broadcast, `h1` a hybrid logical clock, `t1` a store with an interval clock.
 * Given; the grader uses its own copy and calls the methods of these programs. Nothing to do here.
 */
import type { NodeContext, NodeId } from 'faultlab/node';
import CausalBroadcast from './broadcast.ts';
import type {
  HlcTimestamp,
  Interval,
  LamportStamp,
  StampedEvent,
  VectorStamp,
  Version,
} from './contract.ts';
import Hlc, { compareHlc } from './hlc.ts';
import LamportClock, { compareLamport } from './lamport.ts';
import { ReliableLink } from './link.ts';
import Mutex from './mutex.ts';
import Store from './store.ts';
import { TrueTime } from './truetime.ts';
import VectorClock, { compareVectors } from './vector.ts';

/** How far ahead of a wall clock a stamp may be in part C. */
const MAX_OFFSET_MS = 500;

type Node = NodeContext<{ message(args: { stamp: unknown }): null }, Record<string, unknown>>;

interface Clock<Stamp> {
  tick(): Stamp;
  receive(sent: Stamp): Stamp | 'refused';
}

/** A node on which events happen, each with a stamp. The network may lose, copy and reorder. */
class ClockProgram<Stamp> {
  protected readonly node: Node;
  protected readonly clock: Clock<Stamp>;
  /** What was given out, as the clock gave it out. */
  readonly #given: StampedEvent<Stamp>[] = [];
  #events = 0;

  constructor(node: Node, clock: Clock<Stamp>) {
    this.node = node;
    this.clock = clock;
    node.serve('message', (args) => {
      this.#happened('receive', this.clock.receive(args.stamp as Stamp), args.stamp as Stamp);
      return null;
    });
  }

  local(): void {
    this.#happened('local', this.clock.tick());
  }

  send(to: NodeId): void {
    const stamp = this.clock.tick();
    this.#happened('send', stamp);
    this.node.call(to, 'message', { stamp }).catch(() => {}); // lost: nobody minds
  }

  /** Reports all stamps once more, as they are now. */
  remember(): void {
    for (const { id, stamp } of this.#given) this.node.emit('remembered', { id, stamp });
  }

  #happened(kind: StampedEvent<Stamp>['kind'], stamp: Stamp | 'refused', sent?: Stamp): void {
    const id = `${this.node.id}.${++this.#events}`;
    const event = { id, kind, stamp, wallMs: Date.now(), ...(sent === undefined ? {} : { sent }) };
    if (stamp !== 'refused') this.#given.push(event as StampedEvent<Stamp>);
    this.node.emit('happened', event);
  }
}

class LamportProgram extends ClockProgram<LamportStamp> {
  constructor(node: Node) {
    super(node, new LamportClock(node.id));
  }

  sort(events: StampedEvent<LamportStamp>[]): void {
    const sorted = [...events].sort((a, b) => compareLamport(a.stamp, b.stamp));
    this.node.emit(
      'sorted',
      sorted.map(({ id }) => id),
    );
  }
}

class VectorProgram extends ClockProgram<VectorStamp> {
  constructor(node: Node) {
    super(node, new VectorClock(node.id));
  }

  /** Every event with every event. */
  compare(events: StampedEvent<VectorStamp>[]): void {
    const relations = events.map((a) => events.map((b) => compareVectors(a.stamp, b.stamp)));
    this.node.emit('compared', { ids: events.map(({ id }) => id), relations });
  }
}

class HlcProgram extends ClockProgram<HlcTimestamp> {
  constructor(node: Node) {
    super(node, new Hlc({ physicalMs: () => Date.now(), maxOffsetMs: MAX_OFFSET_MS }));
  }

  /** Many events at once; only the last is reported, or the first stamp that does not ascend. */
  burst(count: number): void {
    let last = this.clock.tick();
    for (let i = 1; i < count; i++) {
      const next = this.clock.tick();
      if (!(compareHlc(last, next) < 0) || !(compareHlc(next, last) > 0)) {
        this.node.emit('notAscending', { first: last, second: next });
        return;
      }
      last = next;
    }
    this.node.emit('burst', { count, stamp: last, wallMs: Date.now() });
  }
}

/** `node as never`: a class may define its own messages, which are no concern of this program. */
class MutexProgram {
  readonly #node: Node;
  readonly #mutex: Mutex;

  constructor(node: Node) {
    this.#node = node;
    this.#mutex = new Mutex(new ReliableLink(node as never));
  }

  async acquire(): Promise<void> {
    this.#node.emit('wants', null);
    await this.#mutex.acquire();
    this.#node.emit('enters', null);
  }

  release(): void {
    this.#node.emit('leaves', null);
    this.#mutex.release();
  }
}

class BroadcastProgram {
  readonly #node: Node;
  readonly #broadcast: CausalBroadcast;

  constructor(node: Node) {
    this.#node = node;
    const deliver = (text: string, from: NodeId) => node.emit('delivers', { text, from });
    this.#broadcast = new CausalBroadcast(new ReliableLink(node as never), deliver);
  }

  broadcast(text: string): void {
    this.#node.emit('broadcasts', text);
    this.#broadcast.broadcast(text);
  }
}

class StoreProgram {
  readonly #node: Node;
  readonly #time = new TrueTime();
  readonly #store = new Store(this.#time);
  #calls = 0;

  constructor(node: Node) {
    this.#node = node;
  }

  synchronised(uncertaintyMs: number): void {
    this.#time.synchronised(uncertaintyMs);
  }

  now(): Interval {
    return this.#time.now();
  }

  async commit(key: string, value: string): Promise<number> {
    const id = this.#begin('begins', { key, value });
    const at = await this.#store.commit(key, value);
    this.#node.emit('commits', { id, at });
    return at;
  }

  read(key: string): Promise<Version | null> {
    return this.#read({ key }, () => this.#store.read(key));
  }

  readAt(key: string, at: number): Promise<Version | null> {
    return this.#read({ key, at }, () => this.#store.readAt(key, at));
  }

  async #read(what: object, read: () => Promise<Version | null>): Promise<Version | null> {
    const id = this.#begin('reads', what);
    const version = await read();
    this.#node.emit('sees', { id, version });
    return version;
  }

  #begin(name: string, what: object): string {
    const id = `${this.#node.id}.${++this.#calls}`;
    this.#node.emit(name, { id, ...what, ...this.#time.now() });
    return id;
  }
}

export default {
  l: LamportProgram,
  m: MutexProgram,
  v: VectorProgram,
  b: BroadcastProgram,
  h: HlcProgram,
  t: StoreProgram,
};
