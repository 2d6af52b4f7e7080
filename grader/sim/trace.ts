/**
 * What happened in a run. Every event always goes into a running hash; into a record only when a
 * trace was asked for (replay, the story of a failure); and into words only when the record is
 * read, because making text costs more than simulating. Asking does not change the run.
 */
import type { WireMessage } from './network.ts';

/** What report pages and `explain` need beyond the words. */
export interface TraceFacts {
  /** The number of the message in this run; a send and its delivery or loss share it. */
  readonly message?: number;
  readonly method?: string;
  /** This record says in words what the faults of the same instant do. */
  readonly tells?: true;
  /** What has changed in `inspect`: field → its new value. */
  readonly changes?: Readonly<Record<string, unknown>>;
  /** The message itself, as it was when it was sent. */
  readonly wire?: WireMessage;
  readonly emitted?: {
    readonly name: string;
    readonly value: unknown;
    /** The text of the record is in the lab's own words, and has a verb. */
    readonly inWords: boolean;
  };
  /** A call of the workload into a node; the record of its answer has the same `call`. */
  readonly call?: number;
  readonly called?: { readonly method: string; readonly args: readonly unknown[] };
  readonly answered?: { readonly ok: boolean; readonly value: unknown };
  /** The place in the trace of the record of what the node was handling when it did this. */
  readonly cause?: number | undefined;
  /** Where in the code it was done; only when stacks are kept. */
  readonly stack?: { readonly stack?: string } | undefined;
  /** The links that are cut from now on, one way each: `n1>n2`. */
  readonly cuts?: readonly string[];
  /** How a clock differs from the true time from now on. */
  readonly clock?: { readonly node: string; readonly rate?: number; readonly jumpMs?: number };
}

export class TraceRecord {
  readonly atMs: number;
  readonly node: string | undefined;
  readonly kind: string;
  readonly facts: TraceFacts;
  #words: string | (() => string);

  constructor(
    atMs: number,
    node: string | undefined,
    kind: string,
    words: () => string,
    facts: TraceFacts,
  ) {
    this.atMs = atMs;
    this.node = node;
    this.kind = kind;
    this.facts = facts;
    this.#words = words;
  }

  /** Made when first read. */
  get text(): string {
    if (typeof this.#words === 'function') this.#words = this.#words();
    return this.#words;
  }
}

export class Trace {
  readonly records: TraceRecord[] = [];
  readonly keeping: boolean;
  #low = 0x811c9dc5 | 0;
  #high = 0x01000193 | 0;

  constructor(keeping: boolean) {
    this.keeping = keeping;
  }

  /** Adds an event to the hash. `kind` is a small number, `detail` anything about its content. */
  mark(kind: number, atUs: number, node: number, detail: number): void {
    let h = Math.imul(this.#low ^ kind, 0x01000193);
    h = Math.imul(h ^ atUs, 0x01000193);
    h = Math.imul(h ^ (node + (detail << 4)), 0x01000193);
    this.#low = h ^ (h >>> 15);
    this.#high = (Math.imul(this.#high, 0x9e3779b1) + h + detail) | 0;
  }

  /** Adds a record; call it only when `keeping`. `words` may run at any later time. */
  line(
    atMs: number,
    node: string | undefined,
    kind: string,
    words: () => string,
    facts: TraceFacts = {},
  ): void {
    this.records.push(new TraceRecord(atMs, node, kind, words, facts));
  }

  /** 16 hex digits. */
  get hash(): string {
    const hex = (n: number) => (n >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }
}

/** 32 bits of a text, for `mark`. */
export function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** The hash of two traces, one after the other. */
export function combineHashes(first: string, second: string): string {
  const trace = new Trace(false);
  for (const hash of [first, second]) {
    trace.mark(0, Number.parseInt(hash.slice(0, 8), 16), 0, Number.parseInt(hash.slice(8), 16));
  }
  return trace.hash;
}
