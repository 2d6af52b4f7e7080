/**
 * A reader of EDN (extensible data notation), as Jepsen writes it. Keywords and symbols become text
 * without the colon, nil becomes null, maps become objects, vectors, lists and sets arrays; tags are
 * skipped.
 */

/** A text that is not EDN, with its place. */
export class EdnError extends Error {
  override readonly name = 'EdnError';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

export interface EdnForm {
  readonly value: unknown;
  /** The line where it begins, counted from 1. */
  readonly line: number;
}

const SPACE = /[\s,]/;
const END = /[\s,()[\]{}";]/;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

/** All forms of a text, one after the other. @throws {EdnError} */
export function readEdn(text: string): EdnForm[] {
  const reader = new Reader(text);
  const forms: EdnForm[] = [];
  while (reader.skip()) forms.push({ line: reader.line, value: reader.read() });
  return forms;
}

class Reader {
  readonly #text: string;
  #at = 0;
  line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** Goes on to the next form; false at the end. */
  skip(): boolean {
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] as string;
      if (char === '\n') this.line++;
      else if (char === ';') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = (end === -1 ? this.#text.length : end) - 1;
      } else if (!SPACE.test(char)) return true;
    }
    return false;
  }

  read(): unknown {
    if (!this.skip()) throw new EdnError(this.line, 'the text ends inside a form');
    const char = this.#text[this.#at] as string;
    if (char === '"') return this.#string();
    if (char in CLOSING) return this.#collection(char);
    if (char === '#') return this.#dispatch();
    if (char === ')' || char === ']' || char === '}') {
      throw new EdnError(this.line, `"${char}" closes nothing`);
    }
    return this.#atom();
  }

  #collection(open: string): unknown {
    const startLine = this.line;
    const items = this.#items(open, CLOSING[open] as string);
    if (open !== '{') return items;
    if (items.length % 2 === 1) throw new EdnError(startLine, 'a map has a key without a value');
    const map: Record<string, unknown> = {};
    for (let i = 0; i < items.length; i += 2) map[String(items[i])] = items[i + 1];
    return map;
  }

  /** `#{…}` is a set; `#_form` is nothing; `#tag form` is the form. */
  #dispatch(): unknown {
    const next = this.#text[this.#at + 1];
    this.#at++;
    if (next === '{') return this.#items('#{', '}');
    if (next === '_') {
      this.#at++;
      this.read();
      return this.read();
    }
    this.#atom();
    return this.read();
  }

  #items(open: string, close: string): unknown[] {
    const startLine = this.line;
    const items: unknown[] = [];
    this.#at++;
    for (;;) {
      if (!this.skip()) throw new EdnError(startLine, `"${open}" is not closed by "${close}"`);
      if (this.#text[this.#at] === close) break;
      items.push(this.read());
    }
    this.#at++;
    return items;
  }

  #string(): string {
    let value = '';
    const startLine = this.line;
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] as string;
      if (char === '"') {
        this.#at++;
        return value;
      }
      if (char === '\n') this.line++;
      if (char === '\\') {
        this.#at++;
        const escaped = this.#text[this.#at] ?? '';
        value += ESCAPES[escaped] ?? escaped;
      } else value += char;
    }
    throw new EdnError(startLine, 'a string is not closed by a quote');
  }

  #atom(): unknown {
    const start = this.#at;
    while (this.#at < this.#text.length && !END.test(this.#text[this.#at] as string)) this.#at++;
    const word = this.#text.slice(start, this.#at);
    if (word === '') throw new EdnError(this.line, `"${this.#text[start]}" does not begin a form`);
    if (word === 'nil') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (/^[-+]?\d/.test(word)) {
      const number = Number(word.replace(/[MN]$/, ''));
      if (!Number.isNaN(number)) return number;
    }
    return word.startsWith(':') ? word.slice(1) : word;
  }
}
