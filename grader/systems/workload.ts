/**
 * Clients that write while things break. Every write has a number of its own, and one of three
 * outcomes, so that afterwards it can be said of each whether it had to be kept.
 */
import type { NodeId } from '../node.ts';
import { CLIENTS, type Links } from './links.ts';
import { type SqlError, type SqlNotice, sleep } from './postgres.ts';
import { openSession, type Session } from './sql.ts';

/**
 * - `ok`: acknowledged; must be there.
 * - `fail`: surely refused, before it could take effect; must not be there.
 * - `unknown`: no answer, or one that promises nothing; may be either.
 */
export type WriteOutcome = 'ok' | 'fail' | 'unknown';

export interface Write {
  readonly id: number;
  readonly client: number;
  readonly node: NodeId;
  /** Milliseconds since the start of the workload. */
  readonly askedAtMs: number;
  answeredAtMs: number;
  outcome: WriteOutcome;
  /** What the server or the connection said. */
  said: string;
  /** The timeline on which it was acknowledged. */
  timeline?: number;
}

export interface WorkloadOptions {
  /** @default 2 */
  readonly clients?: number;
  /** Between two writes of one client. @default 5 */
  readonly pauseMs?: number;
  /** Which node a client writes to now; asked before each write. Clients are numbered from 1. */
  readonly to: (client: number) => NodeId;
  /** Where the table is made. @default the first primary */
  readonly at?: NodeId;
  /** Length of the text that goes with the number of a write, in bytes. @default 100 */
  readonly sizeBytes?: number;
}

export const TABLE = 'writes';

export const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  id bigint PRIMARY KEY, client int NOT NULL, body text NOT NULL, node text NOT NULL)`;

const INSERT = `INSERT INTO ${TABLE} VALUES ($1, $2, $3, current_setting('cluster_name'))
  RETURNING left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline`;
/** A server that hangs is given up on after this long, and the outcome is unknown. */
const ANSWER_WITHIN_MS = 3000;
const IDS_PER_CLIENT = 1_000_000;

/** Errors after which a statement may have been committed all the same. */
function mayHaveHappened({ wasSent, code }: SqlError): boolean {
  // The connection broke, an administrator or a crash ended it, or the wait for a standby was cancelled.
  return wasSent && (code.startsWith('08') || code.startsWith('57'));
}

/** "canceling wait for synchronous replication": it is committed here, and perhaps nowhere else. */
export const isLocalOnly = ({ severity, message }: SqlNotice): boolean =>
  severity === 'WARNING' && /synchronous replication/.test(message);

export class Workload {
  readonly writes: Write[] = [];
  readonly #links: Links;
  readonly #options: WorkloadOptions;
  readonly #clients: Promise<void>[];
  readonly #startMs = performance.now();
  #isOver = false;

  constructor(links: Links, options: WorkloadOptions) {
    this.#links = links;
    this.#options = options;
    const { clients = 2 } = options;
    this.#clients = Array.from({ length: clients }, (_, i) => this.#client(i + 1));
  }

  /** How many have been acknowledged so far. */
  get acknowledged(): number {
    return this.with('ok').length;
  }

  with(outcome: WriteOutcome): Write[] {
    return this.writes.filter((write) => write.outcome === outcome);
  }

  /** Lets each client finish its current write. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #client(number: number): Promise<void> {
    let session: Session | undefined;
    let at: NodeId | undefined;
    for (let count = 1; !this.#isOver; count++) {
      const node = this.#options.to(number);
      if (node !== at || session?.isLost) {
        await session?.close();
        session = undefined;
        at = node;
      }
      const write: Write = {
        id: number * IDS_PER_CLIENT + count,
        client: number,
        node,
        askedAtMs: this.nowMs,
        answeredAtMs: Number.POSITIVE_INFINITY,
        outcome: 'unknown',
        said: 'no answer yet',
      };
      this.writes.push(write);
      try {
        session ??= await openSession(this.#links.address(CLIENTS, node), {
          application: `client ${number}`,
        });
        await this.#perform(session, write);
      } catch (error) {
        // The connection was refused: nothing was sent.
        settle(write, 'fail', (error as Error).message);
      }
      write.answeredAtMs = this.nowMs;
      if (write.outcome !== 'ok') {
        await session?.close();
        session = undefined;
        await sleep(20);
      }
      await sleep(this.#options.pauseMs ?? 5);
    }
    await session?.close();
  }

  async #perform(session: Session, write: Write): Promise<void> {
    const body = 'x'.repeat(this.#options.sizeBytes ?? 100);
    const values = [write.id, write.client, body];
    const answer = session.query<{ timeline: string }>(INSERT, values).then(
      ({ notices, rows }) => {
        const warning = notices.find(isLocalOnly);
        if (warning) settle(write, 'unknown', warning.message);
        else {
          write.timeline = Number.parseInt(rows[0]?.timeline ?? '', 16);
          settle(write, 'ok', 'acknowledged');
        }
      },
      (error: SqlError) => {
        settle(write, mayHaveHappened(error) ? 'unknown' : 'fail', error.message);
      },
    );
    await Promise.race([answer, sleep(ANSWER_WITHIN_MS)]);
    if (write.said === 'no answer yet') write.said = `no answer in ${ANSWER_WITHIN_MS / 1000} s`;
  }

  /** Milliseconds since the start. */
  get nowMs(): number {
    return Math.round(performance.now() - this.#startMs);
  }
}

/** A late answer, after the client has given up, does not count: the client has not heard it. */
function settle(write: Write, outcome: WriteOutcome, said: string): void {
  if (write.answeredAtMs !== Number.POSITIVE_INFINITY) return;
  write.outcome = outcome;
  write.said = said;
}

export interface Kept {
  /** Acknowledged, and not there. */
  readonly lost: readonly Write[];
  /** Refused, and there all the same. */
  readonly refused: readonly Write[];
  /** There twice, or never asked for by a client of this workload. */
  readonly strange: readonly number[];
}

/** Compares what clients were told with what a server holds. */
export function compare(writes: readonly Write[], ids: readonly number[]): Kept {
  const there = new Set(ids);
  const asked = new Set(writes.map(({ id }) => id));
  return {
    lost: writes.filter(({ outcome, id }) => outcome === 'ok' && !there.has(id)),
    refused: writes.filter(({ outcome, id }) => outcome === 'fail' && there.has(id)),
    strange: ids.filter((id, i) => !asked.has(id) || ids.indexOf(id) !== i),
  };
}
