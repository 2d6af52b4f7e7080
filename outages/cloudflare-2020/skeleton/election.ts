/**
 * When a member campaigns, whose request for a vote it reads, and when it stops leading: as in Figure 2.
 * Yours to repair in part F; part R always runs on this version.
 */
import type { RequestVoteArgs, Rules, Self } from './contract.ts';

export class Election implements Rules {
  readonly timeoutMs: readonly [number, number] = [1000, 2000];
  readonly #self: Self;

  constructor(self: Self) {
    this.#self = self;
  }

  onTimeout(): void {
    this.#self.campaign();
  }

  considers(_args: RequestVoteArgs, _from: string): boolean {
    return true;
  }

  onHeartbeat(): void {}

  answer(_question: unknown, _from: string): unknown {
    return null;
  }
}
