/** UTF-8 to and from "binary strings" (one character per byte), as the simulated disk keeps them. */

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

export function toBinary(text: string): string {
  if (isAscii(text)) return text;
  let result = '';
  for (const character of text) {
    let code = character.codePointAt(0) as number;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) result += character;
    else if (code < 0x800) result += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) {
      result += String.fromCharCode(
        0xe0 | (code >> 12),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
    } else {
      result += String.fromCharCode(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
    }
  }
  return result;
}

/** Broken sequences, such as a torn write leaves, become U+FFFD. */
export function fromBinary(binary: string): string {
  if (isAscii(binary)) return binary;
  let result = '';
  let i = 0;
  while (i < binary.length) {
    const first = binary.charCodeAt(i++);
    if (first < 0x80) {
      result += String.fromCharCode(first);
      continue;
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
    let code = more === 0 ? -1 : first & (0x3f >> more);
    for (let k = 0; k < more; k++) {
      const next = binary.charCodeAt(i);
      if (!(next >= 0x80 && next < 0xc0)) {
        code = -1;
        break;
      }
      code = (code << 6) | (next & 63);
      i++;
    }
    result += code < 0 || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
  }
  return result;
}

export function bytesToBinary(bytes: Uint8Array): string {
  let result = '';
  for (const byte of bytes) result += String.fromCharCode(byte);
  return result;
}

export function binaryToBytes(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
