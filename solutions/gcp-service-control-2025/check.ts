/**
 * Judges requests by their policies. Policies are input: one that makes no sense is left out, and the one
 * before it stays in force. Where there is none, requests pass: nobody has forbidden them.
 */
import type { Policy, Request } from './contract.ts';

export class Check {
  readonly #perMinute = new Map<string, number>();

  constructor(policies: readonly Policy[]) {
    for (const policy of policies) this.update(policy);
  }

  update({ name, quota }: Policy): void {
    if (Number.isFinite(quota?.perMinute)) this.#perMinute.set(name, quota?.perMinute as number);
  }

  allows({ policy, usedThisMinute }: Request): boolean {
    const perMinute = this.#perMinute.get(policy);
    return perMinute === undefined || usedThisMinute < perMinute;
  }
}
