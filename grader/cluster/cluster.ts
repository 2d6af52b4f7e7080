/**
 * What a scenario works with: the processes, the network between them, and everything that can be
 * done to them. Implements {@link Cluster} over the simulation. A run ends early by throwing
 * `RunEnded` out of the event loop, never into code of a submission, which could catch it.
 */

import { ChartRecorder } from '../chart.ts';
import type { History } from '../checkers/history.ts';
import { judgeLinearizable } from '../checkers/judge.ts';
import type { Model } from '../checkers/models.ts';
import type { SimulatedLab } from '../lab.ts';
import { isClient, kindOf, peersOf } from '../names.ts';
import type { NodeId } from '../node.ts';
import { Process } from '../process.ts';
import type { NodeRealm } from '../realm/realm.ts';
import type { Chart, Finding, Step } from '../report/report.ts';
import type { DiskProfile } from '../sim/disk.ts';
import {
  CALMED,
  type Fate,
  type LinkMessage,
  Network,
  type NetworkProfile,
  type Noise,
  type WireMessage,
} from '../sim/network.ts';
import { type Draw, Stream } from '../sim/prng.ts';
import { Simulation } from '../sim/simulation.ts';
import { hashOf, type Trace } from '../sim/trace.ts';
import type { Surroundings } from '../surroundings.ts';
import type {
  Cluster,
  CpuUse,
  Failure,
  Invariant,
  Measure,
  RequestOutcome,
  Watch,
} from './interface.ts';
import { Post } from './post.ts';
import { Recorder } from './recorder.ts';
import { RunEnded, Watchers } from './watchers.ts';
import { brief, describeGroup, describeProfile, plural, type Some, seconds } from './words.ts';

/** A node that has sent nothing for this long is reported as silent. */
const SILENT_MS = 1000;

export interface ClusterOptions {
  /** Called now and then between events; see {@link Simulation}. */
  readonly pulse?: () => void;
  readonly seed: number;
  readonly names: readonly NodeId[];
  readonly realms: readonly NodeRealm[];
  readonly lab: Pick<SimulatedLab, 'methods' | 'outputWords' | 'peers' | 'eventsMax'>;
  readonly invariants: readonly Invariant[];
  readonly keepTrace: boolean;
  /** In the trace, keep which line of code sent each message. */
  readonly keepStacks?: boolean;
  /** The messages with these numbers are lost: to see what would have happened. */
  readonly dropped?: readonly number[];
  /** Every message takes this many times as long. @default 1 */
  readonly latencyFactor?: number;
  /** Every disk operation takes this many times as long. @default 1 */
  readonly diskFactor?: number;
  /** `raft.ts:41:7` for a stack trace from a realm. */
  readonly locate: (stack: string) => string | undefined;
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
  /** Lines to show below the result. */
  readonly notes: string[] = [];
  /** Why a claim could not be decided. */
  undecided: string | undefined;

  readonly #processes: readonly Process[];
  readonly #byId: ReadonlyMap<NodeId, Process>;
  readonly #network: Network;
  readonly #recorder: Recorder;
  readonly #watchers: Watchers;
  readonly #post: Post;
  /** By index of a node: whether its state is inspected after each event on it. */
  readonly #observed: readonly boolean[];
  /** A node is inspected only for the trace: a run without a trace would not see what that breaks. */
  #isLooking = false;
  readonly #locate: ClusterOptions['locate'];
  readonly #keepStacks: boolean;
  readonly #outputWords: NonNullable<SimulatedLab['outputWords']>;
  #chart: ChartRecorder | undefined;
  readonly #states = new Map<string, unknown>();
  #booted = false;

