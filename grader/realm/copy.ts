/**
 * Structural copy of plain data, measuring its size and hashing its content on the way. Runs inside a
 * realm, so that the copy belongs to that realm: nodes never share an object.
 */

/** What the last `copy` saw: [size in bytes, hash of the content]. Read by the host. */
export const meter = new Float64Array(2);

const DEPTH_MAX = 64;
const ObjectPrototype = Object.prototype;
const { getPrototypeOf, hasOwn } = Object;
const { isArray } = Array;

let size = 0;
let hash = 0;

/** Thrown for what is not plain data; `whyNotPlain` then finds the words. */
const NOT_PLAIN = { notPlain: true };

/** Returns a copy, or `undefined` and a size of -1 when the value is not plain data. */
export function copy(value: unknown): unknown {
  size = 0;
  hash = 17;
  try {
    const result = copyValue(value, 0);
    meter[0] = size;
    meter[1] = hash;
    return result;
  } catch {
    meter[0] = -1;
    meter[1] = 0;
    return undefined;
  }
}

function addText(text: string): void {
  const { length } = text;
  size += length + 2;
  let h = Math.imul(hash ^ length, 0x01000193);
  for (let i = 0; i < length && i < 64; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  hash = h;
}

function copyValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      addText(value);
      return value;
    case 'number':
      size += 8;
      hash = Math.imul(hash ^ (value | 0) ^ ((value * 1024) | 0), 0x85ebca6b);
      return value;
    case 'boolean':
      size += 1;
      hash = Math.imul(hash ^ (value ? 3 : 5), 0x85ebca6b);
      return value;
    case 'undefined':
      return value;
    case 'object':
      return value === null ? copyNull() : copyObject(value, depth + 1);
    default:
      throw NOT_PLAIN;
  }
}

function copyNull(): null {
  size += 4;
  hash = Math.imul(hash ^ 7, 0x85ebca6b);
  return null;
}

function copyObject(value: object, depth: number): unknown {
  if (depth > DEPTH_MAX) throw NOT_PLAIN;
  if (isArray(value)) {
    const { length } = value;
    size += 2;
    hash = Math.imul(hash ^ length, 0x01000193);
    const result: unknown[] = [];
    for (let i = 0; i < length; i++) result.push(copyValue(value[i], depth));
    return result;
  }
  if (!isPlain(value)) {
    if (!isBytes(value)) throw NOT_PLAIN;
    size += value.length;
    hash = Math.imul(hash ^ value.length, 0x01000193);
    return new Uint8Array(value);
  }
  size += 2;
  const result: Record<string, unknown> = {};
  for (const key in value) {
    if (key === '__proto__') throw NOT_PLAIN;
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    size += key.length + 3;
    result[key] = copyValue(member, depth);
  }
  return result;
}

/** An object literal, from this realm or another. */
function isPlain(value: object): boolean {
  const prototype = getPrototypeOf(value);
  if (prototype === ObjectPrototype || prototype === null) return true;
  return getPrototypeOf(prototype) === null && hasOwn(prototype, 'isPrototypeOf');
}

function isBytes(value: object): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array).BYTES_PER_ELEMENT === 1;
}

/** Says what the first thing is that cannot travel, and where. Never throws. */
export function whyNotPlain(value: unknown, path: string, depth = 0): string | undefined {
  try {
    if (typeof value === 'function') return `${path} is a function`;
    if (typeof value === 'symbol' || typeof value === 'bigint')
      return `${path} is a ${typeof value}`;
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > DEPTH_MAX)
      return `${path.slice(0, 40)}… is nested more than ${DEPTH_MAX} deep, or refers to itself`;
    if (isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const why = whyNotPlain(value[i], `${path}[${i}]`, depth + 1);
        if (why !== undefined) return why;
      }
      return undefined;
    }
    if (isBytes(value)) return undefined;
    if (!isPlain(value)) {
      const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
      return `${path} is a ${typeof name === 'string' && name !== '' ? name : 'class instance'}`;
    }
    for (const key of Object.keys(value)) {
      if (key === '__proto__') return `${path} has a member called __proto__`;
      const why = whyNotPlain((value as Record<string, unknown>)[key], `${path}.${key}`, depth + 1);
      if (why !== undefined) return why;
    }
    return undefined;
  } catch {
    return `${path} cannot be read`;
  }
}
