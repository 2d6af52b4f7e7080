/**
 * A controller for one machine of three: it holds or watches the lease, and makes its server the primary,
 * a standby of the primary, or neither.
 *
 * **The lease is a text in the store** that its holder keeps changing. Nobody compares clocks: a watcher
 * waits a whole lease period, on its own clock, from when it saw the last change; the holder counts from
 * before it asked for that change. So the holder is the first to know that its time is over.
 *
 * **The lease alone protects nothing.** A controller may stand still while its server goes on, and a
 * commit needs only one standby. What protects is a promise: in a new epoch a server first stops
 * receiving, and then says how far it has got. Once two of three have promised, no earlier primary can
 * have a commit acknowledged any more, and what was acknowledged is on one of the two. The better of them
 * is promoted. This is Raft's election (§5.2, §5.4.1) with standbys for voters.
 *
 * **Better means a later epoch, or the same one and a longer log.** The epoch of a history is a row in the
 * database itself, the first that a new primary writes. Until two nodes have it, clients may not write.
 */
import { lsnToBytes, type PgMachine, sleep, until } from 'faultlab/postgres';

/** What is in the store under `lease`. Any change to it counts as a sign of life. */
interface Lease {
  readonly epoch: number;
  readonly holder: string;
  readonly beat: number;
  /** Where the holder's log ended when it was promoted; until then it is only elected. */
  readonly from?: string;
}

/** How far a server that receives nothing more in this epoch has got; under `promise/n2`. */
interface Promised {
  readonly epoch: number;
  /** Epoch of the primary that wrote the end of this log. */
  readonly history: number;
  readonly lsn: string;
}

const NOBODY: Lease = { epoch: 0, holder: '', beat: 0 };
/** Fractions of a lease period. */
const TURN = 1 / 6;
const ANSWER = 1 / 3;

export async function control(machine: PgMachine): Promise<never> {
  return new Controller(machine).run();
}

class Controller {
  readonly #machine: PgMachine;
  readonly #me: string;
  /** The lease as it was last seen, and when it was first seen so. */
  #text = '';
  #seenAtMs = performance.now();
  /** Until when this machine holds the lease; only it knows. */
  #heldUntilMs = 0;
  /** The epoch in which this server has promised not to receive from any earlier primary. */
  #promised = 0;
  /** How far this server had got by then. */
  #end = '0/0';
  /** The epoch for which this primary was, or is being, opened for clients. */
  #opening = 0;
  /** Since when this server has received nothing from the primary that it follows. */
  #silentSinceMs: number | undefined;

  constructor(machine: PgMachine) {
    this.#machine = machine;
    this.#me = machine.node.name;
  }

  async run(): Promise<never> {
    const { leaseMs, log } = this.#machine;
    for (;;) {
      try {
        await this.#turn();
      } catch (error) {
        log(error instanceof Error ? error.message : error);
        await this.#stepDown();
      }
      await sleep(leaseMs * TURN);
    }
  }

  async #turn(): Promise<void> {
    const { store, node } = this.#machine;
    const lease = await this.#look();
    if (!(await node.isRunning())) await this.#startAsStandby();
    if (lease.holder === this.#me) return this.#hold(lease);
    if (lease.epoch > 0) await this.#obey(lease);
    if (await this.#mayTake(lease)) {
      await store.cas('lease', this.#text, JSON.stringify(this.#next(lease)), this.#patience);
    }
  }

  #next({ epoch }: Lease, holder = this.#me): Lease {
    return { epoch: epoch + 1, holder, beat: 0 };
  }

  get #patience() {
    return { withinMs: this.#machine.leaseMs * ANSWER };
  }

