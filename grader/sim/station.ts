/**
 * A place where work is done: some workers, and one line in front of them. The simulation sets the
 * capacity: a job occupies a worker for its service time, and nothing a program does makes that
 * shorter. The CPUs of a node are one station; a database outside all nodes can be another.
 *
 * The line is an array with a moving head and the end of service is the only event, so a job costs
 * two heap operations: overload labs have millions of them.
 */
import type { SimEvent } from './queue.ts';
import type { Simulation } from './simulation.ts';

export interface StationOptions {
  /** How many jobs are in service at the same time. */
  readonly workers: number;
  /** How many may wait; any more are refused. @default no limit */
  readonly waitingMax?: number;
}

interface Job {
  readonly serviceUs: number;
  readonly done: () => void;
}

export class Station {
  readonly #simulation: Simulation;
  #workers: number;
  #waitingMax: number;
  #line: Job[] = [];
  /** Where the line begins: the jobs before have left it. */
  #head = 0;
  readonly #inService = new Set<SimEvent>();
  /** Finished work, in worker-microseconds. */
  #workedUs = 0;
  #served = 0;
  #refused = 0;

  constructor(simulation: Simulation, { workers, waitingMax }: StationOptions) {
    this.#simulation = simulation;
    this.#workers = workers;
    this.#waitingMax = waitingMax ?? Number.POSITIVE_INFINITY;
  }

  /** Jobs in the line, without those in service. */
  get waiting(): number {
    return this.#line.length - this.#head;
  }

  get busy(): number {
    return this.#inService.size;
  }

  get workers(): number {
    return this.#workers;
  }

  /** Jobs that were done. */
  get served(): number {
    return this.#served;
  }

  /** Jobs that found the line full. */
  get refused(): number {
    return this.#refused;
  }

  /** Finished work, in worker-milliseconds: divided by `workers` × time it is the utilisation. */
  get workedMs(): number {
    return this.#workedUs / 1000;
  }

  /**
   * More or fewer workers from now on; jobs in service are finished.
   * @throws {RangeError} for fewer than one
   */
  resize({ workers, waitingMax }: Partial<StationOptions>): void {
    if (workers !== undefined) {
      if (!(workers >= 1)) throw new RangeError(`a station needs a worker, not ${workers}`);
      this.#workers = workers;
    }
    if (waitingMax !== undefined) this.#waitingMax = waitingMax;
    this.#admit();
  }

  /** Takes a job, into service at once or into the line; false when the line is full. */
  offer(serviceUs: number, done: () => void): boolean {
    const job = { serviceUs, done };
    if (this.#inService.size < this.#workers) this.#serve(job);
    else if (this.waiting < this.#waitingMax) this.#line.push(job);
    else {
      this.#refused++;
      return false;
    }
    return true;
  }

  /** Forgets all jobs, as a crash does. */
  clear(): void {
    for (const event of this.#inService) event.cancel();
    this.#inService.clear();
    this.#line = [];
    this.#head = 0;
  }

  #serve(job: Job): void {
    const event = this.#simulation.schedule(job.serviceUs, () => {
      this.#inService.delete(event);
      this.#workedUs += job.serviceUs;
      this.#served++;
      this.#admit();
      job.done();
    });
    this.#inService.add(event);
  }

  #admit(): void {
    while (this.waiting > 0 && this.#inService.size < this.#workers) {
      this.#serve(this.#line[this.#head++] as Job);
      // Trimmed in large pieces: `shift` on a long line would copy it for every job.
      if (this.#head < 1024 || this.#head * 2 < this.#line.length) continue;
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
  }
}
