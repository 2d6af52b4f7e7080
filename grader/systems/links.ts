/**
 * The network between nodes: a TCP proxy for each ordered pair. A node reaches another only through
 * its proxy, so each direction of each link can be slowed, delayed or cut. Bytes that are held back
 * wait, as they would in the sender's retransmission buffer, and arrive when the link is whole again.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { NodeId } from '../node.ts';
import type { Address } from './machine.ts';

/** What one direction of a link does to bytes. */
export interface Shape {
  /** Nothing arrives. */
  readonly cut?: boolean;
  /** Kilobytes a second; unlimited when absent. */
  readonly kbPerSecond?: number;
  readonly delayMs?: number;
}

const WHOLE: Shape = {};
const TICK_MS = 10;

/** Bytes on their way from one socket to another. */
class Pipe {
  readonly #queue: { readonly dueMs: number; bytes: Buffer }[] = [];
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #shape: () => Shape;
  #credit = 0;
  #lastMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  readonly #count: (bytes: number) => void;

  constructor(from: Socket, to: Socket, shape: () => Shape, count: (bytes: number) => void) {
    this.#count = count;
    this.#from = from;
    this.#to = to;
    this.#shape = shape;
    from.on('data', (bytes) => {
      const { delayMs = 0 } = shape();
      this.#queue.push({ dueMs: performance.now() + delayMs, bytes });
      // Only a little is held back: the sender should notice that nobody reads.
      if (this.#queue.length > 64) from.pause();
      this.flush();
    });
    from.on('end', () => {
      this.#ended = true;
      this.flush();
    });
    to.on('drain', () => this.flush());
  }

  flush(): void {
    const { cut = false, kbPerSecond } = this.#shape();
    const nowMs = performance.now();
    if (kbPerSecond === undefined) this.#credit = Number.POSITIVE_INFINITY;
    else {
      if (this.#credit === Number.POSITIVE_INFINITY) this.#credit = 0;
      const earned = (nowMs - this.#lastMs) * kbPerSecond;
      this.#credit = Math.min(this.#credit + earned, kbPerSecond * 50);
    }
    this.#lastMs = nowMs;
    for (let head = this.#queue[0]; head && !cut; head = this.#queue[0]) {
      if (head.dueMs > nowMs || this.#credit < 1 || this.#to.writableNeedDrain) break;
      const count = Math.min(head.bytes.length, Math.floor(this.#credit));
      this.#to.write(head.bytes.subarray(0, count));
      this.#credit -= count;
      this.#count(count);
      if (count === head.bytes.length) this.#queue.shift();
      else head.bytes = head.bytes.subarray(count);
    }
    if (this.#queue.length <= 64 && this.#from.isPaused()) this.#from.resume();
    if (this.#queue.length > 0) this.#again();
    else if (this.#ended && !cut) this.#to.end();
  }

  #again(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!this.#to.destroyed) this.flush();
    }, TICK_MS);
    this.#timer.unref();
  }
}

/** One direction of a link: what happens to bytes there, and how many got through. */
interface Direction {
  readonly shape: () => Shape;
  readonly count: (bytes: number) => void;
}

/** A listening port that leads to `target`, as seen from one viewer. */
class LinkProxy {
  readonly #server: Server;
  readonly #pipes = new Set<Pipe>();
  readonly #sockets = new Set<Socket>();

  constructor(target: Address, there: Direction, back: Direction) {
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (inner) => {
      const outer = connect({ ...target, allowHalfOpen: true });
      const pipes = [
        new Pipe(inner, outer, there.shape, there.count),
        new Pipe(outer, inner, back.shape, back.count),
      ];
      for (const pipe of pipes) this.#pipes.add(pipe);
      const close = () => {
        for (const pipe of pipes) this.#pipes.delete(pipe);
        for (const socket of [inner, outer]) {
          socket.destroy();
          this.#sockets.delete(socket);
        }
      };
      for (const socket of [inner, outer]) {
        socket.setNoDelay();
        this.#sockets.add(socket);
        // Behind a cut nobody hears that the other side is gone.
        const gone = () =>
          there.shape().cut || back.shape().cut ? this.#late.push(close) : close();
        socket.on('error', gone).on('close', gone);
      }
      inner.resume();
    });
    this.#server.on('error', () => {});
  }

  #late: (() => void)[] = [];

  async listen(host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, host, resolve);
    });
    this.#server.unref();
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  changed(): void {
    for (const pipe of this.#pipes) pipe.flush();
  }

  mended(): void {
    for (const close of this.#late.splice(0)) close();
  }

  /** Resets every connection. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.reset();
  }
}

export interface LinksSpec {
  readonly targets: Readonly<Record<NodeId, Address>>;
  readonly proxyHost: string;
  readonly proxyAddress: string;
}

/** The viewer that stands for all clients. */
export const CLIENTS = 'clients';

/** All links of a cluster, and those of its clients. */
export class Links {
  readonly #shapes = new Map<string, Shape>();
  readonly #bytes = new Map<string, number>();
  readonly #proxies = new Map<string, LinkProxy>();
  readonly #addresses = new Map<string, Address>();
  readonly #names: readonly NodeId[];

  private constructor(names: readonly NodeId[]) {
    this.#names = names;
  }

  static async open({ targets, proxyHost, proxyAddress }: LinksSpec): Promise<Links> {
    const names = Object.keys(targets);
    const links = new Links([CLIENTS, ...names]);
    const opened = names.flatMap((to) =>
      [CLIENTS, ...names]
        .filter((from) => from !== to)
        .map(async (from) => {
          const way = (a: NodeId, b: NodeId): Direction => ({
            shape: () => links.#shapes.get(`${a} ${b}`) ?? WHOLE,
            count: (bytes) => links.#bytes.set(`${a} ${b}`, links.bytes(a, b) + bytes),
          });
          const proxy = new LinkProxy(targets[to] as Address, way(from, to), way(to, from));
          const port = await proxy.listen(proxyHost);
          links.#proxies.set(`${from} ${to}`, proxy);
          // Clients live where the proxies do.
          const host = from === CLIENTS ? proxyHost : proxyAddress;
          links.#addresses.set(`${from} ${to}`, { host, port });
        }),
    );
    await Promise.all(opened);
    return links;
  }

  /** Where `from` finds `to`. */
  address(from: NodeId, to: NodeId): Address {
    const address = this.#addresses.get(`${from} ${to}`);
    if (address) return address;
    throw new Error(
      `there is no link from ${from} to ${to}: the ends are ${this.#names.join(', ')}`,
    );
  }

  /** Bytes that have got from one node to another so far. */
  bytes(from: NodeId, to: NodeId): number {
    return this.#bytes.get(`${from} ${to}`) ?? 0;
  }

  /** Shapes what travels from one node to another, whichever of them opened the connection. */
  shape(from: NodeId, to: NodeId, shape: Shape): void {
    const stranger = [from, to].find((end) => !this.#names.includes(end));
    if (stranger !== undefined) {
      throw new Error(`no link has the end ${stranger}; the ends are ${this.#names.join(', ')}`);
    }
    this.#shapes.set(`${from} ${to}`, shape);
    this.#changed(from, to);
  }

  /** Cuts both directions; existing connections hang, and so do new ones. */
  cut(a: NodeId, b: NodeId): void {
    this.shape(a, b, { cut: true });
    this.shape(b, a, { cut: true });
  }

  /** Cuts a node off from all others, and from clients if `clientsToo`. */
  isolate(node: NodeId, { clientsToo = false } = {}): void {
    for (const other of this.#names) {
      if (other !== node && (other !== CLIENTS || clientsToo)) this.cut(node, other);
    }
  }

  /** Makes one link whole, or all. */
  heal(a?: NodeId, b?: NodeId): void {
    for (const [key] of [...this.#shapes]) {
      const [from = '', to = ''] = key.split(' ');
      if (a !== undefined && from !== a && to !== a) continue;
      if (b !== undefined && from !== b && to !== b) continue;
      this.#shapes.delete(key);
      this.#changed(from, to);
    }
  }

  /** Resets the connections between two nodes, in both directions. */
  reset(a: NodeId, b: NodeId): void {
    this.#proxies.get(`${a} ${b}`)?.reset();
    this.#proxies.get(`${b} ${a}`)?.reset();
  }

  #changed(a: NodeId, b: NodeId): void {
    for (const key of [`${a} ${b}`, `${b} ${a}`]) {
      this.#proxies.get(key)?.changed();
      const isCut = this.#shapes.get(`${a} ${b}`)?.cut || this.#shapes.get(`${b} ${a}`)?.cut;
      if (!isCut) this.#proxies.get(key)?.mended();
    }
  }

  close(): void {
    for (const proxy of this.#proxies.values()) proxy.close();
  }
}
