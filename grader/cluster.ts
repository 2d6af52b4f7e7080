/**
 * What a scenario holds: the processes, the network between them, and everything that can be done
 * to them. Implements {@link Cluster} over the simulation. A run ends early by throwing `RunEnded`
 * out of the event loop; what a submission calls never throws, so that it cannot catch the end.
 */

import { ChartRecorder } from './chart.ts';
import type { History } from './checkers/history.ts';
import { judgeLinearizable } from './checkers/judge.ts';
import type { Model } from './checkers/models.ts';
import type {
  Cluster,
  CpuUse,
  DiskProfile,
  Draw,
  Failure,
  Invariant,
  Measure,
  NetworkProfile,
  RequestOutcome,
  SimulatedLab,
  Watch,
  WireMessage,
} from './lab.ts';
import { isClient, kindOf, peersOf } from './names.ts';
import type { NodeId } from './node.ts';
import { type Origin, Process, type Surroundings, type TraceKind } from './process.ts';
import type { NodeRealm } from './realm/realm.ts';
import type { Chart, Finding, Step } from './report/report.ts';
import { CALMED, type Fate, type LinkMessage, Network, type Noise } from './sim/network.ts';
import { Stream } from './sim/prng.ts';
import { Simulation } from './sim/simulation.ts';
import { hashOf, Trace, type TraceFacts } from './sim/trace.ts';

/** A message may not be larger than this. */
export const MESSAGE_BYTES_MAX = 1024 * 1024;

/** Who sends nothing for so long is told as silent. */
const SILENT_MS = 1000;

/** Ends a run: with a finding, or because of a fault of the grader itself. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.rule);
    this.finding = finding;
  }
}

export interface ClusterOptions {
  /** Called now and then between events; see {@link Simulation}. */
  readonly pulse?: () => void;
  readonly seed: number;
  readonly names: readonly NodeId[];
  readonly realms: readonly NodeRealm[];
  readonly lab: Pick<SimulatedLab, 'methods' | 'outputWords' | 'peers' | 'eventsMax'>;
  readonly invariants: readonly Invariant[];
  readonly keepTrace: boolean;
  /** With the trace, keep which line of code sent what. */
  readonly keepStacks?: boolean;
  /** The messages with these numbers are lost: to see what would have been. */
  readonly dropped?: readonly number[];
  /** Every message takes so many times as long. @default 1 */
  readonly latencyFactor?: number;
  /** So does every operation of a disk. @default 1 */
  readonly diskFactor?: number;
  /** `raft.ts:41:7` for a stack trace of a realm. */
  readonly locate: (stack: string) => string | undefined;
}

type Some = NodeId | readonly NodeId[];

/** `n1`, `{n1,n2}`, `150 nodes (s1 …)`. */
function describeGroup(some: Some): string {
  if (typeof some === 'string') return some;
  return some.length > 5 ? `${some.length} nodes (${some[0]} …)` : `{${some.join(',')}}`;
}

/** The arguments of the built-in steps. */
interface StepArguments {
  readonly node: NodeId;
  readonly boundary: 'fsync' | 'write' | 'send';
  readonly after: number;
  readonly method?: string;
  readonly groups: readonly (readonly NodeId[])[];
  readonly from: NodeId;
  readonly to: NodeId;
  readonly profile: Partial<NetworkProfile> | Partial<DiskProfile>;
  readonly link?: { readonly from: NodeId; readonly to: NodeId };
  readonly ms: number;
  readonly rate: number;
  readonly sizeBytes: number;
  readonly unsynced: 'seeded' | 'lose' | 'keep' | 'torn';
  readonly what: Noise;
  readonly except: readonly LinkMessage[];
}

const KINDS: readonly TraceKind[] = [
  'boot',
  'restart',
  'crash',
  'pause',
  'resume',
  'fault',
  'send',
  'deliver',
  'drop',
  'timer',
  'disk',
  'emit',
  'state',
  'log',
  'note',
  'fail',
  'work',
];
const KIND_NUMBER = new Map(KINDS.map((kind, i) => [kind, i + 1]));

