/**
 * What the grader knows of the groups: who leads, what each log has decided. Kept up to date by what
 * nodes emit, so that scenarios can wait for a configuration, and invariants can judge it.
 */
import type { Cluster, NodeId } from 'faultlab';
import { type Config, type GroupId, NO_CONFIG, type Shard, type ShardOutputs } from './contract.ts';

export type Applied = ShardOutputs['applied'];
export type Configured = ShardOutputs['configured'];

export interface NodeState {
  readonly role: 'follower' | 'candidate' | 'leader';
  readonly term: number;
  readonly lastLogIndex: number;
  readonly applied: number;
}

/** What the log of a group has decided, as far as any of its replicas has applied it. */
export interface GroupState extends Applied {
  readonly node: NodeId;
  readonly atMs: number;
}

export const CONTROLLERS: GroupId = 'k';

/** `p2` → `p`. */
export const groupOf = (node: NodeId): GroupId => node.replace(/\d+$/, '');

export const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

/** All but those that are `gone`. */
export const without = (nodes: readonly NodeId[], ...gone: readonly NodeId[]) =>
  nodes.filter((node) => !gone.includes(node));

/** Shards in words: `shards 0, 3`. */
export const shards = (list: readonly Shard[]) =>
  list.length === 0 ? 'no shard' : `shard${list.length === 1 ? '' : 's'} ${list.join(', ')}`;

/** All splits of a configuration, in a form to be compared. */
export const splitsOf = ({ splits = [] }: Config): string =>
  splits.map(({ of, at, shard }) => `${of}/${at}/${shard}`).join();

/** `config 3 (pppppqqqqqp, shard 10 from d5)`: who owns which shard, and what was split. */
export const inWords = ({ num, shards, splits = [] }: Config) => {
  const owners = shards.map((owner) => owner ?? '–').join('');
  return `config ${num} (${[owners, ...splits.map(({ at, shard }) => `shard ${shard} from ${at}`)].join(', ')})`;
};

/**
 * How outputs are worded in traces and stories; a submission may report anything.
 * `p2 applied 17: config 3, serves shards 0, 1`.
 */
export const outputWords = {
  applied: (value: unknown): string => {
    const { index, num, serving } = value as Partial<Applied>;
    const list = Array.isArray(serving) ? shards(serving) : JSON.stringify(serving);
    return `applied ${index}: config ${num}, serves ${list}`;
  },
  configured: (value: unknown): string => {
    const { index, num, owners } = value as Partial<Configured>;
    return `applied ${index}: config ${num} (${owners})`;
  },
};

export class View {
  readonly #cluster: Cluster;
  /** By number, as soon as a controller has applied it. */
  readonly configs: Config[] = [NO_CONFIG];
  readonly groups = new Map<GroupId, GroupState>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.onEmit((node, name, value) => {
      if (name === 'configured') this.#configured(value as Configured);
      else if (name === 'applied') this.#applied(node, value as Applied);
    });
  }

  #configured({ num, owners, groups, splits }: Configured): void {
    if (this.configs[num] !== undefined) return;
    const ids = groups.split(',').filter((id) => id !== '');
    this.configs[num] = {
      num,
      shards: [...owners].map((owner) => (owner === '-' ? null : owner)),
      groups: Object.fromEntries(ids.map((id) => [id, this.nodesOf(id)])),
      splits: Array.isArray(splits) ? splits : [],
    };
  }

  #applied(node: NodeId, applied: Applied): void {
    const group = groupOf(node);
    if (applied.index <= (this.groups.get(group)?.index ?? 0)) return;
    this.groups.set(group, { ...applied, node, atMs: this.#cluster.nowMs });
  }

  get latest(): Config {
    return this.configs.at(-1) as Config;
  }

  /** All letters but that of the controllers. */
  get groupIds(): GroupId[] {
    return [...new Set(this.#cluster.nodes.map(groupOf))].filter((id) => id !== CONTROLLERS);
  }

  nodesOf(group: GroupId): NodeId[] {
    return this.#cluster.nodes.filter((node) => groupOf(node) === group);
  }

  state(node: NodeId): NodeState | undefined {
    return this.#cluster.inspect(node) as NodeState | undefined;
  }

  /** The running leader of the highest term in a group. */
  leaderOf(group: GroupId, among = this.nodesOf(group)): NodeId | undefined {
    const running = among.filter((n) => this.#cluster.isUp(n) && !this.#cluster.isPaused(n));
    const leaders = running.filter((node) => this.state(node)?.role === 'leader');
    const term = (node: NodeId) => this.state(node)?.term ?? 0;
    return leaders.sort((a, b) => term(b) - term(a))[0];
  }

  /** Whether a group has come to the latest configuration, and serves all that it is given there. */
  hasSettled(group: GroupId): boolean {
    const { num, shards: owners } = this.latest;
    const owned = owners.flatMap((owner, shard) => (owner === group ? [shard] : []));
    const state = this.groups.get(group);
    if (state === undefined) return owned.length === 0;
    return (state.num === num || owned.length === 0) && state.serving.join() === owned.join();
  }

  describeGroup(group: GroupId): string {
    const leader = this.leaderOf(group);
    const state = this.groups.get(group);
    const where =
      state === undefined ? 'no configuration' : `config ${state.num}, ${shards(state.serving)}`;
    return `${group} (${leader === undefined ? 'no leader' : `leader ${leader}`}) ${where}`;
  }

  describe(): string {
    const controllers = this.leaderOf(CONTROLLERS) ?? 'no leader';
    const groups = this.groupIds.map((id) => this.describeGroup(id)).join('; ');
    return `k (${controllers}) config ${this.latest.num}${groups === '' ? '' : `; ${groups}`}`;
  }
}

/** The view of a run; made before the nodes boot (`prepare` in lab.ts). */
export function view(cluster: Cluster): View {
  return cluster.state('view', () => new View(cluster));
}
