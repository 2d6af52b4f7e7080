/**
 * How records are laid out in a file, yours to build: each with its length and a checksum, so that a reader
 * can tell a record that was never finished from one that has rotted.
 *
 * A crash tears an append by leaving its first part; it never leaves a whole record with a hole.
 */

/** What is in the file is not what was written: to go on would be to guess. */
export class CorruptLog extends Error {
  override readonly name = 'CorruptLog';
}

/** One record as it is appended to the file. ASCII only, so that a character is a byte. */
export function encode(record: unknown): string {
  // A worked example of plain ASCII: JSON with everything else escaped.
  const text = JSON.stringify(record).replace(/[\u0080-\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  // TODO(A): the length, and checksums (crc32.ts) of all that a reader relies on.
  return text;
}

/** The records of a file, and how many bytes they take; what follows is a torn tail. */
export function decode(bytes: Uint8Array): { records: unknown[]; wholeBytes: number } {
  // TODO(A): what can a crash leave, and what can only be rot? @throws {CorruptLog}
  void bytes;
  return { records: [], wholeBytes: 0 };
}