export class SimCluster implements Cluster {
  readonly seed: number;
  readonly nodes: readonly NodeId[];
  readonly clients: readonly NodeId[];
  /** Nodes and clients. */
  readonly names: readonly NodeId[];
  readonly draw: Draw;
  readonly simulation: Simulation;
  readonly trace: Trace;
  /** Names of `sometimes` claims that were not reached. */
  readonly unreached: string[] = [];
  /** What is told beside the result. */
  readonly notes: string[] = [];
  /** Why a claim could not be decided. */
  undecided: string | undefined;

  readonly #processes: readonly Process[];
  readonly #byId: ReadonlyMap<NodeId, Process>;
  readonly #network: Network;
  readonly #invariants: readonly Invariant[];
  readonly #observesMessages: boolean;
  /** By index of a node: whether its state is looked at after each event on it. */
  readonly #observed: readonly boolean[];
  /** An invariant looks at states: then `inspect` is part of the run. */
  readonly #isWatched: boolean;
  /** Somebody looks for the sake of a trace: what that breaks would not have been seen without. */
  #isLooking = false;
  readonly #watch: Watch;
  readonly #locate: ClusterOptions['locate'];
  readonly #keepStacks: boolean;
  readonly #dropped: ReadonlySet<number> | undefined;
  readonly #latencyFactor: number;
  readonly #outputWords: NonNullable<SimulatedLab['outputWords']>;
  #chart: ChartRecorder | undefined;
  readonly #states = new Map<string, unknown>();
  readonly #counts = new Map<string, { messages: number; requests: number; bytes: number }>();
  readonly #hits = new Map<string, number>();
  readonly #lastRole: string[] = [];
  /** What `inspect` told last, of each node; kept for a trace only. */
  readonly #lastState: (Record<string, unknown> | undefined)[] = [];
  #messages = 0;
  readonly #emitListeners: ((node: NodeId, name: string, value: unknown) => void)[] = [];
  readonly #bootListeners: ((node: NodeId) => void)[] = [];
  /** Set by whatever found something inside a call from a submission; thrown after the event. */
  #ended: unknown;
  #booted = false;