  async #look(): Promise<Lease> {
    const text = await this.#machine.store.get('lease', this.#patience);
    if (text !== this.#text) {
      this.#text = text;
      this.#seenAtMs = performance.now();
    }
    return text === '' ? NOBODY : (JSON.parse(text) as Lease);
  }

  /** A lease that nobody has renewed for a whole period may be taken; the first one is the primary's. */
  async #mayTake({ epoch }: Lease): Promise<boolean> {
    if (epoch === 0) return this.#isPrimary();
    return performance.now() - this.#seenAtMs > this.#machine.leaseMs;
  }

  // ── The holder ────────────────────────────────────────────────────────────────────────────────

  async #hold(lease: Lease): Promise<void> {
    const { node, store } = this.#machine;
    const isPrimary = await this.#isPrimary();
    if (lease.from !== undefined) {
      if (isPrimary) return this.#lead(lease);
      // It has been restarted meanwhile. The others have received since they promised: ask them again.
      await store.cas('lease', this.#text, JSON.stringify(this.#next(lease)), this.#patience);
      return;
    }
    // Before the first epoch nobody else can have been the primary.
    if (lease.epoch === 1 && isPrimary) return this.#accept(lease);
    await this.#promise(lease);
    if (!(await this.#renew(lease))) return;
    const best = await this.#elect(lease);
    if (best === undefined) return;
    if (best !== this.#me) {
      const next = JSON.stringify(this.#next(lease, best));
      await store.cas('lease', this.#text, next, this.#patience);
      return;
    }
    if (!(await this.#isPrimary())) {
      await node.sql('SELECT pg_promote()');
      await until('the promotion is over', () => this.#isPrimary());
    }
    await this.#accept(lease);
  }

  /** This server is the primary of the epoch. Clients may not write yet. */
  async #accept(lease: Lease): Promise<void> {
    const { node, peers } = this.#machine;
    await node.configure({
      default_transaction_read_only: 'on',
      synchronous_standby_names: `ANY 1 (${peers.join(', ')})`,
    });
    const [row] = await node.sql<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn');
    await this.#renew({ ...lease, from: this.#promised === lease.epoch ? this.#end : row?.lsn });
  }

  async #lead(lease: Lease): Promise<void> {
    const { epoch } = lease;
    await this.#renew(lease);
    if (this.#opening === epoch) return;
    this.#opening = epoch;
    // Not awaited: it waits for a standby, and meanwhile the lease has to be renewed.
    this.#open(epoch).catch((error: Error) => {
      this.#machine.log(`not open: ${error.message}`);
      this.#opening = 0;
    });
  }

  /** Writes the first row of the epoch, and lets clients write once a standby has it. */
  async #open(epoch: number): Promise<void> {
    const { node } = this.#machine;
    const session = await node.connect();
    try {
      await session.query('SET default_transaction_read_only = off');
      await session.query('CREATE TABLE IF NOT EXISTS epochs (epoch int PRIMARY KEY)');
      const there = await session.query('SELECT FROM epochs WHERE epoch = $1', [epoch]);
      // Returns when a standby has it.
      if (there.rowCount === 0) await session.query('INSERT INTO epochs VALUES ($1)', [epoch]);
    } finally {
      await session.close();
    }
    if (this.#opening === epoch) await node.configure({ default_transaction_read_only: null });
  }

  async #renew(lease: Lease): Promise<boolean> {
    const askedAtMs = performance.now();
    const next = JSON.stringify({ ...lease, beat: lease.beat + 1 });
    const isDone = await this.#machine.store.cas('lease', this.#text, next, this.#patience);
    if (isDone) {
      this.#text = next;
      this.#seenAtMs = performance.now();
      this.#heldUntilMs = askedAtMs + this.#machine.leaseMs;
    }
    return isDone;
  }

  /** Two of three have promised: which of them is better? Undefined while only one has. */
  async #elect({ epoch }: Lease): Promise<string | undefined> {
    const { peers, store } = this.#machine;
    const promised: { name: string; history: number; end: bigint }[] = [];
    for (const name of [this.#me, ...peers]) {
      const text = await store.get(`promise/${name}`, this.#patience);
      const promise = text === '' ? undefined : (JSON.parse(text) as Promised);
      if (promise?.epoch !== epoch) continue;
      promised.push({ name, history: promise.history, end: lsnToBytes(promise.lsn) });
    }
    if (promised.length < 2) return undefined;
    promised.sort((a, b) => b.history - a.history || Number(b.end - a.end));
    return promised[0]?.name;
  }

  /** Nobody answers, or nothing works: a primary whose time is over is one no longer. */
  async #stepDown(): Promise<void> {
    const { node, log } = this.#machine;
    if (performance.now() < this.#heldUntilMs || this.#text === '') return;
    try {
      if (!(await node.isRunning()) || !(await this.#isPrimary())) return;
      log('steps down');
      await node.stop('immediate');
    } catch (error) {
      log(error instanceof Error ? error.message : error);
    }
  }

  // ── All others ────────────────────────────────────────────────────────────────────────────────

  /** Somebody else holds the lease: promise in its epoch, and follow it once it is a primary. */
  async #obey(lease: Lease): Promise<void> {
    if (lease.from === undefined) return this.#promise(lease);
    const { node } = this.#machine;
    if (await this.#isPrimary()) return this.#copy(lease);
    const source = node.conninfo(lease.holder);
    const [{ now = '' } = {}] = await node.sql("SELECT current_setting('primary_conninfo') AS now");
    if (now === source) return this.#follow(lease);
    const { history, lsn } = await this.#position();
    // What is beyond the place where the new primary began is another history.
    const isBeyond = history < lease.epoch && lsnToBytes(lsn) > lsnToBytes(lease.from);
    if (isBeyond) return this.#copy(lease);
    await node.configure({ primary_conninfo: source });
    this.#silentSinceMs = undefined;
  }

  /** A standby that gets nothing though it asks has a history, or a gap, that does not fit. */
  async #follow(lease: Lease): Promise<void> {
    const { node, leaseMs } = this.#machine;
    const streams = await node.sql("SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'");
    if (streams.length > 0) this.#silentSinceMs = undefined;
    else this.#silentSinceMs ??= performance.now();
    const silentMs = performance.now() - (this.#silentSinceMs ?? performance.now());
    if (silentMs > 4 * leaseMs) await this.#copy(lease);
  }

  /** Stops receiving from any earlier primary, and says how far this server has got. */
  async #promise({ epoch }: Lease): Promise<void> {
    const { node, store } = this.#machine;
    if (this.#promised >= epoch) return;
    if (await this.#isPrimary()) {
      await node.stop('immediate');
      await this.#startAsStandby();
    }
    await this.#receiveNothing();
    const position = await this.#position();
    const promise: Promised = { epoch, ...position };
    await store.put(`promise/${this.#me}`, JSON.stringify(promise), this.#patience);
    this.#promised = epoch;
    this.#end = position.lsn;
  }

  async #receiveNothing(): Promise<void> {
    const { node } = this.#machine;
    await node.configure({ primary_conninfo: '', default_transaction_read_only: 'on' });
    await until('nothing is received', async () => {
      return (await node.sql('SELECT FROM pg_stat_wal_receiver')).length === 0;
    });
  }

  /** The end of what this server has, and the epoch in which that was written. */
  async #position(): Promise<{ history: number; lsn: string }> {
    const { node } = this.#machine;
    let [lsn, replayed, idle] = ['', '', 0];
    // The very end may be part of a record, which is never replayed.
    await until('all is replayed', async () => {
      const [row] = await node.sql(`
        SELECT pg_last_wal_replay_lsn() AS replayed,
          greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) AS lsn`);
      idle = row?.replayed === replayed ? idle + 1 : 0;
      lsn = String(row?.lsn);
      replayed = String(row?.replayed);
      return lsn === replayed || idle > 20;
    });
    const [{ there = false } = {}] = await node.sql(
      "SELECT to_regclass('epochs') IS NOT NULL AS there",
    );
    if (!there) return { history: 0, lsn };
    const [{ history = 0 } = {}] = await node.sql('SELECT max(epoch) AS history FROM epochs');
    return { history: Number(history), lsn };
  }

  /**
   * Gives up this history for a copy of the primary's, but only once the copy is whole: the primary may die
   * meanwhile, and what is here may be one of the two promises that its successor needs.
   */
  async #copy({ holder }: Lease): Promise<void> {
    const { node, log } = this.#machine;
    log(`takes a copy of ${holder}`);
    this.#silentSinceMs = undefined;
    if (await node.isRunning()) await node.stop('immediate');
    await node.run('mv', node.dataDir, this.#aside);
    await node.baseBackup(holder);
    await node.run('rm', '-rf', this.#aside);
    await node.start();
  }

  get #aside(): string {
    return `${this.#machine.node.dataDir}.aside`;
  }

  // ── This server ───────────────────────────────────────────────────────────────────────────────

  async #isPrimary(): Promise<boolean> {
    const [row] = await this.#machine.node.sql('SELECT pg_is_in_recovery() AS standby');
    return row?.standby === false;
  }

  /** However it ended, a server that starts is a standby, of nobody yet. */
  async #startAsStandby(): Promise<void> {
    const { node } = this.#machine;
    if ((await node.run('ls', this.#aside)).exitCode === 0) {
      // A copy that was never finished.
      await node.remove();
      await node.run('mv', this.#aside, node.dataDir);
    }
    await node.configure({ primary_conninfo: '', default_transaction_read_only: 'on' });
    await node.writeFile('standby.signal', '');
    await node.start();
  }
}
