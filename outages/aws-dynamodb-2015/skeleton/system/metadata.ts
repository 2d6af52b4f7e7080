/**
 * The metadata service: it knows which server holds which partitions. An answer is put together from
 * its store and costs CPU time, the more the larger the membership. Which questions it answers, and in
 * which order, is `Admission`'s.
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

  /** The grader's: the run begins, or something about it changes. */
  configure(settings: Settings): void {
    this.#settings = settings;
  }

  /** The grader's: one more CPU, and a worker on it. */
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

  /** A question that is turned away is never answered: who asked will notice. */
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
