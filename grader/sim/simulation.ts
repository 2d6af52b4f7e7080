/**
 * The discrete-event loop. Nothing happens between events, an event happens in no time, and the
 * order of events is decided by (virtual time, sequence) alone; so one seed gives one run.
 */
import { EventQueue, SimEvent } from './queue.ts';

/**
 * A run may not take more events than this (10,000 is typical) unless its lab says otherwise; a storm
 * is a verdict, not a hang.
 */
export const EVENTS_MAX = 200_000;

/** Events within one virtual microsecond before the run counts as stuck in time. */
const EVENTS_PER_INSTANT_MAX = 50_000;

/** Events between two pulses: few enough that a single slow event stands out. */
const EVENTS_PER_PULSE = 64;

/** The submission keeps the simulation busy without end. */
export class EventStorm extends Error {
  override readonly name = 'EventStorm';
}

export class Simulation {
  readonly seed: number;
  /** Virtual time in whole microseconds. */
  nowUs = 0;
  /** Events fired so far. */
  events = 0;
  readonly #eventsMax: number;
  readonly #pulse: (() => void) | undefined;
  readonly #queue = new EventQueue();
  #sequence = 0;
  #instantUs = 0;
  #instantEvents = 0;

  /** `pulse` is called now and then between events, as a sign that each of them ends. */
  constructor(seed: number, eventsMax = EVENTS_MAX, pulse?: () => void) {
    this.seed = seed;
    this.#eventsMax = eventsMax;
    this.#pulse = pulse;
  }

  /** Virtual time in milliseconds. */
  get nowMs(): number {
    return this.nowUs / 1000;
  }

  /** Fires `fire` after `delayUs` (rounded, at least 0). */
  schedule(delayUs: number, fire: () => void): SimEvent {
    const event = new SimEvent(
      this.nowUs + Math.max(0, Math.round(delayUs)),
      this.#sequence++,
      fire,
    );
    this.#queue.push(event);
    return event;
  }

  /**
   * Fires all events up to and including `untilUs`, where time then stands. Stops early, returning
   * true, as soon as `condition` holds after an event.
   */
  runUntil(untilUs: number, condition?: () => boolean): boolean {
    this.#pulse?.();
    for (;;) {
      const event = this.#queue.peek();
      if (event === undefined || event.atUs > untilUs) break;
      this.#queue.pop();
      const fire = event.fire;
      if (fire === undefined) continue;
      event.fire = undefined;
      this.#advance(event.atUs);
      fire();
      if (condition?.()) return true;
    }
    this.nowUs = Math.max(this.nowUs, untilUs);
    return false;
  }

  #advance(toUs: number): void {
    this.nowUs = toUs;
    if (++this.events % EVENTS_PER_PULSE === 0) this.#pulse?.();
    if (toUs !== this.#instantUs) {
      this.#instantUs = toUs;
      this.#instantEvents = 0;
    } else if (++this.#instantEvents > EVENTS_PER_INSTANT_MAX) {
      throw new EventStorm(`${EVENTS_PER_INSTANT_MAX} events without virtual time advancing`);
    }
    if (this.events > this.#eventsMax) {
      throw new EventStorm(`more than ${this.#eventsMax} events in one run`);
    }
  }
}
