/**
 * Machines that look after themselves: on each a server, a member of the store, and the submission's
 * controller, in processes of their own. Faults hit a machine, or one of the three; the links of the
 * servers and those of the store are cut together or separately.
 */
import { availableParallelism, loadavg } from 'node:os';
import type { NodeId } from '../node.ts';
import { type Broken, type Drill, Failed, type Submission } from './drill.ts';
import { Store } from './live/store.ts';
import { ProgramError } from './program.ts';
import { InfrastructureError } from './wait.ts';

export interface MembersSpec {
  /** On a machine with time to spare; on a busy one, up to eight times as long. */
  readonly leaseMs: number;
  /** The exported function that looks after a machine, and never returns. */
  readonly run: string;
}

const PACE_MAX = 8;

/** How many times longer everything takes here than on a machine with little else to do. */
function paceHere(): number {
  const [load = 0] = loadavg();
  return Math.min(PACE_MAX, Math.max(1, load / availableParallelism() / 2));
}

export class Members {
  readonly store: Store;
  readonly leaseMs: number;
  /** Rejects when a controller, or a member of the store, ends of its own accord. */
  readonly failure: Promise<never>;
  readonly #drill: Drill;
  readonly #spec: MembersSpec;
  readonly #controllers = new Map<NodeId, Submission>();
  readonly #fail: (broken: Broken) => void;

  private constructor(
    drill: Drill,
    spec: MembersSpec,
    store: Store,
    leaseMs: number,
    failing: Failing,
  ) {
    this.#drill = drill;
    this.#spec = spec;
    this.leaseMs = leaseMs;
    this.store = store;
    this.failure = failing.failure;
    this.#fail = failing.fail;
  }

  /** Boots the store, and a controller on each machine. */
  static async start(drill: Drill, spec: MembersSpec): Promise<Members> {
    const { cluster, store: loaded, isolation } = drill;
    const names = cluster.nodes.map(({ name }) => name);
    // Under `lab up` somebody only looks around: without a store, and no further than the first controller.
    if (loaded === undefined) {
      await drill.open();
      throw new InfrastructureError('there is no store');
    }
    const failing = failingOf();
    const onCrash = (name: NodeId, text: string) => {
      failing.fail({
        kind: 'crash',
        ruleId: 'store-crashes',
        rule: 'The store that the lease lives in does not crash (handout, The store)',
        evidence: `the member on ${name} ended: ${text}`,
        lookAt: 'does your store pass its own lab, with many seeds?',
      });
    };
    const { folder } = cluster;
    const pace = paceHere();
    const store = await Store.open({ names, loaded, folder, isolation, pace, onCrash });
    drill.atEnd(() => store.close());
    const members = new Members(drill, spec, store, Math.round(spec.leaseMs * pace), failing);
    drill.hasActed = true;
    await Promise.all(names.map((name) => members.startController(name)));
    return members;
  }

  async startController(node: NodeId): Promise<void> {
    const { run } = this.#spec;
    const { leaseMs } = this;
    const place = { node, store: this.store.member(node), leaseMs };
    const controller = await this.#drill.open(place).catch((error: Error) => {
      if (!(error instanceof ProgramError)) throw error;
      throw new Failed(ended(`${run} on ${node} could not be loaded: ${told(error)}`));
    });
    this.#controllers.set(node, controller);
    const end = (how: string) => {
      if (this.#controllers.get(node) !== controller) return;
      const last = controller.lastRequest ?? 'nothing';
      this.#fail(ended(`${run} on ${node} ${how}; the last thing it did: ${last}`));
    };
    controller.call(run).then(
      () => end('returned'),
      (error: Error) => end(told(error)),
    );
  }

  async killController(node: NodeId): Promise<void> {
    const controller = this.#controllers.get(node);
    this.#controllers.delete(node);
    await controller?.close();
  }

  /** The controller stands still and does not notice; what it looks after goes on. */
  pauseController(node: NodeId): void {
    this.#controllers.get(node)?.signal('SIGSTOP');
  }

  resumeController(node: NodeId): void {
    this.#controllers.get(node)?.signal('SIGCONT');
  }

  /** Power off: server, member of the store and controller. */
  async crash(node: NodeId): Promise<void> {
    await Promise.all([this.#drill.node(node).crash(), this.killController(node)]);
    this.store.member(node).kill();
  }

  /** Power on. The server is down until the controller starts it. */
  async boot(node: NodeId): Promise<void> {
    await this.store.member(node).start();
    await this.startController(node);
  }

  /** Cuts one machine off from the others; its clients still reach it. */
  isolate(node: NodeId): void {
    this.#drill.cluster.links.isolate(node);
    this.isolateStore(node);
  }

  /** Cuts only the member of the store off from the others. */
  isolateStore(node: NodeId): void {
    this.store.links.isolate(node);
  }

  heal(): void {
    for (const links of [this.#drill.cluster.links, this.store.links]) {
      links.heal();
      // What waited behind the cut is old, and a connection that hung is not worth keeping.
      for (const a of this.#drill.cluster.nodes) {
        for (const b of this.#drill.cluster.nodes) {
          if (a !== b) links.reset(a.name, b.name);
        }
      }
    }
  }
}

const ended = (evidence: string): Broken => ({
  kind: 'crash',
  ruleId: 'controller-ends',
  rule: 'A controller runs until its machine is switched off (handout, The contract)',
  evidence,
  lookAt: 'which of its calls can fail, and what should it do a moment later?',
});

function told(error: Error): string {
  const where = error instanceof ProgramError ? error.where : undefined;
  return `threw${where ? ` at ${where}` : ''}: ${error.message}`;
}

interface Failing {
  readonly failure: Promise<never>;
  readonly fail: (broken: Broken) => void;
}

function failingOf(): Failing {
  let fail: (broken: Broken) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = (broken) => reject(new Failed(broken));
  });
  failure.catch(() => {});
  return { failure, fail };
}
