/**
 * Who runs what: `k1` … are controllers, `c1` … clients, and every other letter is a group of
 * replicas. Controllers and replicas each run a Raft with those of their letter. Given; the grader
 * uses its own copy and calls the methods of the programs below. Nothing to do here.
 *
 * Raft comes from `../raft/raft.ts`: yours, or ours with `--with-reference raft`.
 */
import RaftNode from '../raft/raft.ts';
import Client from './client.ts';
import type {
  Committed,
  Config,
  GroupId,
  Shard,
  ShardContext,
  Snapshot,
  StateMachine,
  Step,
  Timestamp,
} from './contract.ts';
import Controller from './controller.ts';
import { type Entry, Replica } from './replica.ts';
import Server from './server.ts';

const groupOf = (id: string) => id.replace(/\d+$/, '');
const controllersOf = (node: ShardContext) =>
  [node.id, ...node.peers].filter((id) => groupOf(id) === 'k').sort();

/** A Raft and a state machine on it; `report` is called after each entry. */
class Program<Machine extends StateMachine> {
  protected readonly machine: Machine;
  readonly #raft: RaftNode;
  readonly #replica: Replica;

  constructor(
    node: ShardContext,
    make: (replica: Replica) => Machine,
    report: (index: number, machine: Machine) => void,
  ) {
    const outputs = {
      apply: (entry: Entry) => {
        this.#replica.apply(entry);
        report(entry.index, this.machine);
      },
      restore: (snapshot: { index: number; data: string }) => {
        this.#replica.restore(snapshot);
        report(snapshot.index, this.machine);
      },
    };
    const context = {
      id: node.id,
      peers: node.peers.filter((peer) => groupOf(peer) === groupOf(node.id)),
      disk: node.disk,
      call: node.call.bind(node),
      serve: node.serve.bind(node),
      log: node.log.bind(node),
      emit: (name: keyof typeof outputs, value: never) => outputs[name](value),
    };
    this.#raft = new RaftNode(context as never);
    this.#replica = new Replica(this.#raft, () => this.machine);
    this.machine = make(this.#replica);
  }

  start(): Promise<void> {
    return this.#raft.start();
  }

  inspect() {
    const { role, term, lastLogIndex } = this.#raft.inspect();
    return { role, term, lastLogIndex, applied: this.#replica.applied };
  }
}

class ControllerProgram extends Program<Controller> {
  constructor(node: ShardContext) {
    super(
      node,
      (replica) => new Controller(node, replica),
      (index, machine) => {
        const { num, shards, groups: all, splits: made = [] } = machine.latest();
        const owners = shards.map((owner) => owner ?? '-').join('');
        const groups = Object.keys(all).sort().join();
        const splits = made.map(({ of, at, shard }) => ({ of, at, shard }));
        node.emit('configured', { index, num, owners, groups, splits });
      },
    );
  }
}

class ServerProgram extends Program<Server> {
  constructor(node: ShardContext) {
    const surroundings = { group: groupOf(node.id), controllers: controllersOf(node) };
    super(
      node,
      (replica) => new Server(node, replica, surroundings),
      (index, machine) => {
        const { num, serving } = machine.status();
        const digest = digestOf({ ...machine.dump(), num: `${num}`, serving: serving.join() });
        node.emit('applied', { index, num, serving, digest });
      },
    );
  }

  dump(): Readonly<Record<string, string>> {
    return this.machine.dump();
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

  constructor(node: ShardContext) {
    this.#client = new Client(node, controllersOf(node));
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

  putAt(key: string, value: string): Promise<Timestamp> {
    return this.#client.putAt(key, value);
  }

  snapshot(keys: readonly string[]): Promise<Snapshot> {
    return this.#client.snapshot(keys);
  }

  snapshotAt(at: Timestamp, keys: readonly string[]): Promise<readonly string[]> {
    return this.#client.snapshotAt(at, keys);
  }

  transact(steps: readonly Step[]): Promise<Committed> {
    return this.#client.transact(steps);
  }

  join(groups: Config['groups']): Promise<Config> {
    return this.#client.join(groups);
  }

  leave(groups: readonly GroupId[]): Promise<Config> {
    return this.#client.leave(groups);
  }

  move(shard: Shard, group: GroupId): Promise<Config> {
    return this.#client.move(shard, group);
  }

  split(shard: Shard, at: string): Promise<Config> {
    return this.#client.split(shard, at);
  }

  query(num: number): Promise<Config> {
    return this.#client.query(num);
  }
}

const LETTERS = [...'abdefghijlmnopqrstuvwxyz'];
const groups = Object.fromEntries(LETTERS.map((letter) => [letter, ServerProgram]));

export default { ...groups, k: ControllerProgram, c: ClientProgram };
