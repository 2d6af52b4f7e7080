/**
 * One simulated process: a realm, a disk, clocks, and the bookkeeping between them and the
 * simulation. It translates what the submission does (in `realm/boot.ts`) into events, and events
 * into calls of the submission. Everything that may happen to a process alone lives here: boot,
 * crash, pause; everything between processes is the cluster's.
 */
import type { RequestOutcome } from './cluster/interface.ts';
import type { NodeId } from './node.ts';
import type { HostFunctions } from './realm/boot.ts';
import { TIMERS_MAX } from './realm/globals.ts';
import type { NodeRealm, Tenant } from './realm/realm.ts';
import { NodeClock } from './sim/clock.ts';
import { type CrashMode, type DiskProfile, SimDisk } from './sim/disk.ts';
import { type DiskRequest, perform, performUnsynced, wordsOf } from './sim/disk-request.ts';
import { Choice, keyed, keyedBits } from './sim/prng.ts';
import type { SimEvent } from './sim/queue.ts';
import { Station } from './sim/station.ts';
import type { CrashPoint, Origin, Surroundings } from './surroundings.ts';

/** A call of the workload that has not ended. */
interface Request {
  readonly method: string;
  readonly done: (outcome: RequestOutcome) => void;
}

const DISK: DiskProfile = { writeMs: 0.1, fsyncMs: 1 };
const LOG_LINES_MAX = 20_000;

export class Process {
  readonly id: NodeId;
  readonly index: number;
  readonly realm: NodeRealm;
  readonly disk = new SimDisk();
  readonly clock = new NodeClock();
  /** Counts boots; what belongs to an earlier life is ignored. */
  life = 0;
  up = false;
  /** When it last booted, and when it last sent something in this life. */
  bootedMs = 0;
  sentMs: number | undefined;
  /** Never switched on in this run. */
  off = false;
  paused = false;
  diskProfile = DISK;
  /** Every operation of the disk takes this many times as long. */
  diskFactor = 1;
  crashMode: CrashMode = 'seeded';
  crashPoint: CrashPoint | undefined;
  /** Boundaries passed since the start of the run: where a crash could have struck. */
  readonly passed: Record<CrashPoint['boundary'], number> = { fsync: 0, write: 0, send: 0 };
  readonly origins = new Map<number, Origin>();

  readonly #around: Surroundings;
  readonly #tenant: Tenant;
  /** The CPUs of the node, and what waits for them. */
  readonly cpu: Station;
  readonly #timers = new Map<number, SimEvent>();
  readonly #timeouts = new Map<number, SimEvent>();
  readonly #requests = new Map<number, Request>();
  #held: (() => void)[] = [];
  #diskRequests: DiskRequest[] = [];
  #diskFreeUs = 0;
  #diskOrdinal = 0;
  #nextToken = 1;
  #logLines = 0;
  /** What part of the submission is running at this moment; '' when none is. */
  running = '';
  /** Where in the code the request that is being sent comes from, if that is kept. */
  site: { readonly stack?: string } | undefined;
  /** The record of what it is busy with, by its place in the trace; kept for a trace only. */
  cause: number | undefined;
  /** The crash point was passed inside code that is still running: nothing it does counts any more. */
  #doomed = false;

  constructor(id: NodeId, index: number, realm: NodeRealm, around: Surroundings) {
    this.id = id;
    this.index = index;
    this.realm = realm;
    this.#around = around;
    this.cpu = new Station(around.simulation, { workers: 1 });
    this.#tenant = { host: this.#hostFunctions(), slot: index };
  }