  constructor(options: ClusterOptions) {
    this.seed = options.seed;
    this.simulation = new Simulation(options.seed, options.lab.eventsMax, options.pulse);
    this.trace = new Trace(options.keepTrace);
    this.draw = new Stream(options.seed ^ 0x2545f491);
    this.names = options.names;
    this.nodes = this.names.filter((id) => !isClient(id));
    this.clients = this.names.filter(isClient);
    this.#network = new Network(options.seed, this.names.length);
    this.#invariants = options.invariants;
    this.#observesMessages = options.invariants.some((i) => i.onSend || i.onDeliver);
    this.#isWatched = options.invariants.some((i) => i.onState);
    // Who must have it, has it without effect: it is looked at when a trace is to tell of it.
    const tells = (id: NodeId) => methodsFor(options.lab.methods, id).includes('inspect');
    this.#observed = this.names.map((id) => this.#isWatched || (options.keepTrace && tells(id)));
    this.#locate = options.locate;
    this.#keepStacks = options.keepStacks ?? false;
    this.#dropped = options.dropped && new Set(options.dropped);
    this.#latencyFactor = options.latencyFactor ?? 1;
    this.#outputWords = options.lab.outputWords ?? {};
    const self = this;
    this.#watch = {
      get nowMs() {
        return self.nowMs;
      },
      fail: (failure) => this.fail(failure),
      note: (text) => this.note(text),
    };
    const around = this.#surroundings(options.lab);
    this.#processes = this.names.map(
      (id, i) => new Process(id, i, options.realms[i] as NodeRealm, around),
    );
    for (const process of this.#processes) process.diskFactor = options.diskFactor ?? 1;
    this.#byId = new Map(this.#processes.map((p) => [p.id, p]));
  }

  /**
   * Boots all nodes at virtual time 0: as late as possible, when a scenario first lets time pass or
   * touches a node, so that it can prepare network, disks and clocks before.
   */
  #ensureBooted(): void {
    if (this.#booted) return;
    this.#booted = true;
    for (const process of this.#processes) process.boot();
  }

  get nowMs(): number {
    return this.simulation.nowMs;
  }

  state<T>(name: string, make: () => T): T {
    if (!this.#states.has(name)) this.#states.set(name, make());
    return this.#states.get(name) as T;
  }

  run(ms: number): void {
    this.#ensureBooted();
    this.simulation.runUntil(this.simulation.nowUs + Math.round(ms * 1000));
  }

  runUntil(condition: () => boolean, withinMs: number): boolean {
    this.#ensureBooted();
    if (condition()) return true;
    return this.simulation.runUntil(this.simulation.nowUs + Math.round(withinMs * 1000), condition);
  }

  after(ms: number, action: () => void): void {
    this.simulation.schedule(ms * 1000, action);
  }

  invoke(node: NodeId, method: string, ...args: unknown[]): unknown {
    return this.#live(node).invoke(method, args);
  }

  request(
    node: NodeId,
    method: string,
    args: readonly unknown[],
    done: (reply: RequestOutcome) => void,
  ): void {
    this.#live(node).request(method, args, (outcome) => this.#observe(() => done(outcome)));
  }

  inspect(node: NodeId): unknown {
    return this.#live(node).inspect();
  }

  isUp(node: NodeId): boolean {
    return this.#live(node).up;
  }

  isPaused(node: NodeId): boolean {
    return this.#live(node).paused;
  }

  silence(...nodes: readonly NodeId[]): string {
    const groups = new Map<string, NodeId[]>();
    for (const node of nodes) {
      const { up, paused, bootedMs, sentMs } = this.#process(node);
      if (!up || paused || this.nowMs - (sentMs ?? bootedMs) < SILENT_MS) continue;
      const started = bootedMs === 0 ? 'the start' : `a start at ${seconds(bootedMs)}`;
      const since = sentMs === undefined ? started : seconds(sentMs);
      groups.set(since, [...(groups.get(since) ?? []), node]);
    }
    return [...groups].map(([since, ids]) => `; ${ids.join(',')} silent since ${since}`).join('');
  }

  count(what: 'messages' | 'requests' | 'bytes', method?: string): number {
    if (method !== undefined) return this.#counts.get(method)?.[what] ?? 0;
    let sum = 0;
    for (const counts of this.#counts.values()) sum += counts[what];
    return sum;
  }

  diskBytes(node: NodeId): number {
    return this.#process(node).disk.sizeBytes;
  }

  hits(fault: string): number {
    return this.#hits.get(fault) ?? 0;
  }

  onEmit(listener: (node: NodeId, name: string, value: unknown) => void): void {
    this.#emitListeners.push(listener);
  }

  onBoot(listener: (node: NodeId) => void): void {
    this.#bootListeners.push(listener);
  }

  crash(node: NodeId): void {
    this.#live(node).crash();
    this.#checkEnded();
  }

  restart(node: NodeId): void {
    this.#live(node).boot();
  }

  crashAt(
    node: NodeId,
    boundary: 'fsync' | 'write' | 'send',
    after: number,
    method?: string,
  ): void {
    this.#process(node).crashPoint = { boundary, remaining: after, method };
    this.#fault(`${node} will crash at its ${boundary} number ${after} from now`);
  }

  disarm(node: NodeId): void {
    const process = this.#process(node);
    process.crashPoint = undefined;
    process.disk.failNextFsync = false;
  }

  pause(node: NodeId): void {
    this.#hit('pause');
    this.#live(node).pause();
  }

  resume(node: NodeId): void {
    this.#process(node).resume();
  }

  partition(...groups: readonly (readonly NodeId[])[]): void {
    const groupOf = new Map<NodeId, number>();
    groups.forEach((group, g) => {
      for (const node of group) groupOf.set(this.#process(node).id, g);
    });
    for (const a of this.#processes) {
      for (const b of this.#processes) {
        const together = groupOf.has(a.id) && groupOf.get(a.id) === groupOf.get(b.id);
        this.#network.setCut(a.index, b.index, !together && a !== b);
      }
    }
    this.#hit('partition');
    const sides = groups.map((group) => `{${group.join(',')}}`).join(' | ');
    this.#linksChange(`partition ${sides === '' ? 'of each from all' : sides}`);
  }

  isolate(node: NodeId): void {
    const { index } = this.#process(node);
    for (const other of this.#processes) {
      if (other.index === index) continue;
      this.#network.setCut(index, other.index, true);
      this.#network.setCut(other.index, index, true);
    }
    this.#hit('isolate');
    this.#linksChange(`isolate ${node}`);
  }

  cut(from: Some, to: Some): void {
    this.#setCut(from, to, true);
    this.#hit('cut');
    this.#linksChange(`cut ${describeGroup(from)} → ${describeGroup(to)}`);
  }

  mend(from: Some, to: Some): void {
    this.#setCut(from, to, false);
    this.#linksChange(`mend ${describeGroup(from)} → ${describeGroup(to)}`);
  }

  #setCut(from: Some, to: Some, isCut: boolean): void {
    const indexes = (some: Some) => [some].flat().map((node) => this.#process(node).index);
    const targets = indexes(to);
    for (const a of indexes(from)) for (const b of targets) this.#network.setCut(a, b, isCut);
  }

  heal(): void {
    this.#network.healAll();
    this.#linksChange('heal the network');
  }

  network(profile: Partial<NetworkProfile>, link?: { from: NodeId; to: NodeId }): void {
    const indexes = link && {
      from: this.#process(link.from).index,
      to: this.#process(link.to).index,
    };
    this.#network.profile(profile, indexes);
    const where = link ? `${link.from} → ${link.to}` : 'all links';
    this.#fault(`${where}: ${describeProfile(profile)}`);
  }

  filter(fate: ((message: WireMessage) => Fate) | undefined): void {
    this.#network.filter = fate;
  }

  disk(node: NodeId, profile: Partial<DiskProfile>): void {
    const process = this.#process(node);
    process.diskProfile = { ...process.diskProfile, ...profile };
    this.#fault(`disk of ${node}: ${describeProfile(profile)}`);
  }

  failNextFsync(node: NodeId): void {
    this.#process(node).disk.failNextFsync = true;
    this.#fault(`the next fsync of ${node} will fail`);
  }

  limitDisk(node: NodeId, sizeBytes: number): void {
    this.#process(node).disk.limitBytes = sizeBytes;
    this.#fault(`the disk of ${node} holds at most ${sizeBytes} B`);
  }

  flipBit(node: NodeId, atByte: number, bit: number): void {
    const where = this.#process(node).disk.flipBit(atByte, bit);
    if (where === undefined) return;
    this.#hit('rot');
    this.#fault(`${where} on ${node} rots`);
  }

  onCrash(node: NodeId, unsynced: 'seeded' | 'lose' | 'keep' | 'torn'): void {
    this.#process(node).crashMode = unsynced;
  }

  jumpClock(node: NodeId, ms: number): void {
    this.#process(node).clock.jump(ms);
    this.#hit('clock');
    this.#fault(`the wall clock of ${node} jumps by ${Number(ms.toFixed(3))} ms`, {
      clock: { node, jumpMs: ms },
    });
  }

  clockRate(node: NodeId, rate: number): void {
    this.#process(node).clock.setRate(rate, this.simulation.nowUs);
    this.#hit('clock');
    const speed = rate === 1 ? 'normal' : `${rate} ×`;
    this.#fault(`the clocks of ${node} run at ${speed} speed`, { clock: { node, rate } });
  }

  cpu(node: NodeId, capacity?: { workers: number }): Readonly<CpuUse> {
    const { cpu } = this.#process(node);
    if (capacity !== undefined) {
      cpu.resize(capacity);
      const cpus = `${capacity.workers} CPU${capacity.workers === 1 ? '' : 's'}`;
      if (this.nowMs > 0) this.#fault(`${node} has ${cpus} now`);
    }
    return cpu;
  }

  /** Which messages were lost, doubled or late by chance so far. */
  get noise(): Network['noise'] {
    return this.#network.noise;
  }

  #calm(what: Noise, except: readonly LinkMessage[]): void {
    this.#network.calm(what, except);
    const { none, some } = CALMED[what];
    this.#unhashed(except.length === 0 ? none : `only ${plural(except.length)} ${some}`);
  }

  #switchOff(node: NodeId): void {
    this.#process(node).off = true;
    this.#unhashed(`${node} stays off`);
  }

  passed(node: NodeId, boundary: 'fsync' | 'write' | 'send'): number {
    return this.#process(node).passed[boundary];
  }

  perform(step: Step): void {
    const s = step as unknown as StepArguments;
    const actions: Record<string, () => void> = {
      crash: () => this.crash(s.node),
      restart: () => this.restart(s.node),
      crashAt: () => this.crashAt(s.node, s.boundary, s.after, s.method),
      pause: () => this.pause(s.node),
      resume: () => this.resume(s.node),
      partition: () => this.partition(...s.groups),
      isolate: () => this.isolate(s.node),
      cut: () => this.cut(s.from, s.to),
      mend: () => this.mend(s.from, s.to),
      heal: () => this.heal(),
      network: () => this.network(s.profile as Partial<NetworkProfile>, s.link),
      disk: () => this.disk(s.node, s.profile as Partial<DiskProfile>),
      failNextFsync: () => this.failNextFsync(s.node),
      limitDisk: () => this.limitDisk(s.node, s.sizeBytes),
      onCrash: () => this.onCrash(s.node, s.unsynced),
      jumpClock: () => this.jumpClock(s.node, s.ms),
      clockRate: () => this.clockRate(s.node, s.rate),
      calm: () => this.#calm(s.what, s.except),
      off: () => this.#switchOff(s.node),
    };
    const action = actions[step.do];
    if (action === undefined) {
      throw new Error(`unknown step "${step.do}"; built in are ${Object.keys(actions).join(', ')}`);
    }
    action();
  }

  expect(
    holds: boolean,
    failure: Omit<Failure, 'kind'> & { readonly kind?: Failure['kind'] },
  ): void {
    if (!holds) this.fail({ kind: 'liveness', ...failure });
  }

  fail(failure: Failure): never {
    throw new RunEnded({ ...failure, atMs: this.nowMs });
  }

  note(text: string): void {
    this.#mark('note', undefined, hashOf(text), () => text);
  }

  expectLinearizable<State, Input, Output>(
    model: Model<State, Input, Output>,
    history: History<Input, Output>,
  ): void {
    const failure = judgeLinearizable(model, history);
    if (failure === undefined) return;
    if ('undecided' in failure) this.undecided ??= failure.undecided;
    else this.fail(failure);
  }

  chart(everyMs: number, measures: readonly Measure[]): void {
    this.#chart = new ChartRecorder(this.simulation, everyMs, measures);
  }

  mark(text: string): void {
    this.#mark('note', undefined, hashOf(text), () => text, { tells: true });
    this.#chart?.mark(text);
  }

  /** What was measured, when something was. */
  get measured(): Chart | undefined {
    return this.#chart?.chart;
  }

  tell(line: string): void {
    this.notes.push(line);
  }

  sometimes(name: string, reached: boolean): void {
    if (!reached) this.unreached.push(name);
  }

  /** What was found while code of a submission ran that has not returned. */
  get pendingFinding(): Finding | undefined {
    return this.#ended instanceof RunEnded ? this.#ended.finding : undefined;
  }

  /** Who is in the middle of something, and since when: for the report of an endless loop. */
  get running(): string | undefined {
    const process = this.#processes.find((p) => p.running !== '');
    return process && `${process.id}, in ${process.running},`;
  }

  /** The kinds of messages sent most, for the report of a storm. */
  busiest(): string {
    const top = [...this.#counts]
      .sort((a, b) => b[1].requests - a[1].requests)
      .slice(0, 2)
      .map(([method, { requests }]) => `${requests} × ${method}`);
    return top.length === 0 ? 'no message was sent' : `sent so far: ${top.join(', ')}`;
  }

  // ── what the processes need ────────────────────────────────────────────────────────────────

  #surroundings({ methods, peers: known }: ClusterOptions['lab']): Surroundings {
    const { trace } = this;
    return {
      simulation: this.simulation,
      methodsOf: (node) => methodsFor(methods, node).join(' '),
      peersOf: (node) => peersOf(node, this.names, known).join(' '),
      sendRequest: (from, to, method, args, callId, timeoutMs) =>
        this.#sendRequest(from, to, method, args, callId, timeoutMs),
      sendReply: (from, origin, value) => this.#sendReply(from, origin, value),
      emitted: (from, name, value) => this.#emitted(from, name, value),
      fsync: (process, phase) => {
        this.#notify((invariant) => invariant.onFsync?.(process.id, phase, this.#watch));
      },
      stepped: (process) => this.#stepped(process),
      programFailed: (process, kind, doing, text, stack) =>
        this.#programFailed(process, kind, doing, text, stack),
      mark: (kind, process, detail, words, facts) =>
        this.#mark(kind, process, detail, words, facts),
      tell: (kind, process, words, facts) => {
        if (this.trace.keeping) this.trace.line(this.nowMs, process.id, kind, words, facts);
      },
      get recorded() {
        return trace.records.length;
      },
      keepsTrace: trace.keeping,
      keepsStacks: this.#keepStacks,
      crashed: (process) => {
        this.#hit('crash');
        this.#notify((invariant) => invariant.onCrash?.(process.id, this.#watch));
      },
      booted: (process) => {
        this.#lastState[process.index] = undefined;
        this.#notify((invariant) => invariant.onBoot?.(process.id, this.#watch));
        this.#observe(() => {
          for (const listener of this.#bootListeners) listener(process.id);
        });
      },
    };
  }

  #sendRequest(
    from: Process,
    to: NodeId,
    method: string,
    args: unknown,
    callId: number,
    timeoutMs: number,
  ): string {
    const target = this.#byId.get(to);
    if (target === undefined || target === from || isClient(to)) {
      const peers = peersOf(from.id, this.names).slice(0, 20).join(', ');
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
        this.#hit('unserved');
        this.#mark('drop', target, 0, () => `${method} of ${from.id}: no handler is registered`);
      },
    });
    if (problem !== '') return problem;
    const callerLife = from.life;
    from.startTimeout(callId, timeoutMs, method, to);
    return '';
  }

  #sendReply(from: Process, origin: Origin, value: unknown): string {
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
    this.#tally(kind, method, size);
    // For those who watch: a copy that no node can change afterwards. Most runs have nobody.
    let wire: WireMessage | undefined;
    if (this.#observesMessages || network.filter !== undefined || this.trace.keeping) {
      const kept = from.realm.api.copy(value);
      const asked = kind === 'request' ? kept : message.args;
      wire = { kind, from: from.id, to: to.id, method, body: kept, args: asked, sizeBytes: size };
    }
    const number = ++this.#messages;
    from.sentMs = this.nowMs;
    this.#markMessage('send', from, hash, wire, { number, label: '' });
    if (wire) this.#notify((invariant) => invariant.onSend?.(wire, this.#watch));

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
      this.simulation.schedule(delayMs * 1000, () => {
        if (network.isCut(from.index, to.index)) {
          lose('cut');
          return;
        }
        to.deliver(targetLife ?? to.life, () => {
          this.#markMessage('deliver', to, hash, wire, { number, label });
          if (wire) this.#notify((invariant) => invariant.onDeliver?.(wire, this.#watch));
          message.arrive(copy, wire?.body);
        });
      });
    };
    arriveAfter(latencyMs, body, '');
    if (latencyMs > 100) this.#hit('late');
    const again =
      fate === 'duplicate'
        ? network.extraCopyMs(from.index, to.index, ordinal)
        : fate === undefined
          ? network.duplicateMs(from.index, to.index, ordinal)
          : undefined;
    if (again !== undefined) {
      this.#hit('duplicated');
      arriveAfter(latencyMs + again, api.copy(value), ' (second copy)');
    }
    return '';
  }

  #lose(
    why: string,
    lost: { wire: WireMessage | undefined; to: Process; hash: number; number: number },
  ): '' {
    const { wire, to, hash, number } = lost;
    this.#hit(why);
    this.#markMessage('drop', to, hash, wire, { number, label: ` is lost (${why})` });
    return '';
  }

  /** Into the hash always; into the trace, when there is one, with a copy to tell about. */
  #markMessage(
    kind: 'send' | 'deliver' | 'drop',
    process: Process,
    hash: number,
    wire: WireMessage | undefined,
    { number, label }: { number: number; label: string },
  ): void {
    if (!this.trace.keeping || wire === undefined) {
      this.#mark(kind, process, hash);
      return;
    }
    if (kind === 'deliver') process.cause = this.trace.records.length;
    const isSend = kind === 'send';
    this.#mark(kind, process, hash, () => `${describeMessage(wire)}${label}`, {
      message: number,
      method: wire.method,
      wire,
      cause: isSend ? process.cause : undefined,
      stack: isSend ? process.site : undefined,
    });
  }

  #tally(kind: 'request' | 'reply', method: string, size: number): void {
    let counts = this.#counts.get(method);
    if (counts === undefined) {
      counts = { messages: 0, requests: 0, bytes: 0 };
      this.#counts.set(method, counts);
    }
    counts.messages++;
    counts.bytes += size;
    if (kind === 'request') counts.requests++;
  }

  #emitted(from: Process, name: string, value: unknown): void {
    const tell = this.#outputWords[name];
    const words = () => tell?.(value) ?? `${name} ${brief(value)}`;
    this.#mark('emit', from, from.realm.api.meter[1] as number, words, {
      emitted: { name, value, inWords: tell !== undefined },
      cause: from.cause,
    });
    this.#notify((invariant) => invariant.onEmit?.(from.id, name, value, this.#watch));
    this.#observe(() => {
      for (const listener of this.#emitListeners) listener(from.id, name, value);
    });
  }

  #stepped(process: Process): void {
    this.#checkEnded();
    if (!process.up || !this.#observed[process.index]) return;
    this.#isLooking = !this.#isWatched;
    const state = process.inspect();
    this.#isLooking = false;
    this.#checkEnded();
    if (this.trace.keeping) {
      this.#noteRole(process, state);
      this.#noteChanges(process, state);
    }
    this.#notify((invariant) => invariant.onState?.(process.id, state, this.#watch));
    this.#checkEnded();
  }

  /** A change of role is what stories of replicated systems are made of. For a trace only, not hashed. */
  #noteRole(process: Process, state: unknown): void {
    const { role, term, epoch } = (state ?? {}) as Record<string, unknown>;
    if (typeof role !== 'string' || this.#lastRole[process.index] === role) return;
    this.#lastRole[process.index] = role;
    const age = term === undefined ? epoch && ` in epoch ${epoch}` : ` in term ${term}`;
    this.trace.line(this.nowMs, process.id, 'state', () => `is ${role}${age ?? ''}`);
  }

  /** For who looks at a trace: no part of its hash, which must not depend on being looked at. */
  #noteChanges(process: Process, state: unknown): void {
    const now = (state ?? {}) as Record<string, unknown>;
    const before = this.#lastState[process.index] ?? {};
    const changes: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(now))
      if (JSON.stringify(value) !== JSON.stringify(before[field])) changes[field] = value;
    if (Object.keys(changes).length === 0) return;
    this.#lastState[process.index] = { ...now };
    const words = () =>
      Object.entries(changes)
        .map(([field, value]) => `${field} ${brief(before[field])} → ${brief(value)}`)
        .join(', ');
    this.trace.line(this.simulation.nowUs / 1000, process.id, 'change', words, { changes });
  }

  #programFailed(
    process: Process,
    kind: 'crash' | 'contract',
    doing: string,
    text: string,
    stack: string,
  ): void {
    if (this.#isLooking) return;
    const where = this.#locate(stack);
    const at = where === undefined ? '' : ` at ${where}`;
    const rule =
      kind === 'crash'
        ? 'A node must not throw: an uncaught error ends the process'
        : 'A node must keep the contract';
    this.#observe(() =>
      this.fail({
        kind,
        ruleId: kind === 'crash' ? 'node-threw' : 'contract',
        rule,
        evidence: `${process.id}, in ${doing}: ${text}${at}`,
        ...(text.startsWith('RpcError')
          ? { lookAt: 'a call may time out at any time: who catches its rejection?' }
          : {}),
      }),
    );
  }

  #notify(tell: (invariant: Invariant) => void): void {
    if (this.#ended !== undefined) return;
    try {
      for (const invariant of this.#invariants) tell(invariant);
    } catch (error) {
      this.#ended ??= error;
    }
  }

  /** Code of a lab that runs below code of a submission: its exception must wait. */
  #observe(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#ended ??= error;
    }
  }

  #checkEnded(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #mark(
    kind: TraceKind,
    process: Process | undefined,
    detail: number,
    words?: () => string,
    facts?: TraceFacts,
  ): void {
    const { nowUs } = this.simulation;
    this.trace.mark(
      KIND_NUMBER.get(kind) ?? 0,
      nowUs,
      process === undefined ? 15 : process.index,
      detail,
    );
    if (this.trace.keeping && words) this.trace.line(nowUs / 1000, process?.id, kind, words, facts);
  }

  #fault(text: string, facts?: TraceFacts): void {
    this.#mark('fault', undefined, hashOf(text), () => text, facts);
  }

  #linksChange(text: string): void {
    this.#fault(text, this.trace.keeping ? { cuts: this.#cuts() } : {});
  }

  #cuts(): string[] {
    return this.#processes.flatMap((from) =>
      this.#processes
        .filter((to) => this.#network.isCut(from.index, to.index))
        .map((to) => `${from.id}>${to.id}`),
    );
  }

  /** What does not happen is told, but is no event: a run that it leaves as it was keeps its hash. */
  #unhashed(text: string): void {
    if (this.trace.keeping) this.trace.line(this.nowMs, undefined, 'calm', () => text);
  }

  #hit(fault: string): void {
    this.#hits.set(fault, (this.#hits.get(fault) ?? 0) + 1);
  }

  /** The process of a node, booted. */
  #live(node: NodeId): Process {
    this.#ensureBooted();
    return this.#process(node);
  }

  #process(node: NodeId): Process {
    const process = this.#byId.get(node);
    if (process === undefined) {
      throw new Error(`there is no node "${String(node)}" (there are: ${this.names.join(', ')})`);
    }
    return process;
  }
}

