/**
 * How a node in a process of its own talks to the simulation: frames over a pair of pipes, read and
 * written synchronously, so that one event is still one call. A frame is its length, then JSON; what
 * JSON lacks (undefined, NaN, bytes) has a mark. Whatever arrives is only ever read as data: nothing
 * from the other side can be called here.
 */
import { readSync, writeSync } from 'node:fs';

/** More than the largest message, with room for a batch of them. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Begins the name of a mark; objects with names of their own that begin with it are wrapped. */
const MARK = '\0';
/** Stands for a value that cannot be copied; the simulation then says so in its own words. */
const NOT_PLAIN = Symbol('not plain');

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Plain data (`copy.ts`) as JSON. */
export function pack(value: unknown): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : { [`${MARK}number`]: String(value) };
    case 'undefined':
      return { [`${MARK}undefined`]: true };
    case 'object':
      return value === null ? null : packObject(value);
    default:
      return { [`${MARK}other`]: true };
  }
}

function packObject(value: object): Json {
  if (Array.isArray(value)) return value.map(pack);
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
    return { [`${MARK}bytes`]: bytes.toString('base64') };
  }
  const entries = Object.entries(value);
  if (entries.some(([name]) => name.startsWith(MARK))) {
    return { [`${MARK}entries`]: entries.map(([name, member]) => [name, pack(member)]) };
  }
  return Object.fromEntries(entries.map(([name, member]) => [name, pack(member)]));
}

/** The value again, rebuilt from objects of this side. @throws {Error} for what `pack` never makes */
export function unpack(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(unpack);
  const names = Object.keys(json);
  const [first = ''] = names;
  if (names.length === 1 && first.startsWith(MARK)) return unmark(first.slice(1), json[first]);
  return objectOf(names.map((name) => [name, json[name] as Json]));
}

function unmark(mark: string, body: Json | undefined): unknown {
  if (mark === 'undefined') return undefined;
  if (mark === 'other') return NOT_PLAIN;
  if (mark === 'number' && typeof body === 'string') return Number(body);
  if (mark === 'bytes' && typeof body === 'string')
    return new Uint8Array(Buffer.from(body, 'base64'));
  if (mark === 'entries' && Array.isArray(body)) return objectOf(body as [string, Json][]);
  throw new Error(`a frame with the mark ${JSON.stringify(mark)}`);
}

function objectOf(entries: readonly (readonly [string, Json])[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of entries) {
    // Assigning to it would set the prototype.
    if (name === '__proto__') throw new Error('a frame with a member called __proto__');
    result[name] = unpack(member);
  }
  return result;
}

/** The other side is gone, or has broken the protocol. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

/** Our end of the pair. */
export class Wire {
  readonly #from: number;
  readonly #to: number;

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  send(value: unknown): void {
    const body = Buffer.from(JSON.stringify(pack(value)));
    const frame = Buffer.allocUnsafe(body.length + 4);
    frame.writeUInt32LE(body.length, 0);
    body.copy(frame, 4);
    for (let at = 0; at < frame.length; ) at += this.#attempt(() => writeSync(this.#to, frame, at));
  }

  /** Waits for the next frame and unpacks it. @throws {Disconnected} */
  receive(): unknown {
    const size = this.#read(4).readUInt32LE(0);
    if (size > FRAME_BYTES_MAX) throw new Disconnected(`a frame of ${size} bytes`);
    const text = this.#read(size).toString('utf8');
    try {
      return unpack(JSON.parse(text));
    } catch (error) {
      // Nested too deeply, say: our program sends no such frame, so this is another one.
      throw new Disconnected(`a frame that is not data: ${(error as Error).message}`);
    }
  }

  #read(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; ) {
      const count = this.#attempt(() => readSync(this.#from, bytes, at, size - at, null));
      if (count === 0) throw new Disconnected('the other side has closed its end');
      at += count;
    }
    return bytes;
  }

  #attempt(io: () => number): number {
    try {
      return io();
    } catch (error) {
      throw new Disconnected((error as Error).message);
    }
  }
}