  boot(): void {
    if (this.up || this.off) return;
    this.up = true;
    this.paused = false;
    this.life++;
    const { simulation } = this.#around;
    this.bootedMs = simulation.nowMs;
    this.sentMs = undefined;
    const isFirst = this.life === 1;
    this.cause = this.#around.recorded;
    this.#around.mark(isFirst ? 'boot' : 'restart', this, this.life, () =>
      isFirst ? 'boots' : 'restarts',
    );
    this.#around.booted(this);
    const randomSeed = keyedBits(simulation.seed, Choice.nodeRandom, this.index, this.life, 0) | 0;
    this.#enter(() =>
      this.realm.api.boot(
        this.id,
        this.#around.peersOf(this.id),
        this.#around.methodsOf(this.id),
        randomSeed,
      ),
    );
  }

  crash(): void {
    if (!this.up) return;
    const { simulation } = this.#around;
    this.up = false;
    this.paused = false;
    this.#doomed = false;
    this.crashPoint = undefined;
    for (const timer of this.#timers.values()) timer.cancel();
    for (const timeout of this.#timeouts.values()) timeout.cancel();
    this.#timers.clear();
    this.#timeouts.clear();
    this.#requests.clear();
    this.origins.clear();
    this.#held = [];
    // What the disk was doing may have reached the platter, or not: it counts as unsynced.
    if (this.crashMode !== 'lose')
      for (const request of this.#diskRequests) performUnsynced(this.disk, request);
    this.#diskRequests = [];
    this.#diskFreeUs = 0;
    this.cpu.clear();
    const life = this.life * 64;
    const { lost, undone } = this.disk.crash(this.crashMode, (question) =>
      keyed(simulation.seed, Choice.tornWrite, this.index, life, question),
    );
    this.#around.mark('crash', this, lost, () => {
      const operations = `${lost} unsynced disk operation${lost === 1 ? '' : 's'} lost or torn`;
      const names = `the directory was not synced: ${undone.join(', ')} as before`;
      return ['crashes', lost > 0 && operations, undone.length > 0 && names]
        .filter(Boolean)
        .join('; ');
    });
    this.#around.crashed(this);
  }

  pause(): void {
    if (!this.up || this.paused) return;
    this.paused = true;
    this.#around.mark('pause', this, 0, () => 'is paused');
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const held = this.#held;
    this.#around.mark(
      'resume',
      this,
      held.length,
      () => `resumes; ${held.length || 'no'} ${held.length === 1 ? 'event' : 'events'} waited`,
    );
    this.#held = [];
    const { life } = this;
    for (const event of held) this.#around.simulation.schedule(0, () => this.deliver(life, event));
  }

  /** Runs `event` on the process if it still lives that life; a paused one gets it later. */
  deliver(life: number, event: () => void): void {
    if (!this.up || this.life !== life) return;
    if (this.paused) this.#held.push(event);
    else this.#enter(event);
  }

  /** Calls a method of the node now. Undefined when it is down or paused. */
  invoke(method: string, args: readonly unknown[]): unknown {
    if (!this.up || this.paused) return undefined;
    let result: unknown;
    // A call without arguments is a question of the scenario's own, often asked after every event.
    if (args.length > 0) this.#tellCall(method, args);
    this.#enter(() => {
      result = this.realm.api.invoke(method, JSON.stringify(args));
    });
    return result;
  }

  request(method: string, args: readonly unknown[], done: (outcome: RequestOutcome) => void): void {
    if (!this.up || this.paused) return;
    const token = this.#nextToken++;
    this.#requests.set(token, { method, done });
    this.#tellCall(method, args, token);
    this.#enter(() => this.realm.api.request(method, JSON.stringify(args), token));
  }

  #tellCall(method: string, args: readonly unknown[], call?: number): void {
    if (!this.#around.keepsTrace) return;
    this.cause = this.#around.recorded;
    const words = () => `${method}(${args.map((value) => JSON.stringify(value)).join(', ')})`;
    const facts = { called: { method, args }, ...(call === undefined ? {} : { call }) };
    this.#around.tell('call', this, words, facts);
  }

  #tellReturn(method: string, call: number, answered: { ok: boolean; value: unknown }): void {
    if (!this.#around.keepsTrace) return;
    const words = () => {
      const value = JSON.stringify(answered.value);
      if (!answered.ok) return `${method} rejects with ${value}`;
      return `${method} resolves${value === undefined ? '' : ` to ${value}`}`;
    };
    this.#around.tell('return', this, words, { call, answered, cause: this.cause });
  }

  inspect(): unknown {
    if (!this.up) return undefined;
    // Somebody may ask while another node of this realm is in the middle of something.
    const before = this.realm.attach(this.#tenant);
    const state = this.realm.api.inspect();
    if (before !== undefined) this.realm.attach(before);
    return state;
  }

  addOrigin(origin: Origin): number {
    const token = this.#nextToken++;
    this.origins.set(token, origin);
    return token;
  }

  /** Begins to wait for the reply to a call of this life. */
  startTimeout(callId: number, timeoutMs: number, method: string, peer: NodeId): void {
    const { life } = this;
    const event = this.#around.simulation.schedule(this.clock.toSimulationUs(timeoutMs), () => {
      this.#timeouts.delete(callId);
      this.deliver(life, () => {
        this.cause = this.#around.recorded;
        this.#around.tell('timeout', this, () => `${method} to ${peer} times out`);
        this.realm.api.timeOut(callId);
      });
    });
    this.#timeouts.set(callId, event);
  }

  stopTimeout(callId: number): void {
    this.#timeouts.get(callId)?.cancel();
    this.#timeouts.delete(callId);
  }

  /** Runs a piece of the submission, with all its microtasks. */
  #enter(run: () => void): void {
    if (this.running !== '') throw new Error(`${this.id} was entered while it ran ${this.running}`);
    this.running = 'an event';
    this.realm.attach(this.#tenant);
    run();
    this.realm.drain();
    this.running = '';
    if (this.#doomed) this.crash();
    this.#around.stepped(this);
  }

  /** Counts down to the crash point; true when this was it. */
  #passes(boundary: CrashPoint['boundary'], method?: string): boolean {
    this.passed[boundary]++;
    const point = this.crashPoint;
    if (point === undefined || point.boundary !== boundary) return false;
    if (point.method !== undefined && point.method !== method) return false;
    return --point.remaining <= 0;
  }

  #hostFunctions(): HostFunctions {
    const { simulation } = this.#around;
    const life = () => this.life;
    const send: HostFunctions['send'] = (peer, method, args, callId, timeoutMs) => {
      if (this.#doomed) return '';
      // Frames of the grader are left out, so that Node's limit counts only those of the submission.
      if (this.#around.keepsStacks) {
        this.site = {};
        Error.captureStackTrace(this.site, send);
      }
      const problem = this.#around.sendRequest(this, peer, method, args, callId, timeoutMs);
      this.site = undefined;
      if (problem === '' && this.#passes('send', method)) this.#doomed = true;
      return problem;
    };
    return {
      wallMs: () => this.clock.wallMs(simulation.nowUs),
      monotonicMs: () => this.clock.monotonicMs(simulation.nowUs),
      setTimer: (id, delayMs) => this.#setTimer(life(), id, delayMs),
      clearTimer: (id) => {
        this.#timers.get(id)?.cancel();
        this.#timers.delete(id);
      },
      send,
      reply: (token, value) => {
        const origin = this.origins.get(token);
        this.origins.delete(token);
        if (origin === undefined || this.#doomed) return '';
        const problem = this.#around.sendReply(this, origin, value);
        if (problem === '' && this.#passes('send', `${origin.method}.reply`)) this.#doomed = true;
        return problem;
      },
      disk: (operation, kind, file, data, size) => {
        if (!this.#doomed) this.#startDisk(life(), { operation, kind, file, data, size });
      },
      work: (operation, costMs) => {
        if (this.#doomed) return;
        const worker = life();
        this.cpu.offer(costMs * 1000, () => {
          this.deliver(worker, () => {
            this.#around.mark('work', this, operation, () => `has worked for ${costMs} ms`);
            this.realm.api.workDone(operation);
          });
        });
      },
      emit: (name, value) => {
        if (!this.#doomed) this.#around.emitted(this, name, value);
      },
      answer: (token, ok, value, stack) => {
        const request = this.#requests.get(token);
        this.#requests.delete(token);
        if (this.#doomed || request === undefined) return;
        this.#tellReturn(request.method, token, { ok, value });
        const where = this.#around.placeOf(stack);
        request.done(ok ? { ok, value } : { ok, error: String(value), where });
      },
      log: (text) => {
        if (++this.#logLines > LOG_LINES_MAX) return;
        this.#around.mark('log', this, text.length, () => text);
      },
      failed: (kind, doing, text, stack) => {
        if (!this.#doomed) this.#around.programFailed(this, kind, doing, text, stack);
      },
    };
  }

  #setTimer(life: number, id: number, delayMs: number): void {
    if (this.#timers.size >= TIMERS_MAX) {
      this.#around.programFailed(
        this,
        'contract',
        'setTimeout',
        `more than ${TIMERS_MAX} timers are waiting`,
        '',
      );
      return;
    }
    const event = this.#around.simulation.schedule(this.clock.toSimulationUs(delayMs), () => {
      this.deliver(life, () => {
        this.#timers.delete(id);
        this.cause = this.#around.recorded;
        this.#around.mark('timer', this, id, () => 'a timer fires');
        this.realm.api.fireTimer(id);
      });
    });
    this.#timers.set(id, event);
  }

  /** Operations of one disk are served one after another, in the order of the calls. */
  #startDisk(life: number, request: DiskRequest): void {
    const { simulation } = this.#around;
    const isSync = request.kind === 'fsync' || request.kind === 'fsyncDirectory';
    if (isSync) this.#around.fsync(this, 'begin');
    const baseMs = isSync ? this.diskProfile.fsyncMs : this.diskProfile.writeMs;
    const spread = keyed(
      simulation.seed,
      Choice.diskLatency,
      this.index,
      this.life,
      this.#diskOrdinal++,
    );
    const startUs = Math.max(this.#diskFreeUs, simulation.nowUs);
    const tookMs = this.diskFactor * baseMs * (0.6 + 0.8 * spread);
    this.#diskFreeUs = startUs + Math.round(tookMs * 1000);
    this.#diskRequests.push(request);
    const { cause } = this;
    simulation.schedule(this.#diskFreeUs - simulation.nowUs, () => {
      if (!this.up || this.life !== life) return;
      this.#diskRequests.shift();
      this.#finishDisk(life, request, isSync, cause);
    });
  }

  #finishDisk(
    life: number,
    request: DiskRequest,
    isSync: boolean,
    cause: number | undefined,
  ): void {
    const { error, data } = perform(this.disk, request);
    const record = this.#around.recorded;
    const words = () => wordsOf(request, error);
    const detail = request.data.length + (error === '' ? 0 : 1);
    this.#around.mark('disk', this, detail, words, { cause });
    if (isSync && error === '') this.#around.fsync(this, 'done');
    const boundary = isSync ? 'fsync' : 'write';
    if (request.kind !== 'read' && request.kind !== 'list' && this.#passes(boundary)) {
      this.crash();
      this.#around.stepped(this);
      return;
    }
    this.deliver(life, () => {
      this.cause = record;
      this.realm.api.diskDone(request.operation, error, data);
    });
  }
}
