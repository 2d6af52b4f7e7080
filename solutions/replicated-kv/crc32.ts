/** CRC-32 (ISO 3309, as in zlib and Ethernet): finds every error burst of up to 32 bits. Given. */

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let code = byte;
  for (let bit = 0; bit < 8; bit++) code = code & 1 ? (code >>> 1) ^ 0xedb88320 : code >>> 1;
  return code >>> 0;
});

/** The checksum of a text of characters below 256 (one per byte), as 8 hexadecimal digits. */
export function crc32(bytes: string): string {
  let code = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    code = (code >>> 8) ^ (TABLE[(code ^ bytes.charCodeAt(i)) & 0xff] as number);
  }
  return ((code ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
