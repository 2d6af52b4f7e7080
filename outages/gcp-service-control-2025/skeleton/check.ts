/**
 * Judges requests by their policies: as it was on 12 June 2025. Yours to repair in part F; part R always
 * runs on this version. What it throws crashes the task.
 */
import type { Policy, Request } from './contract.ts';

export class Check {
  readonly #policies = new Map<string, Policy>();

  constructor(policies: readonly Policy[]) {
    for (const policy of policies) this.update(policy);
  }

  /** A policy was read, for the first time or again. */
  update(policy: Policy): void {
    this.#policies.set(policy.name, policy);
  }

  /** Whether a request may pass. */
  allows({ policy, usedThisMinute }: Request): boolean {
    const quota = this.#policies.get(policy)?.quota as { perMinute: number };
    return usedThisMinute < quota.perMinute;
  }
}
