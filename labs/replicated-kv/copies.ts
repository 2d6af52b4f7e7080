/**
 * What replicas tell each other, held against what they said before: a copy counts when its
 * replica has said so, what was said to be durable stays, and a promise is kept. All of it is read
 * from the wire, so that a lie is found when it is told, and not once it has done damage.
 */
import type { Invariant, NodeId, Watch, WireMessage } from 'faultlab';
import type {
  AppendArgs,
  AppendReply,
  Entry,
  Epoch,
  FenceArgs,
  FenceReply,
  InstallArgs,
  LogIndex,
  Mode,
  Place,
  PutArgs,
  PutReply,
  View,
} from './contract.ts';

const s = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

/** What a replica has said that it has: the log of the primary of `epoch`, up to `end`. */
interface Told {
  readonly epoch: Epoch;
  readonly end: Place;
  readonly atMs: number;
}

/** What a replica had said before a request reached it. */
interface Before {
  readonly told: Told | undefined;
  readonly promised: Epoch;
}

class Copies implements Invariant {
  readonly name = 'copies';
  /** The modes in which an epoch was announced, and the replicas. */
  readonly #modes = new Map<Epoch, Set<Mode>>();
  #replicas: readonly NodeId[] = [];
  /** For each replica and epoch, the furthest that it has said it has. */
  readonly #told = new Map<string, Told>();
  /** For each replica, the latest of these. */
  readonly #latest = new Map<NodeId, Told>();
  /** Arguments are compared by identity: a reply carries those of its request. */
  readonly #before = new Map<unknown, Before>();
  readonly #promised = new Map<NodeId, Epoch>();
  /** The latest epoch in which a replica was sent a part of a log. */
  readonly #heard = new Map<NodeId, Epoch>();
  readonly #applied = new Map<NodeId, LogIndex>();
  readonly #entries = new Map<LogIndex, Entry>();
  /** No entry after this one can be known to be committed. */
  #committable = 0;

  onBoot(node: NodeId): void {
    this.#applied.set(node, 0);
  }