  constructor(options: ClusterOptions) {
    const { seed, lab, names, keepTrace } = options;
    this.seed = seed;
    this.simulation = new Simulation(seed, lab.eventsMax, options.pulse);
    this.#recorder = new Recorder(this.simulation, keepTrace);
    this.trace = this.#recorder.trace;
    this.draw = new Stream(seed ^ 0x2545f491);
    this.names = names;
    this.nodes = names.filter((id) => !isClient(id));
    this.clients = names.filter(isClient);
    this.#network = new Network(seed, names.length);
    this.#watchers = new Watchers(options.invariants, this.#watch());
    this.#post = new Post({
      simulation: this.simulation,
      network: this.#network,
      recorder: this.#recorder,
      watchers: this.#watchers,
      names,
      processOf: (id) => this.#byId.get(id),
      dropped: options.dropped,
      latencyFactor: options.latencyFactor ?? 1,
    });
    // Where the lab requires `inspect`, it has no side effects: it may be called just for a trace.
    const tells = (id: NodeId) => methodsFor(lab.methods, id).includes('inspect');
    this.#observed = names.map((id) => this.#watchers.seeStates || (keepTrace && tells(id)));
    this.#locate = options.locate;
    this.#keepStacks = options.keepStacks ?? false;
    this.#outputWords = lab.outputWords ?? {};
    const around = this.#surroundings(lab);
    this.#processes = names.map(
      (id, i) => new Process(id, i, options.realms[i] as NodeRealm, around),
    );
    for (const process of this.#processes) process.diskFactor = options.diskFactor ?? 1;
    this.#byId = new Map(this.#processes.map((p) => [p.id, p]));
  }

  /** What invariants may do. */
  #watch(): Watch {
    const { simulation } = this;
    return {
      get nowMs() {
        return simulation.nowMs;
      },
      fail: (failure) => this.fail(failure),
      note: (text) => this.note(text),
    };
  }

  /**
   * Boots all nodes at virtual time 0: as late as possible, when a scenario first lets time pass or
   * touches a node, so that it can set up network, disks and clocks first.
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
    this.#live(node).request(method, args, (outcome) =>
      this.#watchers.observe(() => done(outcome)),
    );
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
    return this.#recorder.count(what, method);
  }

  diskBytes(node: NodeId): number {
    return this.#process(node).disk.sizeBytes;
  }

  hits(fault: string): number {
    return this.#recorder.hits(fault);
  }

  onEmit(listener: (node: NodeId, name: string, value: unknown) => void): void {
    this.#watchers.emits.push(listener);
  }

  onBoot(listener: (node: NodeId) => void): void {
    this.#watchers.boots.push(listener);
  }

  crash(node: NodeId): void {
    this.#live(node).crash();
    this.#watchers.check();
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
    this.#recorder.fault(`${node} will crash at its ${boundary} number ${after} from now`);
  }

  disarm(node: NodeId): void {
    const process = this.#process(node);
    process.crashPoint = undefined;
    process.disk.failNextFsync = false;
  }

  pause(node: NodeId): void {
    this.#recorder.hit('pause');
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
    this.#recorder.hit('partition');
    const sides = groups.map((group) => `{${group.join(',')}}`).join(' | ');
    this.#linksChange(`partition ${sides === '' ? 'of every node from all others' : sides}`);
  }

  isolate(node: NodeId): void {
    const { index } = this.#process(node);
    for (const other of this.#processes) {
      if (other.index === index) continue;
      this.#network.setCut(index, other.index, true);
      this.#network.setCut(other.index, index, true);
    }
    this.#recorder.hit('isolate');
    this.#linksChange(`isolate ${node}`);
  }

  cut(from: Some, to: Some): void {
    this.#setCut(from, to, true);
    this.#recorder.hit('cut');
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
    this.#recorder.fault(`${where}: ${describeProfile(profile)}`);
  }

  filter(fate: ((message: WireMessage) => Fate) | undefined): void {
    this.#network.filter = fate;
  }

  disk(node: NodeId, profile: Partial<DiskProfile>): void {
    const process = this.#process(node);
    process.diskProfile = { ...process.diskProfile, ...profile };
    this.#recorder.fault(`disk of ${node}: ${describeProfile(profile)}`);
  }

  failNextFsync(node: NodeId): void {
    this.#process(node).disk.failNextFsync = true;
    this.#recorder.fault(`the next fsync of ${node} will fail`);
  }

  limitDisk(node: NodeId, sizeBytes: number): void {
    this.#process(node).disk.limitBytes = sizeBytes;
    this.#recorder.fault(`the disk of ${node} holds at most ${sizeBytes} B`);
  }

  flipBit(node: NodeId, atByte: number, bit: number): void {
    const where = this.#process(node).disk.flipBit(atByte, bit);
    if (where === undefined) return;
    this.#recorder.hit('rot');
    this.#recorder.fault(`${where} on ${node} rots`);
  }

  onCrash(node: NodeId, unsynced: 'seeded' | 'lose' | 'keep' | 'torn'): void {
    this.#process(node).crashMode = unsynced;
  }

  jumpClock(node: NodeId, ms: number): void {
    this.#process(node).clock.jump(ms);
    this.#recorder.hit('clock');
    this.#recorder.fault(`the wall clock of ${node} jumps by ${Number(ms.toFixed(3))} ms`, {
      clock: { node, jumpMs: ms },
    });
  }

  clockRate(node: NodeId, rate: number): void {
    this.#process(node).clock.setRate(rate, this.simulation.nowUs);
    this.#recorder.hit('clock');
    const speed = rate === 1 ? 'normal' : `${rate} ×`;
    this.#recorder.fault(`the clocks of ${node} run at ${speed} speed`, { clock: { node, rate } });
  }

  cpu(node: NodeId, capacity?: { workers: number }): Readonly<CpuUse> {
    const { cpu } = this.#process(node);
    if (capacity !== undefined) {
      cpu.resize(capacity);
      const cpus = `${capacity.workers} CPU${capacity.workers === 1 ? '' : 's'}`;
      if (this.nowMs > 0) this.#recorder.fault(`${node} now has ${cpus}`);
    }
    return cpu;
  }

  /** Which messages have been lost, duplicated or late by chance so far. */
  get noise(): Network['noise'] {
    return this.#network.noise;
  }

  #calm(what: Noise, except: readonly LinkMessage[]): void {
    this.#network.calm(what, except);
    const { none, some } = CALMED[what];
    this.#recorder.calm(except.length === 0 ? none : `only ${plural(except.length)} ${some}`);
  }

  #switchOff(node: NodeId): void {
    this.#process(node).off = true;
    this.#recorder.calm(`${node} stays off`);
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
      throw new Error(
        `unknown step "${step.do}"; the built-in steps are ${Object.keys(actions).join(', ')}`,
      );
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
    this.#recorder.mark('note', undefined, hashOf(text), () => text);
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
    this.#recorder.mark('note', undefined, hashOf(text), () => text, { tells: true });
    this.#chart?.mark(text);
  }

  /** The measurements, if any were taken. */
  get measured(): Chart | undefined {
    return this.#chart?.chart;
  }

  tell(line: string): void {
    this.notes.push(line);
  }

  sometimes(name: string, reached: boolean): void {
    if (!reached) this.unreached.push(name);
  }

  /** What was found below code of a submission that has not returned. */
  get pendingFinding(): Finding | undefined {
    return this.#watchers.pending;
  }

  /** Which node is in the middle of what: for the report of an endless loop. */
  get running(): string | undefined {
    const process = this.#processes.find((p) => p.running !== '');
    return process && `${process.id}, in ${process.running},`;
  }

  /** The kinds of messages sent most, for the report of a storm. */
  busiest(): string {
    return this.#recorder.busiest();
  }

  // ── What the processes need ────────────────────────────────────────────────────────────────

  #surroundings({ methods, peers: known }: ClusterOptions['lab']): Surroundings {
    const { trace } = this;
    const [recorder, watchers, post] = [this.#recorder, this.#watchers, this.#post];
    return {
      simulation: this.simulation,
      methodsOf: (node) => methodsFor(methods, node).join(' '),
      peersOf: (node) => peersOf(node, this.names, known).join(' '),
      sendRequest: (from, to, method, args, callId, timeoutMs) =>
        post.request(from, to, method, args, callId, timeoutMs),
      sendReply: (from, origin, value) => post.reply(from, origin, value),
      emitted: (from, name, value) => this.#emitted(from, name, value),
      fsync: (process, phase) => {
        watchers.notify((invariant, watch) => invariant.onFsync?.(process.id, phase, watch));
      },
      stepped: (process) => this.#stepped(process),
      placeOf: (stack) => this.#placeOf(stack),
      programFailed: (process, kind, doing, text, stack) =>
        this.#programFailed(process, kind, doing, text, stack),
      mark: (kind, process, detail, words, facts) =>
        recorder.mark(kind, process, detail, words, facts),
      tell: (kind, process, words, facts) => recorder.tell(kind, process, words, facts),
      get recorded() {
        return trace.records.length;
      },
      keepsTrace: trace.keeping,
      keepsStacks: this.#keepStacks,
      crashed: (process) => {
        recorder.hit('crash');
        watchers.notify((invariant, watch) => invariant.onCrash?.(process.id, watch));
      },
      booted: (process) => {
        recorder.booted(process);
        watchers.notify((invariant, watch) => invariant.onBoot?.(process.id, watch));
        watchers.observe(() => {
          for (const listener of watchers.boots) listener(process.id);
        });
      },
    };
  }

  #emitted(from: Process, name: string, value: unknown): void {
    const tell = this.#outputWords[name];
    const words = () => tell?.(value) ?? `${name} ${brief(value)}`;
    this.#recorder.mark('emit', from, from.realm.api.meter[1] as number, words, {
      emitted: { name, value, inWords: tell !== undefined },
      cause: from.cause,
    });
    this.#watchers.notify((invariant, watch) => invariant.onEmit?.(from.id, name, value, watch));
    this.#watchers.observe(() => {
      for (const listener of this.#watchers.emits) listener(from.id, name, value);
    });
  }

  #stepped(process: Process): void {
    const watchers = this.#watchers;
    watchers.check();
    if (!process.up || !this.#observed[process.index]) return;
    this.#isLooking = !watchers.seeStates;
    const state = process.inspect();
    this.#isLooking = false;
    watchers.check();
    this.#recorder.state(process, state);
    watchers.notify((invariant, watch) => invariant.onState?.(process.id, state, watch));
    watchers.check();
  }

  #programFailed(
    process: Process,
    kind: 'crash' | 'contract',
    doing: string,
    text: string,
    stack: string,
  ): void {
    if (this.#isLooking) return;
    const rule =
      kind === 'crash'
        ? 'A node must not throw: an uncaught error ends the process'
        : 'A node must keep to the contract';
    this.#watchers.observe(() =>
      this.fail({
        kind,
        ruleId: kind === 'crash' ? 'node-threw' : 'contract',
        rule,
        evidence: `${process.id}, in ${doing}: ${text}${this.#placeOf(stack)}`,
        ...questionAbout(text),
      }),
    );
  }

  #placeOf(stack: string): string {
    const where = this.#locate(stack);
    return where === undefined ? '' : ` at ${where}`;
  }

  #linksChange(text: string): void {
    this.#recorder.fault(text, this.trace.keeping ? { cuts: this.#cuts() } : {});
  }

  #cuts(): string[] {
    return this.#processes.flatMap((from) =>
      this.#processes
        .filter((to) => this.#network.isCut(from.index, to.index))
        .map((to) => `${from.id}>${to.id}`),
    );
  }

  /** The process of a node, booted. */
  #live(node: NodeId): Process {
    this.#ensureBooted();
    return this.#process(node);
  }

  #process(node: NodeId): Process {
    const process = this.#byId.get(node);
    if (process === undefined) {
      throw new Error(
        `there is no node "${String(node)}" (the nodes are: ${this.names.join(', ')})`,
      );
    }
    return process;
  }
}

/** What a scenario is about says little of a slip; of an error that the program throws itself, it may. */
function questionAbout(error: string): { lookAt?: string } {
  if (error.startsWith('RpcError'))
    return { lookAt: 'any call may time out: what catches the rejection?' };
  return /^(Type|Reference|Range)Error\b/.test(error)
    ? { lookAt: 'what does this line take for granted, and when does it not hold?' }
    : {};
}

const isList = (methods: SimulatedLab['methods']): methods is readonly string[] =>
  Array.isArray(methods);

function methodsFor(methods: SimulatedLab['methods'], node: NodeId): readonly string[] {
  return (isList(methods) ? methods : methods[kindOf(node)]) ?? [];
}
