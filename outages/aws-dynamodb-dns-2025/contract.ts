/**
 * The contract of the outage: plans, records, and what enactors can do to them; what a trigger may say.
 * Given; the grader uses its own copy.
 */
import type { NodeContext } from 'faultlab/node';

/** A plan is known by its number: higher is newer. It says where every endpoint points. */
export type Plan = number;

/** Where an endpoint points. When its plan has been deleted, it has no addresses. */
export interface DnsRecord {
  readonly plan: Plan;
}

/** What a change is conditional on. Everything is checked and done in one instant. */
export interface Condition {
  /** Only if the endpoint has this plan now. */
  readonly ifPlan?: Plan;
  /** Only if no newer lease than this token's has been given. */
  readonly token?: number;
}

export interface Change extends Condition {
  readonly endpoint: string;
  readonly plan: Plan;
  /**
   * A change takes away the addresses of the previous plan and puts the new ones in place. When that plan
   * is gone, nobody knows what to take away, and the change is refused; with `repair`, whatever is there
   * goes.
   */
  readonly repair?: boolean;
}

export type ChangeOutcome =
  | 'done'
  /** The plan to put in place does not exist, or no longer does. */
  | 'no-such-plan'
  /** The endpoint has no addresses, because its plan is gone. See {@link Change.repair}. */
  | 'inconsistent'
  /** A condition does not hold. */
  | 'changed'
  | 'fenced';

/** The RPCs of the DNS service, which keeps plans, records and leases. */
export interface DnsRpcs {
  /** Called by the planner. */
  publish(args: Record<string, never>): Plan;
  /** All plans that exist, oldest first. */
  plans(args: Record<string, never>): readonly Plan[];
  record(args: { readonly endpoint: string }): DnsRecord;
  change(args: Change): ChangeOutcome;
  remove(args: { readonly plan: Plan; readonly token?: number }): 'done' | 'fenced';
  /** A token higher than all before, or null while another enactor holds an unexpired lease. */
  lease(args: { readonly forMs: number }): number | null;
}

/** What the DNS service reports to the grader. */
export interface DnsOutputs {
  published: { readonly plan: Plan };
  changed: { readonly endpoint: string; readonly plan: Plan; readonly by: string };
  refused: { readonly endpoint: string; readonly outcome: ChangeOutcome; readonly by: string };
  removed: { readonly plan: Plan; readonly by: string };
}

export type DnsContext = NodeContext<DnsRpcs, DnsOutputs>;
export type DnsClientContext = NodeContext<DnsRpcs, Record<string, never>>;

/** The DNS service, as `Enactor` in `enact.ts` sees it. Each call takes 50–150 ms, there and back. */
export interface Dns {
  readonly endpoints: readonly string[];
  /** All plans that exist, oldest first. @throws {RpcError} no answer within 2 s; so do all below */
  plans(): Promise<readonly Plan[]>;
  record(endpoint: string): Promise<DnsRecord>;
  change(change: Change): Promise<ChangeOutcome>;
  remove(plan: Plan, token?: number): Promise<'done' | 'fenced'>;
  /** A token, or undefined while another enactor holds the lease. One's own lease is renewed. */
  lease(forMs: number): Promise<number | undefined>;
}

/** One thing that happens to the control plane. Virtual time. */
export type Disturbance =
  /**
   * From `atMs` on: as soon as this enactor, 1 … 3, has changed `afterChanges` endpoints to a plan, its
   * process stops. It goes on where it was, at the moment when all endpoints have a plan that is
   * `generations` newer.
   */
  | {
      readonly do: 'stall-enactor';
      readonly enactor: number;
      readonly afterChanges: number;
      readonly generations: number;
      readonly atMs: number;
    }
  /** The process of an enactor is killed, and started again. */
  | {
      readonly do: 'crash-enactor';
      readonly enactor: number;
      readonly atMs: number;
      readonly forMs: number;
    }
  /** No new plans. */
  | { readonly do: 'stop-planner'; readonly atMs: number; readonly forMs: number }
  /** Somebody deletes the plan that is in use. */
  | { readonly do: 'delete-plan'; readonly atMs: number };

/** What `trigger.ts` exports. */
export type Trigger = readonly Disturbance[];
