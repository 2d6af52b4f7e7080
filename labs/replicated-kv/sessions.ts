/**
 * Sessions: clients that read from any replica. What was committed is known from what the replicas
 * have applied, so that each answer can be compared with the values at the version it claims.
 */
import type { Cluster, NodeId, ToldOperation } from 'faultlab';
import type { Entry, ReadResult } from './contract.ts';
import { type Put, replicas } from './replicas.ts';
import { s } from './stores.ts';

/** The highest version that a client has put or seen, and by which call. */
interface Known {
  readonly version: number;
  readonly how: string;
  readonly told: ToldOperation;
}

export class Sessions {
  readonly #cluster: Cluster;
  readonly #log = new Map<number, Entry>();
  readonly #known = new Map<NodeId, Known>();
  answered = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.onEmit((_node, name, value) => {
      if (name === 'apply') this.#log.set((value as Entry).index, value as Entry);
    });
  }

  #valueAt(key: string, version: number): string | null {
    for (let index = version; index > 0; index--) {
      const entry = this.#log.get(index);
      if (entry?.key === key) return entry.value;
    }
    return null;
  }

  #learn(version: number, how: string, told: ToldOperation): void {
    const client = told.client as NodeId;
    if (version > (this.#known.get(client)?.version ?? 0))
      this.#known.set(client, { version, how, told });
  }

  #told(client: NodeId, callAtMs: number, text: string): ToldOperation {
    return { client, callAtMs, returnAtMs: this.#cluster.nowMs, text };
  }

  put(client: NodeId, key: string, then?: (put: Put) => void): Put {
    const { nowMs } = this.#cluster;
    return replicas(this.#cluster).put(client, key, (put) => {
      if (put.result?.ok) {
        const { version } = put.result;
        const text = `put ${key} "${put.value}" → version ${version}`;
        this.#learn(version, `its put of ${key}`, this.#told(client, nowMs, text));
      }
      then?.(put);
    });
  }

  get(client: NodeId, key: string, then?: () => void): void {
    const { nowMs } = this.#cluster;
    replicas(this.#cluster).get(client, key, (result) => {
      if (result.ok) {
        const text = `get ${key} → ${JSON.stringify(result.value)}, version ${result.version}`;
        this.#learn(result.version, `its get of ${key}`, this.#told(client, nowMs, text));
      }
      then?.();
    });
  }

  read(client: NodeId, key: string, replica: NodeId, then?: (result: ReadResult) => void): void {
    const cluster = this.#cluster;
    const known = this.#known.get(client);
    const { nowMs } = cluster;
    cluster.request(client, 'read', [key, replica], (outcome) => {
      const result = (outcome.ok ? outcome.value : outcome) as ReadResult;
      replicas(cluster).expectKnown(client, 'read', result);
      if (result.ok) {
        const { value, version } = result;
        const text = `read ${key} from ${replica} → ${JSON.stringify(value)}, version ${version}`;
        this.#check(key, replica, known, result, this.#told(client, nowMs, text));
      }
      if (then) cluster.after(0, () => then(result));
    });
  }

  #check(
    key: string,
    replica: NodeId,
    known: Known | undefined,
    { version, value }: ReadResult & { readonly ok: true },
    told: ToldOperation,
  ): void {
    const { client } = told;
    const at = s(this.#cluster.nowMs);
    this.#cluster.expect(known === undefined || version >= known.version, {
      kind: 'safety',
      ruleId: 'session',
      rule: 'A session reads its own writes, and never goes back (contract, ClientLike.read)',
      evidence: `${client} knew of version ${known?.version} from ${known?.how}; ${replica} answered its read of ${key} with ${JSON.stringify(value)} of version ${version} at ${at}`,
      core: [...(known ? [known.told] : []), { ...told, isCulprit: true }],
      lookAt: 'what does the client remember, and what does the replica do with it?',
    });
    const expected = this.#valueAt(key, version);
    this.#cluster.expect(expected === value, {
      kind: 'safety',
      ruleId: 'wrong-version',
      rule: 'A replica answers a read with what is committed up to its version (contract, ReadReply)',
      evidence: `${replica} answered ${client}'s read of ${key} with ${JSON.stringify(value)} of version ${version} at ${at}; at that version it is ${JSON.stringify(expected)}`,
      lookAt: 'which entries may a replica show, and which not yet?',
    });
    this.answered++;
    this.#learn(version, `a read of ${key} from ${replica}`, told);
  }

  /** Reads, waits, and demands an answer with this value. */
  mustRead(client: NodeId, put: Put, replica: NodeId, because: string): void {
    const startMs = this.#cluster.nowMs;
    let last: ReadResult | undefined;
    const isRead = () => last?.ok === true && last.value === put.value;
    const again = () => {
      this.read(client, put.key, replica, (result) => {
        last = result;
        if (!isRead() && this.#cluster.nowMs < startMs + 1000) again();
      });
    };
    again();
    this.#cluster.runUntil(isRead, 1000);
    this.#cluster.expect(isRead(), {
      kind: 'liveness',
      ruleId: 'no-read',
      rule: 'A replica that is up to date answers reads (contract, ClientLike.read)',
      evidence: `${because}: ${client} read ${put.key} from ${replica} for ${s(this.#cluster.nowMs - startMs)}, expected ${put.value}, and got ${JSON.stringify(last)}`,
      lookAt: 'what does a follower wait for, and who tells it?',
    });
  }
}

/** The sessions of a run; made on first use. */
export function sessionsOf(cluster: Cluster): Sessions {
  return cluster.state('sessions', () => new Sessions(cluster));
}
