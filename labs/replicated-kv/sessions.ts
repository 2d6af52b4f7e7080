/**
 * Sessions: clients that read from any replica. What was committed is known from what the replicas
 * have applied, so that each answer can be compared with the values at the version it claims.
 */
import type { Cluster, NodeId } from 'faultlab';
import type { Entry, ReadResult } from './contract.ts';
import { type Put, replicas } from './replicas.ts';
import { s } from './stores.ts';

export class Sessions {
  readonly #cluster: Cluster;
  readonly #log = new Map<number, Entry>();
  /** The highest version that a client has put or seen, and how. */
  readonly #known = new Map<NodeId, { version: number; how: string }>();
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

  #learn(client: NodeId, version: number, how: string): void {
    if (version > (this.#known.get(client)?.version ?? 0))
      this.#known.set(client, { version, how });
  }

  put(client: NodeId, key: string, then?: (put: Put) => void): Put {
    return replicas(this.#cluster).put(client, key, (put) => {
      if (put.result?.ok) this.#learn(client, put.result.version, `its put of ${key}`);
      then?.(put);
    });
  }

  get(client: NodeId, key: string, then?: () => void): void {
    replicas(this.#cluster).get(client, key, (result) => {
      if (result.ok) this.#learn(client, result.version, `its get of ${key}`);
      then?.();
    });
  }

  read(client: NodeId, key: string, replica: NodeId, then?: (result: ReadResult) => void): void {
    const cluster = this.#cluster;
    const known = this.#known.get(client);
    cluster.request(client, 'read', [key, replica], (outcome) => {
      const result = (outcome.ok ? outcome.value : outcome) as ReadResult;
      replicas(cluster).expectKnown(client, 'read', result);
      if (result.ok) this.#check(client, key, replica, known, result);
      if (then) cluster.after(0, () => then(result));
    });
  }

  #check(
    client: NodeId,
    key: string,
    replica: NodeId,
    known: { version: number; how: string } | undefined,
    { version, value }: ReadResult & { readonly ok: true },
  ): void {
    const at = s(this.#cluster.nowMs);
    this.#cluster.expect(known === undefined || version >= known.version, {
      kind: 'safety',
      ruleId: 'session',
      rule: 'A session reads its own writes, and never goes back (contract, ClientLike.read)',
      evidence: `${client} knew of version ${known?.version} from ${known?.how}; ${replica} answered its read of ${key} with ${JSON.stringify(value)} of version ${version} at ${at}`,
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
    this.#learn(client, version, `a read of ${key} from ${replica}`);
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
