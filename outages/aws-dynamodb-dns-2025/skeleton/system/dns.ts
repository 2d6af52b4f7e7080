/**
 * The DNS service: plans, and which plan each endpoint has. A record refers to its plan, so deleting a
 * plan takes the addresses of every endpoint that still has it. Each request is one transaction.
 */
import type { Change, ChangeOutcome, DnsContext, Plan } from '../contract.ts';

export const ENDPOINTS: readonly string[] = Array.from(
  { length: 12 },
  (_, i) => `endpoint-${i + 1}`,
);

export class DnsService {
  readonly #node: DnsContext;
  readonly #plans = new Set<Plan>([1]);
  readonly #records = new Map<string, Plan>(ENDPOINTS.map((endpoint) => [endpoint, 1]));
  #newest: Plan = 1;
  #lease = { token: 0, holder: '', untilMs: 0 };

  constructor(node: DnsContext) {
    this.#node = node;
    node.serve('publish', () => this.#publish());
    node.serve('plans', () => [...this.#plans]);
    node.serve('record', ({ endpoint }) => ({ plan: this.#records.get(endpoint) ?? 0 }));
    node.serve('change', (change, from) => this.#change(change, from));
    node.serve('remove', ({ plan, token }, from) => {
      if (this.#isFenced(token)) return 'fenced';
      this.removePlan(plan, from);
      return 'done';
    });
    node.serve('lease', ({ forMs }, from) => this.#giveLease(forMs, from));
  }

  /** Also called by the grader, for somebody at a console. */
  removePlan(plan: Plan, by: string): void {
    if (this.#plans.delete(plan)) this.#node.emit('removed', { plan, by });
  }

  /** Called by the grader: somebody at a console puts the newest plan in place, everywhere. */
  repairByHand(): void {
    for (const endpoint of ENDPOINTS) {
      this.#records.set(endpoint, this.#newest);
      this.#node.emit('changed', { endpoint, plan: this.#newest, by: 'console' });
    }
  }

  #publish(): Plan {
    this.#plans.add(++this.#newest);
    this.#node.emit('published', { plan: this.#newest });
    return this.#newest;
  }

  #change(change: Change, by: string): ChangeOutcome {
    const { endpoint, plan } = change;
    const outcome = this.#outcomeOf(change);
    if (outcome !== 'done') {
      this.#node.emit('refused', { endpoint, outcome, by });
      return outcome;
    }
    this.#records.set(endpoint, plan);
    this.#node.emit('changed', { endpoint, plan, by });
    return 'done';
  }

  #outcomeOf({ endpoint, plan, ifPlan, token, repair = false }: Change): ChangeOutcome {
    const current = this.#records.get(endpoint) ?? 0;
    if (this.#isFenced(token)) return 'fenced';
    if (!this.#plans.has(plan)) return 'no-such-plan';
    if (ifPlan !== undefined && ifPlan !== current) return 'changed';
    return this.#plans.has(current) || repair ? 'done' : 'inconsistent';
  }

  #isFenced(token: number | undefined): boolean {
    return token !== undefined && token < this.#lease.token;
  }

  #giveLease(forMs: number, holder: string): number | null {
    const now = Date.now();
    const isTaken = now < this.#lease.untilMs && this.#lease.holder !== holder;
    if (isTaken) return null;
    this.#lease = { token: this.#lease.token + 1, holder, untilMs: now + forMs };
    return this.#lease.token;
  }
}
