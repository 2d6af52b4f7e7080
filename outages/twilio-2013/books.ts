/**
 * The billing system of one run, as the grader sees it: what customers use, what their cards were charged,
 * and what that leaves them, whatever the store says. Nothing is taken from the repaired file.
 */
import { type Cluster, fleet } from 'faultlab';
import { type Disturbance, RECHARGE, THRESHOLD } from './contract.ts';

const JOURNAL = 'j1';
const STORE = 's1';
const GATEWAY = 'g1';
const ACCOUNTS = 60;
/** An account uses something this often on average, and 2 each time: 50 in 100 s. */
const USED_EVERY_MS = 4000;
/** An account with more than this left must not be charged. */
export const LEFT_MAX = 2 * THRESHOLD;

interface Account {
  readonly name: string;
  left: number;
  charges: number;
}

/** A charge to an account that had enough left. */
interface Overcharge {
  readonly account: string;
  readonly left: number;
  readonly by: string;
  readonly charge: string;
  readonly atMs: number;
  /** When the same account was last charged before, if it was in this run. */
  readonly beforeMs: number | undefined;
}

export class Books {
  readonly workers: readonly string[];
  readonly #cluster: Cluster;
  readonly #accounts = new Map<string, Account>();
  readonly #chargedAtMs = new Map<string, number>();
  readonly #overcharges: Overcharge[] = [];
  #used = 0;
  #priced = 0;
  #refused = 0;
  #otherCause: string | undefined;
  #isOpen = true;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.workers = fleet(cluster, 'w');
    cluster.onEmit((_node, name, value) => this.#onEmit(name, value as never));
    cluster.chart(1000, [
      { name: 'usage priced', unit: '/s', of: 'count', read: () => this.#priced },
      { name: '… waiting', unit: '', of: 'level', read: () => this.waiting },
      { name: 'charges', unit: '/s', of: 'count', read: () => this.charges },
      { name: 'overcharged', unit: '%', of: 'level', read: () => 100 * this.overcharged },
    ]);
    for (let i = 1; i <= ACCOUNTS; i++) {
      const account = { name: `a${i}`, left: cluster.draw.int(THRESHOLD, 59), charges: 0 };
      this.#accounts.set(account.name, account);
      this.#useLater(account);
    }
    const balances = this.accounts.map(({ name, left }) => [name, left]);
    cluster.invoke(STORE, 'begin', Object.fromEntries(balances));
  }

  get accounts(): readonly Readonly<Account>[] {
    return [...this.#accounts.values()];
  }

  /** How many times cards have been charged so far. */
  get charges(): number {
    return this.accounts.reduce((sum, { charges }) => sum + charges, 0);
  }

  /** Usages that are not priced yet. */
  get waiting(): number {
    return this.#used - this.#priced;
  }

  get used(): number {
    return this.#used;
  }

  /** Writes that the store refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Share of the accounts that have paid for something they do not need yet, 0 … 1. */
  get overcharged(): number {
    return this.paidAhead(1).length / ACCOUNTS;
  }

  /** The charges that should not have been made, in order of time. */
  get overcharges(): readonly Overcharge[] {
    return this.#overcharges;
  }

  /** What happened, other than to the store. */
  get otherCause(): string | undefined {
    return this.#otherCause;
  }

  /** Accounts that were charged at least this many times too many. */
  paidAhead(times: number): readonly Readonly<Account>[] {
    return this.accounts.filter(({ left }) => left > LEFT_MAX + times * RECHARGE);
  }

  /** Accounts that have used more than they have paid for, the worst first. */
  get overdrawn(): readonly Readonly<Account>[] {
    return this.accounts.filter(({ left }) => left < 0).sort((a, b) => a.left - b.left);
  }

  /** Accounts that the store is wrong about. To be asked when nothing is under way. */
  get wrong(): readonly { readonly name: string; readonly left: number; readonly said: number }[] {
    const said = this.#cluster.invoke(STORE, 'balances') as Record<string, number>;
    return this.accounts
      .map(({ name, left }) => ({ name, left, said: said[name] ?? 0 }))
      .filter((account) => account.left !== account.said);
  }

  /** Nobody uses anything any more. */
  close(): void {
    this.#isOpen = false;
  }

  disturb(event: Disturbance): void {
    const cluster = this.#cluster;
    const seconds = `${event.forMs / 1000} s`;
    switch (event.do) {
      case 'restart-store': {
        const loads = event.loads === 1 ? 'file' : 'nothing';
        this.misconfigureStore(loads, event.writable === 1, event.forMs);
        break;
      }
      case 'cut-store':
        this.#otherCause = `no worker reached the store for ${seconds}`;
        this.cutStore(event.forMs);
        break;
      case 'lose-answers':
        this.#otherCause = `answers of the gateway were lost for ${seconds}`;
        cluster.mark(`answers of ${GATEWAY} are lost for ${seconds}`);
        cluster.filter(({ kind, from }) => {
          const isLost = kind === 'reply' && from === GATEWAY && cluster.draw.chance(event.share);
          return isLost ? 'drop' : undefined;
        });
        cluster.after(event.forMs, () => cluster.filter(undefined));
        break;
      case 'crash-workers':
        this.#otherCause = `the workers were killed, and off for ${seconds}`;
        cluster.mark('the workers are killed');
        for (const worker of this.workers) cluster.crash(worker);
        cluster.after(event.forMs, () => {
          for (const worker of this.workers) cluster.restart(worker);
        });
        break;
    }
  }

  /** Restarts the store with a wrong configuration, and after a while with the right one. */
  misconfigureStore(loads: 'file' | 'dump' | 'nothing', writable: boolean, forMs: number): void {
    const cluster = this.#cluster;
    const words = { file: 'its file', dump: 'an old dump', nothing: 'nothing' }[loads];
    cluster.mark(`${STORE} restarts: loads ${words}, ${writable ? 'can' : 'cannot'} be written`);
    cluster.invoke(STORE, 'restart', loads, writable);
    cluster.after(forMs, () => {
      cluster.mark(`${STORE} restarts with the right configuration`);
      cluster.invoke(STORE, 'restart', 'file', true);
    });
  }

  cutStore(forMs: number): void {
    const cluster = this.#cluster;
    cluster.mark(`no worker reaches ${STORE}`);
    cluster.cut(this.workers, STORE);
    cluster.after(forMs, () => {
      cluster.mend(this.workers, STORE);
      cluster.mark(`the workers reach ${STORE} again`);
    });
  }

  dumpStore(): void {
    this.#cluster.invoke(STORE, 'dump');
  }

  #useLater(account: Account): void {
    const { draw } = this.#cluster;
    this.#cluster.after(draw.real(0, 2 * USED_EVERY_MS), () => {
      if (!this.#isOpen) return;
      const amount = draw.int(1, 3);
      account.left -= amount;
      const usage = { id: `u${++this.#used}`, account: account.name, amount };
      this.#cluster.invoke(JOURNAL, 'record', usage);
      this.#useLater(account);
    });
  }

  #onEmit(name: string, value: { account: string; by: string; charge: string }): void {
    if (name === 'priced') this.#priced++;
    if (name === 'refused') this.#refused++;
    if (name !== 'charged') return;
    const account = this.#accounts.get(value.account);
    if (account === undefined) return;
    const atMs = this.#cluster.nowMs;
    const { left } = account;
    const beforeMs = this.#chargedAtMs.get(value.account);
    if (left > LEFT_MAX) this.#overcharges.push({ ...value, left, atMs, beforeMs });
    this.#chargedAtMs.set(value.account, atMs);
    account.left += RECHARGE;
    account.charges++;
  }
}
