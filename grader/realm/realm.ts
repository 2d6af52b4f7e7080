/**
 * The host's side of a realm: one V8 context per node slot, evaluated once and used for many lives
 * and many seeds, because a context keeps its compiled code warm (measured: 3 µs per event against
 * 7 with a new context per boot). Each life calls the submission's factory again, so its module
 * state is fresh; everything else in a realm is frozen. Hundreds of nodes can share one realm: all
 * that each owns is its factory's result, so none can reach another.
 */
import vm from 'node:vm';
import type { HostFunctions, install, RealmApi } from './boot.ts';
import { BUNDLE_NAME } from './load.ts';

/** What all realms of one submission share: its scripts, compiled once. */
export class RealmSource {
  readonly boot: vm.Script;
  readonly submission: vm.Script;

  constructor(bootCode: string, submissionCode: string, inlineMap?: string) {
    this.boot = new vm.Script(bootCode, { filename: 'faultlab-boot.js' });
    const comment = inlineMap === undefined ? '' : `\n//# sourceMappingURL=${inlineMap}`;
    this.submission = new vm.Script(submissionCode + comment, { filename: BUNDLE_NAME });
  }
}

const DRAIN = new vm.Script('0', { filename: 'faultlab-drain.js' });

/**
 * `Script.runInContext` checks its options on each call, which costs as much as the drain itself.
 * The method beneath it takes them ready-made: (context, timeout, displayErrors, breakOnSigint,
 * breakOnFirstLine). It is internal to Node, so it is tried once, and not used if it has changed.
 */
const drainNatively = findNativeDrain();

function findNativeDrain(): ((context: vm.Context) => void) | undefined {
  const native = Object.getPrototypeOf(vm.Script.prototype)?.runInContext;
  if (typeof native !== 'function') return undefined;
  try {
    const context = vm.createContext({});
    const probe = new vm.Script('6 * 7');
    if (native.call(probe, context, -1, true, false, false) !== 42) return undefined;
    return (realm) => native.call(DRAIN, realm, -1, true, false, false);
  } catch {
    return undefined;
  }
}

/** One node of one run, as seen by the realm it lives in. */
export interface Tenant {
  readonly host: HostFunctions;
  /** Its place in the realm, the same in all runs. */
  readonly slot: number;
}

/** Where nodes live: in this process ({@link Realm}), or in one of their own (`remote.ts`). */
export interface NodeRealm {
  readonly api: RealmApi;
  /**
   * Sets the node whose life all later calls concern, and the host that answers it. To be called before
   * each piece of a node's code, as nodes may share the realm. Returns the previous tenant.
   */
  attach(tenant: Tenant): Tenant | undefined;
  /** Runs the microtasks of the realm until there are none. */
  drain(): void;
}

export class Realm implements NodeRealm {
  readonly api: RealmApi;
  readonly #context: vm.Context;
  #tenant: Tenant | undefined;

  constructor(source: RealmSource, name: string) {
    // A "vanilla" global: no interceptors, so globals are as fast as anywhere, and can be frozen.
    this.#context = vm.createContext(vm.constants.DONT_CONTEXTIFY as unknown as vm.Context, {
      name,
      microtaskMode: 'afterEvaluate',
      codeGeneration: { strings: false, wasm: false },
    });
    const installRealm = source.boot.runInContext(this.#context) as typeof install;
    const factory = source.submission.runInContext(this.#context);
    this.api = installRealm(this.#forwarder(), factory);
  }

  attach(tenant: Tenant): Tenant | undefined {
    const before = this.#tenant;
    if (before === tenant) return before;
    this.#tenant = tenant;
    this.api.select(tenant.slot);
    return before;
  }

  drain(): void {
    if (drainNatively) drainNatively(this.#context);
    else DRAIN.runInContext(this.#context);
  }

  /** The realm is installed once; its host changes with each run. */
  #forwarder(): HostFunctions {
    const host = () => (this.#tenant as Tenant).host;
    return {
      wallMs: () => host().wallMs(),
      monotonicMs: () => host().monotonicMs(),
      setTimer: (id, delayMs) => host().setTimer(id, delayMs),
      clearTimer: (id) => host().clearTimer(id),
      send: (peer, method, args, callId, timeoutMs) =>
        host().send(peer, method, args, callId, timeoutMs),
      reply: (token, value) => host().reply(token, value),
      disk: (operation, kind, file, data, size) => host().disk(operation, kind, file, data, size),
      work: (operation, costMs) => host().work(operation, costMs),
      emit: (name, value) => host().emit(name, value),
      answer: (token, ok, value, stack) => host().answer(token, ok, value, stack),
      log: (text) => host().log(text),
      failed: (kind, doing, text, stack) => host().failed(kind, doing, text, stack),
    };
  }
}
