/**
 * The metadata service: it knows which server holds which partitions. An answer is put together from
 * its store and costs CPU time, more for a larger membership. `Admission` decides which questions it
 * answers, and in which order.
 */
import { Admission } from '../admit.ts';
import type { MetadataContext, Question, Settings } from '../contract.ts';

interface Waiting extends Question {
  readonly answer: () => void;
}

export class Metadata {
  readonly #node: MetadataContext;
  readonly #admission: Admission<Waiting> = new Admission();
  #settings: Settings = { renewEveryMs: 0, answerMs: 0, receiveMs: 0 };
  /** Workers that found nothing to do. */
  #idle: (() => void)[] = [];

  constructor(node: MetadataContext) {
    this.#node = node;
    node.serve('membership', ({ waitMs }, from) => this.#receive(from, waitMs));
  }

  /** Called by the grader: the run begins, or something about it changes. */
  configure(settings: Settings): void {
    this.#settings = settings;
  }

  /** Called by the grader: one more CPU, and a worker on it. */
  async work(): Promise<void> {
    for (;;) {
      const question = this.#admission.next();
      if (question === undefined) await new Promise<void>((resume) => this.#idle.push(resume));
      else {
        await this.#node.work(this.#settings.answerMs);
        question.answer();
      }
    }
  }

  /** A question that is turned away is never answered: the server that asked will notice. */
  async #receive(from: string, waitMs: number): Promise<{ partitions: number }> {
    const arrivedAtMs = Date.now();
    await this.#node.work(this.#settings.receiveMs);
    await new Promise<void>((answer) => {
      this.#admission.offer({ from, arrivedAtMs, waitMs, answer });
      this.#idle.pop()?.();
    });
    return { partitions: 40 };
  }
}
