/**
 * A cluster of databases, as its manager sees it: five times a second it writes to the store that the primary
 * is well. When too few of these reports get there, the primary is taken for dead, and its replica becomes the
 * primary. Then all replicas are rebuilt, which takes hours: there is no second one to promote.
 */
import { RpcError } from 'faultlab/node';
import type { DatabaseContext } from '../contract.ts';

const TIMEOUT = { timeoutMs: 500 };
/** Of the reports of the last 20 s, this share has to be written. */
const LAST_MS = 20_000;
const WRITTEN_MIN = 0.7;

export class Database {
  readonly #node: DatabaseContext;
  #member = 0;
  #count = 0;
  /** How the last reports ended, oldest first. */
  readonly #ended: { readonly atMs: number; readonly ok: boolean }[] = [];
  #begunAtMs = 0;
  #isPromoted = false;

  constructor(node: DatabaseContext) {
    this.#node = node;
  }

  /** Called by the grader: how often it reports. */
  begin(everyMs: number): void {
    this.#begunAtMs = performance.now();
    setInterval(() => this.#report(), everyMs);
  }

  async #report(): Promise<void> {
    const report = `${this.#node.id}-${++this.#count}`;
    const tried = this.#member;
    const to = this.#node.peers[tried] as string;
    let leader: string | null = null;
    try {
      const reply = await this.#node.call(to, 'write', { report }, TIMEOUT);
      if (reply.ok) {
        this.#end(true);
        this.#node.emit('reported', { report, to });
        return;
      }
      leader = reply.leader;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
    this.#node.emit('failed', { report });
    this.#end(false);
    if (tried !== this.#member) return; // Another report has found another member meanwhile.
    const known = leader === null ? -1 : this.#node.peers.indexOf(leader);
    this.#member = known >= 0 && known !== tried ? known : (tried + 1) % this.#node.peers.length;
  }

  #end(ok: boolean): void {
    const nowMs = performance.now();
    this.#ended.push({ atMs: nowMs, ok });
    while ((this.#ended[0]?.atMs ?? nowMs) < nowMs - LAST_MS) this.#ended.shift();
    const written = this.#ended.filter((each) => each.ok).length / this.#ended.length;
    if (this.#isPromoted || nowMs < this.#begunAtMs + LAST_MS || written >= WRITTEN_MIN) return;
    this.#isPromoted = true;
    this.#node.emit('promoted', { writtenPercent: Math.round(100 * written) });
  }
}
