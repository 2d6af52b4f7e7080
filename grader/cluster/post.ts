/**
 * The path of a message from one process to another: copied, so that nothing is shared; counted, hashed
 * and shown to watchers; then lost, late, duplicated or delivered, as the network and the seed decide.
 */

import { isClient, peersOf } from '../names.ts';
import type { NodeId } from '../node.ts';
import type { Process } from '../process.ts';
import type { Network, WireMessage } from '../sim/network.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Origin } from '../surroundings.ts';
import type { Recorder } from './recorder.ts';
import type { Watchers } from './watchers.ts';

/** A message may not be larger than this. */
const MESSAGE_BYTES_MAX = 1024 * 1024;

export interface PostOptions {
  readonly simulation: Simulation;
  readonly network: Network;
  readonly recorder: Recorder;
  readonly watchers: Watchers;
  readonly names: readonly NodeId[];
  readonly processOf: (id: NodeId) => Process | undefined;
  /** The messages with these numbers are lost: to see what would have happened. */
  readonly dropped: readonly number[] | undefined;
  /** Every message takes this many times as long. */
  readonly latencyFactor: number;
}

export class Post {
  readonly #simulation: Simulation;
  readonly #network: Network;
  readonly #recorder: Recorder;
  readonly #watchers: Watchers;
  readonly #names: readonly NodeId[];
  readonly #processOf: (id: NodeId) => Process | undefined;
  readonly #dropped: ReadonlySet<number> | undefined;
  readonly #latencyFactor: number;
  #messages = 0;

  constructor(options: PostOptions) {
    this.#simulation = options.simulation;
    this.#network = options.network;
    this.#recorder = options.recorder;
    this.#watchers = options.watchers;
    this.#names = options.names;
    this.#processOf = options.processOf;
    this.#dropped = options.dropped && new Set(options.dropped);
    this.#latencyFactor = options.latencyFactor;
  }

  /** Returns '' or what is wrong with it, as `reply` does. */
  request(
    from: Process,
    to: NodeId,
    method: string,
    args: unknown,
    callId: number,
    timeoutMs: number,
  ): string {
    const target = this.#processOf(to);
    if (target === undefined || target === from || isClient(to)) {
      const peers = peersOf(from.id, this.#names).slice(0, 20).join(', ');
      return `"${String(to)}" is not a peer of ${from.id} (its peers: ${peers})`;
    }
    const problem = this.#transmit({
      kind: 'request',
      from,
      to: target,
      method,
      value: args,
      args: undefined,
      arrive: (body, kept) => {
        const token = target.addOrigin({ caller: from, callerLife, callId, method, args: kept });
        target.running = `its handler of ${method}`;
        if (target.realm.api.deliver(from.id, method, body, token)) return;
        target.origins.delete(token);
        this.#recorder.hit('unserved');
        this.#recorder.mark(
          'drop',
          target,
          0,
          () => `${method} from ${from.id}: no handler is registered`,
        );
      },
    });
    if (problem !== '') return problem;
    const callerLife = from.life;
    from.startTimeout(callId, timeoutMs, method, to);
    return '';
  }

  reply(from: Process, origin: Origin, value: unknown): string {
    const { caller, callerLife, callId, method, args } = origin;
    return this.#transmit({
      kind: 'reply',
      from,
      to: caller,
      method,
      value,
      args,
      arrive: (body) => {
        if (caller.life !== callerLife) return;
        caller.stopTimeout(callId);
        caller.realm.api.settle(callId, body);
      },
    });
  }

  /** Puts a message on the wire. Returns '' or what is wrong with it. */
  #transmit(message: {
    kind: 'request' | 'reply';
    from: Process;
    to: Process;
    method: string;
    value: unknown;
    args: unknown;
    arrive: (body: unknown, kept: unknown) => void;
  }): string {
    const { kind, from, to, method, value } = message;
    const network = this.#network;
    const { api } = to.realm;
    const body = api.copy(value);
    const size = api.meter[0] as number;
    if (size === -1) return 'not plain';
    if (size > MESSAGE_BYTES_MAX) {
      return `the message has ${size} bytes; at most ${MESSAGE_BYTES_MAX} are allowed`;
    }
    const hash = api.meter[1] as number;
    this.#recorder.tally(kind, method, size);
    // For watchers: a copy that no node can change afterwards. Most runs have none.
    let wire: WireMessage | undefined;
    if (
      this.#watchers.seeMessages ||
      network.filter !== undefined ||
      this.#recorder.trace.keeping
    ) {
      const kept = from.realm.api.copy(value);
      const asked = kind === 'request' ? kept : message.args;
      wire = { kind, from: from.id, to: to.id, method, body: kept, args: asked, sizeBytes: size };
    }
    const number = ++this.#messages;
    from.sentMs = this.#simulation.nowMs;
    this.#recorder.message('send', from, hash, wire, { number, label: '' });
    if (wire) this.#watchers.notify((invariant, watch) => invariant.onSend?.(wire, watch));

    const ordinal = network.nextOrdinal(from.index, to.index);
    const fate = wire && network.filter?.(wire);
    const lose = (why: string) => this.#lose(why, { wire, to, hash, number });
    if (network.isCut(from.index, to.index)) return lose('cut');
    if (this.#dropped?.has(number)) return lose('what if');
    if (fate === 'drop') return lose('filtered');
    if (fate === undefined && network.isDropped(from.index, to.index, ordinal)) {
      return lose('dropped');
    }
    const latencyMs =
      this.#latencyFactor *
      (typeof fate === 'number' ? fate : network.latencyMs(from.index, to.index, ordinal));
    const { life } = to;
    const targetLife = kind === 'reply' ? life : undefined;
    const arriveAfter = (delayMs: number, copy: unknown, label: string) => {
      this.#simulation.schedule(delayMs * 1000, () => {
        if (network.isCut(from.index, to.index)) {
          lose('cut');
          return;
        }
        to.deliver(targetLife ?? to.life, () => {
          this.#recorder.message('deliver', to, hash, wire, { number, label });
          if (wire) this.#watchers.notify((invariant, watch) => invariant.onDeliver?.(wire, watch));
          message.arrive(copy, wire?.body);
        });
      });
    };
    arriveAfter(latencyMs, body, '');
    if (latencyMs > 100) this.#recorder.hit('late');
    const again =
      fate === 'duplicate'
        ? network.extraCopyMs(from.index, to.index, ordinal)
        : fate === undefined
          ? network.duplicateMs(from.index, to.index, ordinal)
          : undefined;
    if (again !== undefined) {
      this.#recorder.hit('duplicated');
      arriveAfter(latencyMs + again, api.copy(value), ' (second copy)');
    }
    return '';
  }

  #lose(
    why: string,
    lost: { wire: WireMessage | undefined; to: Process; hash: number; number: number },
  ): '' {
    const { wire, to, hash, number } = lost;
    this.#recorder.hit(why);
    this.#recorder.message('drop', to, hash, wire, { number, label: ` is lost (${why})` });
    return '';
  }
}
