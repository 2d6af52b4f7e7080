/** RPCs between the members of a store, over TCP: a length, then a message as `v8` writes it. */
import { connect, createServer, type Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { type NodeId, RpcError } from '../../node.ts';
import type { Address } from '../machine.ts';

interface Request {
  readonly id: number;
  readonly from: NodeId;
  readonly method: string;
  readonly args: unknown;
}

interface Reply {
  readonly id: number;
  readonly value: unknown;
}

export interface OutgoingCall extends Omit<Request, 'id'> {
  readonly timeoutMs: number;
}

type Handler = (args: unknown, from: NodeId) => unknown;

const HEADER_BYTES = 4;
/** Behind a cut nobody reads; when more than this waits, it is too old to be worth anything. */
const UNSENT_BYTES_MAX = 256 * 1024;

/** Calls back with each whole message that comes in. */
function onMessages(socket: Socket, take: (message: unknown) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(0);
      if (rest.length < end) return;
      const message = deserialize(rest.subarray(HEADER_BYTES, end));
      rest = rest.subarray(end);
      take(message);
    }
  });
}

function write(socket: Socket, message: Request | Reply): void {
  const body = serialize(message);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(body.length);
  socket.write(Buffer.concat([header, body]));
}

export class Wire {
  addresses: Readonly<Record<NodeId, Address>> = {};
  readonly #crash: (error: unknown) => void;
  readonly #handlers = new Map<string, Handler>();
  readonly #connections = new Map<NodeId, Socket>();
  readonly #waiting = new Map<number, (value: unknown) => void>();
  #next = 1;

  /** A handler that throws is a crash of the program, as in the simulation. */
  constructor(crash: (error: unknown) => void) {
    this.#crash = crash;
  }

  /** Rejects when the port is taken. */
  listen(port: number): Promise<void> {
    const server = createServer((socket) => {
      socket.setNoDelay().on('error', () => socket.destroy());
      onMessages(socket, (message) => void this.#handle(socket, message as Request));
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  }

  serve(method: string, handler: Handler): void {
    if (this.#handlers.has(method)) throw new TypeError(`${method} has a handler already`);
    this.#handlers.set(method, handler);
  }

  async #handle(socket: Socket, { id, from, method, args }: Request): Promise<void> {
    const handler = this.#handlers.get(method);
    if (handler === undefined) return;
    try {
      const value = await handler(args, from);
      if (!socket.destroyed) write(socket, { id, value });
    } catch (error) {
      this.#crash(error);
    }
  }

  /** @throws {RpcError} `timeout`: the outcome is unknown */
  call(peer: NodeId, { from, method, args, timeoutMs }: OutgoingCall): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const words = `${method} to ${peer}: no reply within ${timeoutMs} ms`;
        reject(new RpcError('timeout', peer, method, words));
      }, timeoutMs);
      this.#waiting.set(id, (value) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(value);
      });
      write(this.#connection(peer), { id, from, method, args });
    });
  }

  #connection(peer: NodeId): Socket {
    const open = this.#connections.get(peer);
    if (open && open.writableLength > UNSENT_BYTES_MAX) open.destroy();
    if (open && !open.destroyed) return open;
    const address = this.addresses[peer];
    if (address === undefined) throw new TypeError(`there is no node ${JSON.stringify(peer)}`);
    const socket = connect(address);
    socket.setNoDelay().on('error', () => socket.destroy());
    onMessages(socket, (message) => {
      const { id, value } = message as Reply;
      this.#waiting.get(id)?.(value);
    });
    this.#connections.set(peer, socket);
    return socket;
  }
}
