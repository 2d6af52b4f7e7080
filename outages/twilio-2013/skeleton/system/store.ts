/**
 * The store of balances. It works in memory, and its file has all that was ever written – as long as it is
 * configured so. What it loads when it starts, and whether it can be written, is configuration, too.
 */
import type { StoreContext } from '../contract.ts';

interface Data {
  readonly balances: Map<string, number>;
  /** The ids under which something was added. */
  readonly ids: Set<string>;
}

const NOTHING: Data = { balances: new Map(), ids: new Set() };

const copyOf = ({ balances, ids }: Data): Data => {
  return { balances: new Map(balances), ids: new Set(ids) };
};

export class BalanceStore {
  readonly #node: StoreContext;
  #memory: Data = copyOf(NOTHING);
  #file: Data = copyOf(NOTHING);
  #dump: Data = copyOf(NOTHING);
  #writesFile = true;
  #writable = true;

  constructor(node: StoreContext) {
    this.#node = node;
    node.serve('balance', ({ account }) => this.#memory.balances.get(account) ?? 0);
    node.serve('add', ({ account, amount, id }) => this.#add(account, amount, id));
  }

  /** Called by the grader, as is all below: what accounts have when the run begins. */
  begin(balances: Readonly<Record<string, number>>): void {
    this.#memory = { balances: new Map(Object.entries(balances)), ids: new Set() };
  }

  /** Sets a copy of everything aside. */
  dump(): void {
    this.#dump = copyOf(this.#memory);
  }

  restart(loads: 'file' | 'dump' | 'nothing', writable: boolean): void {
    if (this.#writesFile) this.#file = copyOf(this.#memory);
    this.#writesFile = loads === 'file';
    this.#writable = writable;
    this.#memory = copyOf({ file: this.#file, dump: this.#dump, nothing: NOTHING }[loads]);
  }

  balances(): Record<string, number> {
    return Object.fromEntries(this.#memory.balances);
  }

  #add(account: string, amount: number, id: string | null) {
    if (!this.#writable) {
      this.#node.emit('refused', { account, amount });
      return { refused: 'read-only' as const };
    }
    const { balances, ids } = this.#memory;
    const before = balances.get(account) ?? 0;
    if (id !== null && ids.has(id)) return { balance: before };
    if (id !== null) ids.add(id);
    const balance = before + amount;
    balances.set(account, balance);
    this.#node.emit('added', { account, amount, balance });
    return { balance };
  }
}
