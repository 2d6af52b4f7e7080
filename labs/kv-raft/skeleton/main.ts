/**
 * Who runs what: `n1` … are servers, each with a Raft beside it, `c1` … clients. Given; the grader
 * uses its own copy and calls the methods of `ClientProgram`. Nothing to do here.
 *
 * Raft comes from `../raft/raft.ts`: yours, or ours with `--with-reference raft`.
 */
import RaftNode from '../raft/raft.ts';
import Client from './client.ts';
import type { Entry, KvContext } from './contract.ts';
import Server from './server.ts';

class ServerProgram {
  readonly #node: KvContext;
  readonly #raft: RaftNode;
  readonly #server: Server;
  #applied = 0;
  /** What Raft has given out while the state machine is stalled. */
  #backlog: (() => void)[] | undefined;

  constructor(node: KvContext) {
    this.#node = node;
    // What Raft reports goes to the state machine. Both share the node's disk and network.
    const outputs = {
      apply: (entry: Entry) =>
        this.#inTurn(() => {
          this.#server.apply(entry);
          this.#reached('applied', entry.index);
        }),
      restore: (snapshot: { index: number; data: string }) =>
        this.#inTurn(() => {
          this.#server.restore(snapshot);
          this.#reached('restored', snapshot.index);
        }),
    };
    const context = {
      id: node.id,
      peers: node.peers,
      disk: node.disk,
      call: node.call.bind(node),
      serve: node.serve.bind(node),
      log: node.log.bind(node),
      emit: (name: keyof typeof outputs, value: never) => outputs[name](value),
    };
    this.#raft = new RaftNode(context as never);
    this.#server = new Server(node, {
      propose: (command) => this.#raft.propose(command),
      snapshot: (index, data) => this.#raft.snapshot(index, data),
      readIndex: () => this.#raft.readIndex(),
    });
  }

  #inTurn(work: () => void): void {
    if (this.#backlog === undefined) work();
    else this.#backlog.push(work);
  }

  #reached(how: 'applied' | 'restored', index: number): void {
    this.#applied = index;
    const state = this.#server.dump();
    this.#node.emit(how, { index, keys: Object.keys(state).length, digest: digestOf(state) });
  }

  start(): Promise<void> {
    return this.#raft.start();
  }

  /** From now on this server executes nothing, like one that is very busy; its Raft goes on. */
  stall(): void {
    this.#backlog ??= [];
  }

  /** It executes what has come meanwhile, and goes on. */
  unstall(): void {
    const backlog = this.#backlog ?? [];
    this.#backlog = undefined;
    for (const work of backlog) work();
  }

  inspect() {
    return { ...this.#raft.inspect(), applied: this.#applied };
  }

  dump(): Readonly<Record<string, string>> {
    return this.#server.dump();
  }
}

/** FNV-1a of the keys and values, in the order of the keys. */
function digestOf(state: Readonly<Record<string, string>>): number {
  let hash = 0x811c9dc5;
  for (const key of Object.keys(state).sort()) {
    const text = `${key}=${state[key]};`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

class ClientProgram {
  readonly #client: Client;

  constructor(node: KvContext) {
    this.#client = new Client(node);
  }

  get(key: string): Promise<string> {
    return this.#client.get(key);
  }

  put(key: string, value: string): Promise<void> {
    return this.#client.put(key, value);
  }

  append(key: string, value: string): Promise<void> {
    return this.#client.append(key, value);
  }

  cas(key: string, from: string, to: string): Promise<boolean> {
    return this.#client.cas(key, from, to);
  }
}

export default { n: ServerProgram, c: ClientProgram };
