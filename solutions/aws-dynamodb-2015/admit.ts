/**
 * Which questions the metadata service answers. An answer to somebody who has stopped waiting is work
 * for nobody: such questions are dropped unread, and the line is no longer than what can be answered in
 * time. The latter follows from the former, whatever an answer costs.
 */
import type { Question } from './contract.ts';

/** Set aside for the answer itself, and for its way back. */
const ANSWER_MS = 350;

export class Admission<Q extends Question> {
  readonly #line: Q[] = [];

  offer(question: Q): void {
    this.#line.push(question);
  }

  next(): Q | undefined {
    for (;;) {
      const question = this.#line.shift();
      if (question === undefined) return undefined;
      const waitedMs = Date.now() - question.arrivedAtMs;
      if (waitedMs + ANSWER_MS <= question.waitMs) return question;
    }
  }
}
