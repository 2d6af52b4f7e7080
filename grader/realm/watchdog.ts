/**
 * Ends node processes that do not come back or grow without end. The thread that simulates waits for
 * them in a blocking read and cannot look at a clock; this one does nothing else.
 */
import { Worker } from 'node:worker_threads';
import { NodeGone } from './gone.ts';

export interface WatchdogLimits {
  /** CPU time that one call may take; on a busy machine that is longer than it seems. */
  readonly callMs: number;
  readonly rssBytes: number;
}

/** Places in the shared memory. */
const CALL = 0;
const PID = 1;
const REASON = 2;
const HANGS = 1;
const MEMORY = 2;
/** So many times as long in real time, for a process that is not let to run. */
const PATIENCE = 20;

const THREAD = `
const { workerData: { memory, callMs, rssBytes } } = require('node:worker_threads');
const { readFileSync } = require('node:fs');
const shared = new Int32Array(memory);
const resident = (pid) => {
  try { return Number(readFileSync('/proc/' + pid + '/statm', 'utf8').split(' ')[1]) * 4096; }
  catch { return 0; }
};
// In its 10 ms ticks; where it cannot be asked, real time has to do.
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
  // Even: no call is under way.
  if (call % 2 === 0 || pid === 0) { last = call; continue; }
  if (call !== last) { last = call; since = cpuMs(pid); sinceReal = Date.now(); }
  // Who waits for ever uses no time at all.
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

  /** Why the process was ended during the present call, if it was by us. */
  reason(): NodeGone | undefined {
    const { callMs, rssBytes } = this.#limits;
    const reason = Atomics.load(this.#shared, REASON);
    if (reason === HANGS) return new NodeGone('hangs', `not back after ${callMs} ms`);
    if (reason !== MEMORY) return undefined;
    return new NodeGone('memory', `more than ${rssBytes / 1024 / 1024} MB`);
  }

  close(): void {
    void this.#thread.terminate();
  }
}
