/**
 * Record framing. A record is `length, checksum of the length, checksum of the payload, payload`, the
 * first three as 8 hexadecimal digits. A crash can only cut the last record short, so:
 *
 * - fewer bytes than a header, or a good header with fewer bytes after it than it says: a torn tail;
 * - a header or payload that is complete but does not match its checksum: rot.
 *
 * The length needs a checksum of its own. Without one, a rotten length that has grown looks exactly
 * like a torn tail, and the reader would cut away everything from there on.
 */
import { crc32 } from './crc32.ts';

const DIGITS = 8;
const HEADER_BYTES = 3 * DIGITS;

/** What is in the file is not what was written: to go on would be to guess. */
export class CorruptLog extends Error {
  override readonly name = 'CorruptLog';
}

/** One record as it is appended to the file. ASCII only, so that a character is a byte. */
export function encode(record: unknown): string {
  const text = JSON.stringify(record).replace(/[\u0080-\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  const length = text.length.toString(16).padStart(DIGITS, '0');
  return `${length}${crc32(length)}${crc32(text)}${text}`;
}

/** The records of a file, and how many bytes they take; what follows is a torn tail. */
export function decode(bytes: Uint8Array): { records: unknown[]; wholeBytes: number } {
  const content = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  const records: unknown[] = [];
  let at = 0;
  while (content.length - at >= HEADER_BYTES) {
    const field = (i: number) => content.slice(at + i * DIGITS, at + (i + 1) * DIGITS);
    const [length, lengthSum, textSum] = [field(0), field(1), field(2)];
    if (crc32(length) !== lengthSum) throw new CorruptLog(`the header at byte ${at} has rotted`);
    const end = at + HEADER_BYTES + Number.parseInt(length, 16);
    if (content.length < end) break;
    const text = content.slice(at + HEADER_BYTES, end);
    if (crc32(text) !== textSum) throw new CorruptLog(`the record at byte ${at} has rotted`);
    records.push(JSON.parse(text));
    at = end;
  }
  return { records, wholeBytes: at };
}