  onEmit(node: NodeId, name: string, value: unknown, watch: Watch): void {
    if (name === 'restore') this.#applied.set(node, (value as Place).index);
    if (name === 'apply') {
      this.#applied.set(node, (value as Entry).index);
      this.#entries.set((value as Entry).index, value as Entry);
    }
    if (name !== 'view') return;
    const { epoch, mode, primary, replicas } = value as View;
    const modes = this.#modes.get(epoch) ?? new Set();
    if (modes.size === 0 && epoch > 1) {
      const sworn = replicas.filter((replica) => this.#promised.get(replica) === epoch);
      watch.note(`v1 names ${primary} for epoch ${epoch}; ${sworn.join(' and ')} have promised`);
    }
    this.#modes.set(epoch, modes.add(mode));
    this.#replicas = replicas;
  }

  onDeliver({ kind, method, to, body }: WireMessage): void {
    if (kind !== 'request' || (method !== 'append' && method !== 'install')) return;
    const { epoch } = body as AppendArgs | InstallArgs;
    this.#heard.set(to, Math.max(epoch, this.#heard.get(to) ?? 0));
    if (this.#before.has(body)) return;
    const told = this.#told.get(`${to} ${epoch}`);
    this.#before.set(body, { told, promised: this.#promised.get(to) ?? 0 });
  }

  onSend(message: WireMessage, watch: Watch): void {
    const { kind, method } = message;
    if (method === 'append' || method === 'install') {
      if (kind === 'reply') this.#onCopy(message, watch);
      else this.#checkCommit(message, watch);
    } else if (kind === 'reply' && method === 'put') this.#checkPut(message, watch);
    else if (kind === 'reply' && method === 'fence') this.#onFence(message, watch);
  }

  /** How many followers must have a copy in this epoch; in mode `async`, none. */
  #needed(epoch: Epoch): number {
    const modes = this.#modes.get(epoch);
    if (modes === undefined || modes.has('async')) return 0;
    const followers = this.#replicas.length - 1;
    return modes.has('quorum') ? Math.ceil(followers / 2) : followers;
  }

  #onCopy({ method, from, args, body }: WireMessage, watch: Watch): void {
    const { epoch } = args as AppendArgs | InstallArgs;
    const reply = body as AppendReply;
    const { told, promised } = this.#before.get(args) ?? { told: undefined, promised: 0 };
    if (!reply.ok) {
      if (method === 'append' && reply.epoch === epoch && told) {
        this.#checkKept(from, (args as AppendArgs).prev, told, watch);
      }
      return;
    }
    if (epoch < promised) {
      watch.fail({
        kind: 'safety',
        ruleId: 'promise-forgotten',
        rule: 'A promise to a new epoch is durable before it is announced, and kept (contract, FenceReply)',
        evidence: `${from} had promised itself to epoch ${promised}; at ${s(watch.nowMs)} it said ok to an ${method} of epoch ${epoch}`,
        lookAt: 'where is the promise, and who looks at it before anything is taken?',
      });
    }
    const end = endOf(method, args);
    const before = this.#told.get(`${from} ${epoch}`);
    if (before === undefined || before.end.index <= end.index) {
      this.#told.set(`${from} ${epoch}`, { epoch, end, atMs: watch.nowMs });
    }
    const latest = this.#told.get(`${from} ${epoch}`) as Told;
    if ((this.#latest.get(from)?.epoch ?? 0) <= epoch) this.#latest.set(from, latest);
    const needed = this.#needed(epoch);
    if (needed === 0) this.#committable = Number.POSITIVE_INFINITY;
    const ends = this.#replicas.map((node) => this.#told.get(`${node} ${epoch}`)?.end.index ?? 0);
    const common = ends.sort((a, b) => b - a)[needed - 1] ?? 0;
    this.#committable = Math.max(this.#committable, common);
  }

  /** A replica that said it has an entry still has it when the same primary asks. */
  #checkKept(from: NodeId, prev: Place, { epoch, end, atMs }: Told, watch: Watch): void {
    const isSame = prev.index === end.index && prev.epoch === end.epoch;
    if (!isSame || (this.#applied.get(from) ?? 0) > end.index) return;
    watch.fail({
      kind: 'safety',
      ruleId: 'copy-forgotten',
      rule: 'A follower that has said ok has the log of the primary up to there, durably (contract, AppendReply)',
      evidence: `at ${s(atMs)} ${from} said that it had index ${end.index} (epoch ${end.epoch}) from the primary of epoch ${epoch}; at ${s(watch.nowMs)} it no longer had it`,
      lookAt: 'what does a follower do with an append or a snapshot that comes late, or again?',
    });
  }

  #checkCommit({ method, from, body }: WireMessage, watch: Watch): void {
    const { epoch } = body as AppendArgs | InstallArgs;
    if (this.#needed(epoch) === 0) this.#committable = Number.POSITIVE_INFINITY;
    const commit =
      method === 'append' ? (body as AppendArgs).commit : (body as InstallArgs).snapshot.index;
    if (commit <= this.#committable) return;
    watch.fail({
      kind: 'safety',
      ruleId: 'commit-too-early',
      rule: 'What is called committed has as many copies as the mode demands (contract, AppendArgs and Mode)',
      evidence: `${from}, primary of epoch ${epoch}, called everything up to index ${commit} committed at ${s(watch.nowMs)}; ${this.#copies(epoch, from)}`,
      lookAt:
        'which replies say that an entry is on another disk, and how far does each of them go?',
    });
  }

  #checkPut({ from, args, body }: WireMessage, watch: Watch): void {
    const reply = body as PutReply;
    const entry = reply.ok ? this.#entries.get(reply.version) : undefined;
    if (!entry) return;
    const { key, value } = args as PutArgs;
    if (entry.key !== key || entry.value !== value) return; // for another rule
    const holders = this.#replicas.filter((node) => {
      const told = this.#latest.get(node);
      return node !== from && told && told.epoch >= entry.epoch && told.end.index >= entry.index;
    });
    if (holders.length >= this.#needed(entry.epoch)) return;
    const mode = [...(this.#modes.get(entry.epoch) ?? [])].join(' or ');
    watch.fail({
      kind: 'safety',
      ruleId: 'too-few-copies',
      rule: `In mode ${mode} a put waits for ${mode === 'sync' ? 'all' : 'more than half of the'} replicas to have it (contract, Mode)`,
      evidence: `${from} acknowledged ${key}=${value} (index ${entry.index}, epoch ${entry.epoch}) at ${s(watch.nowMs)}; ${this.#copies(entry.epoch, from)}`,
      lookAt:
        'which replies say that an entry is on another disk, and how far does each of them go?',
    });
  }

  #onFence({ from, args, body }: WireMessage, watch: Watch): void {
    const { epoch } = args as FenceArgs;
    const { ok, last } = body as FenceReply;
    if (!ok) return;
    this.#promised.set(from, Math.max(epoch, this.#promised.get(from) ?? 0));
    const told = this.#latest.get(from);
    if (!told || (this.#heard.get(from) ?? 0) > told.epoch || last.index >= told.end.index) return;
    watch.fail({
      kind: 'safety',
      ruleId: 'fence-too-low',
      rule: 'A replica answers a fence with the end of its log, committed or not (contract, FenceReply)',
      evidence: `at ${s(told.atMs)} ${from} said that it had everything up to index ${told.end.index}; at ${s(watch.nowMs)} it answered the fence of epoch ${epoch} that its log ended at index ${last.index}`,
      lookAt: 'an entry that is on this disk and not known to be committed: who may count on it?',
    });
  }

  #copies(epoch: Epoch, primary: NodeId): string {
    const others = this.#replicas.filter((node) => node !== primary);
    const said = others.map((node) => {
      const told = this.#told.get(`${node} ${epoch}`);
      return `${node} had confirmed ${told ? `up to index ${told.end.index}` : 'nothing'}`;
    });
    return said.join(', ');
  }
}

function endOf(method: string, args: unknown): Place {
  if (method === 'install') return (args as InstallArgs).snapshot;
  const { prev, entries } = args as AppendArgs;
  return entries.at(-1) ?? prev;
}

/** No put is done twice: a client that was told `not-primary` may ask again, and no other. */
export function once(): Invariant {
  const done = new Map<string, { entry: Entry; node: NodeId; atMs: number }>();
  return {
    name: 'once',
    onEmit(node, name, value, watch) {
      const entry = value as Entry;
      if (name !== 'apply' || entry.key === null) return;
      const put = `${entry.key}=${entry.value}`;
      const first = done.get(put);
      if (first === undefined) done.set(put, { entry, node, atMs: watch.nowMs });
      else if (first.entry.index !== entry.index) {
        watch.fail({
          kind: 'safety',
          ruleId: 'done-twice',
          rule: 'A put that was answered with not-primary is certainly not done (contract, PutReply)',
          evidence: `${put} was put once, and is in the log twice: ${first.node} applied it at index ${first.entry.index} at ${s(first.atMs)}, ${node} at index ${entry.index} at ${s(watch.nowMs)}`,
          lookAt: 'which answer made the client ask again, and what became of the first try?',
        });
      }
    },
  };
}

export const copies = (): Invariant => new Copies();
