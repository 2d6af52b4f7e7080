/**
 * Kills node processes that do not return or that grow without bound. The simulating thread waits for
 * them in a blocking read and cannot look at a clock; this thread does nothing else.
 */
import { Worker } from 'node:worker_threads';
import { NodeGone } from './gone.ts';

export interface WatchdogLimits {
  /** CPU time that one call may take; on a busy machine it takes longer than that by the clock. */
  readonly callMs: number;
  readonly rssBytes: number;
}

/** Indexes into the shared memory. */
const CALL = 0;
const PID = 1;
const REASON = 2;
const HANGS = 1;
const MEMORY = 2;
/** Real time allowed, as a multiple of `callMs`: the process may get no CPU. */
const PATIENCE = 20;

const THREAD = `
const { workerData: { memory, callMs, rssBytes } } = require('node:worker_threads');
const { readFileSync } = require('node:fs');
const shared = new Int32Array(memory);
const resident = (pid) => {
  try { return Number(readFileSync('/proc/' + pid + '/statm', 'utf8').split(' ')[1]) * 4096; }
  catch { return 0; }
};
// In ticks of 10 ms; where it cannot be read, real time has to do.
const cpuMs = (pid) => {
  try {
    const [user, system] = readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ').pop().split(' ').slice(11, 13);
    return (Number(user) + Number(system)) * 10;
  } catch { return Date.now(); }
};
let last = 0, since = 0, sinceReal = 0;
for (;;) {
  Atomics.wait(shared, ${REASON} + 1, 0, 50);
  const call = Atomics.load(shared, ${CALL});
  const pid = Atomics.load(shared, ${PID});
  // Even: no call is in progress.
  if (call % 2 === 0 || pid === 0) { last = call; continue; }
  if (call !== last) { last = call; since = cpuMs(pid); sinceReal = Date.now(); }
  // A process that waits for ever uses no CPU time at all.
  const hangs = cpuMs(pid) - since > callMs || Date.now() - sinceReal > ${PATIENCE} * callMs;
  const reason = hangs ? ${HANGS} : resident(pid) > rssBytes ? ${MEMORY} : 0;
  if (reason === 0) continue;
  Atomics.store(shared, ${REASON}, reason);
  try { process.kill(-pid, 'SIGKILL'); } catch { try { process.kill(pid, 'SIGKILL'); } catch {} }
  last = call; since = cpuMs(pid); sinceReal = Date.now();
}`;

export class Watchdog {
  readonly #shared = new Int32Array(new SharedArrayBuffer(16));
  readonly #thread: Worker;
  readonly #limits: WatchdogLimits;

  constructor(limits: WatchdogLimits) {
    this.#limits = limits;
    const workerData = { memory: this.#shared.buffer, ...limits };
    this.#thread = new Worker(THREAD, { eval: true, workerData });
    this.#thread.unref();
  }

  /** A call into this process begins. */
  begin(pid: number): void {
    Atomics.store(this.#shared, PID, pid);
    Atomics.store(this.#shared, REASON, 0);
    Atomics.add(this.#shared, CALL, 1);
  }

  end(): void {
    Atomics.add(this.#shared, CALL, 1);
  }

  /** Why we killed the process during the present call, if we did. */
  reason(): NodeGone | undefined {
    const { callMs, rssBytes } = this.#limits;
    const reason = Atomics.load(this.#shared, REASON);
    if (reason === HANGS) return new NodeGone('hangs', `no return within ${callMs} ms`);
    if (reason !== MEMORY) return undefined;
    return new NodeGone('memory', `more than ${rssBytes / 1024 / 1024} MB`);
  }

  close(): void {
    void this.#thread.terminate();
  }
}
