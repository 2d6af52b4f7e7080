/**
 * Which questions the metadata service answers, and in which order: as it was on 20 September 2015.
 * Yours to repair in part F; part R always runs on this version.
 */
import type { Question } from './contract.ts';

const LINE_MAX = 1000;

export class Admission<Q extends Question> {
  readonly #line: Q[] = [];

  /** A question has arrived. What is not kept here is never answered. */
  offer(question: Q): void {
    if (this.#line.length < LINE_MAX) this.#line.push(question);
  }

  /** A CPU is free: the question to answer now, or undefined when there is none. */
  next(): Q | undefined {
    return this.#line.shift();
  }
}
