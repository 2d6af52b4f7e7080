/**
 * A place where work is done: some workers, and one line in front of them. Capacity is a number of
 * the simulation's: whoever has work done occupies a worker for that long, and nothing a program
 * does makes it shorter. The CPUs of a node are one; a database outside of all nodes can be another.
 *
 * The line is a ring of fixed growth and the end of service is the only event, so a job costs two
 * heap operations: overload labs have millions of them.
 */
import type { SimEvent } from './queue.ts';
import type { Simulation } from './simulation.ts';

export interface StationOptions {
  /** How many jobs are in service at one time. */
  readonly workers: number;
  /** How many may wait; what comes then is refused. @default no limit */
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
  /** Where the line begins: what is before has been taken out. */
  #head = 0;
  readonly #inService = new Set<SimEvent>();
  /** Work that has ended, in microseconds of one worker. */
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

  /** Finished work in milliseconds of one worker: over `workers` × time it is the utilisation. */
  get workedMs(): number {
    return this.#workedUs / 1000;
  }

  /**
   * More or fewer workers from now on; who is in service is served to the end.
   * @throws {RangeError} for less than one
   */
  resize({ workers, waitingMax }: Partial<StationOptions>): void {
    if (workers !== undefined) {
      if (!(workers >= 1)) throw new RangeError(`a station needs a worker, not ${workers}`);
      this.#workers = workers;
    }
    if (waitingMax !== undefined) this.#waitingMax = waitingMax;
    this.#admit();
  }

  /** A job: in service at once, or in the line; false when the line is full. */
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
      // Taken out in large pieces: `shift` on a long line would copy it for every job.
      if (this.#head < 1024 || this.#head * 2 < this.#line.length) continue;
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
  }
}