/** `minMs: 8` and `dropChance: 0.1` as `min 8 ms, drop 10 %`. */
/** `drop 20 %, late 5 % by up to 300 ms`; of a disk: `fsync 40 ms`. */
function describeProfile(profile: object): string {
  const { tailChance, tailMs, ...rest } = profile as Partial<NetworkProfile>;
  const words = Object.entries(rest).map(([name, value]) => {
    if (name in LATENCIES) return `${LATENCIES[name]} ${value} ms`;
    if (name.endsWith('Ms')) return `${name.slice(0, -2)} ${value} ms`;
    return `${name.replace('Chance', '')} ${percent(value)}`;
  });
  if (tailChance !== undefined || tailMs !== undefined) {
    const chance = tailChance === undefined ? '' : ` ${percent(tailChance)}`;
    words.push(`late${chance}${tailMs === undefined ? '' : ` by up to ${tailMs} ms`}`);
  }
  return words.join(', ');
}

const LATENCIES: Readonly<Record<string, string>> = { minMs: 'at least', typicalMs: 'typically' };
const percent = (share: unknown) => `${Math.round(100 * Number(share))} %`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

const plural = (messages: number) => `${messages} message${messages === 1 ? ' is' : 's are'}`;

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function describeMessage(message: WireMessage): string {
  const { kind, from, to, method, body } = message;
  return `${from} → ${to} ${method}${kind === 'reply' ? ' reply' : ''} ${brief(body)}`;
}

const isList = (methods: SimulatedLab['methods']): methods is readonly string[] =>
  Array.isArray(methods);

function methodsFor(methods: SimulatedLab['methods'], node: NodeId): readonly string[] {
  return (isList(methods) ? methods : methods[kindOf(node)]) ?? [];
}
