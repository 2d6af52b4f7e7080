/**
 * The generator: every twenty seconds it asks one of the shards what bots are known by, and makes a file of
 * the answer. `Rollout` decides how that gets to the edges.
 */
import { type NodeId, RpcError } from 'faultlab/node';
import type { FeatureFile, Fleet, GeneratorContext, Health } from '../contract.ts';
import { Rollout } from '../rollout.ts';
import { SHARDS } from './database.ts';

const EVERY_MS = 20_000;
const TIMEOUT = { timeoutMs: 1000 };

export class Generator implements Fleet {
  readonly edges: readonly NodeId[];
  readonly #node: GeneratorContext;
  readonly #database: NodeId;
  readonly #rollout: Rollout;
  #version = 0;

  constructor(node: GeneratorContext) {
    this.#node = node;
    this.#database = node.peers.find((peer) => peer.startsWith('d')) as NodeId;
    this.edges = node.peers.filter((peer) => peer.startsWith('e'));
    this.#rollout = new Rollout(this);
  }

  /** Called by the grader: the run begins. */
  begin(): void {
    void this.#generate();
    setInterval(() => this.#generate(), EVERY_MS);
  }

  async send(edge: NodeId, file: FeatureFile): Promise<void> {
    await this.#node.call(edge, 'load', { file }, TIMEOUT);
  }

  health(edge: NodeId): Promise<Health> {
    return this.#node.call(edge, 'health', {}, TIMEOUT);
  }

  async #generate(): Promise<void> {
    const shard = 1 + Math.floor(SHARDS * Math.random());
    try {
      const features = await this.#node.call(this.#database, 'features', { shard }, TIMEOUT);
      const file = { version: ++this.#version, features };
      this.#node.emit('made', { version: file.version, shard, features: features.length });
      await this.#rollout.publish(file);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
  }
}
