/**
 * What a scenario on real servers holds: the cluster, the submission, a workload, and claims. The
 * same script serves `lab test`, where the submission repairs, and `lab up`, where a person does.
 */

import type { Failure } from '../cluster/interface.ts';
import type { Isolation } from '../isolation.ts';
import type { NodeId } from '../node.ts';
import type { Loaded } from '../realm/load.ts';
import type { FindingKind, StoryEvent } from '../report/report.ts';
import { type Draw, Stream } from '../sim/prng.ts';
import type { PgServers } from './cluster.ts';
import { isDeed, type Place, type Request, requestWords } from './desk.ts';
import type { Members, MembersSpec } from './members.ts';
import { ProgramError } from './program.ts';
import type { PgServer } from './server.ts';
import { InfrastructureError, Overdue, waitFor, within } from './wait.ts';
import { CREATE_TABLE, compare, TABLE, Workload, type WorkloadOptions } from './workload.ts';

export type { PgServer, PgServers };

/** The submission, in a process of its own. */
export interface Submission {
  has(name: string): boolean;
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  readonly lastRequest: string | undefined;
  signal(name: NodeJS.Signals): void;
  close(): Promise<void>;
}

/** Where a controller runs. */
export type Post = Place & { readonly leaseMs: number };

/** A broken rule of a run on servers; `kind` is `safety` when absent. */
export type Broken = Omit<Failure, 'kind'> & { readonly kind?: FindingKind };

/** Ends a run as failed. */
export class Failed extends Error {
  override readonly name = 'Failed';
  readonly failure: Failure;
  constructor({ kind = 'safety', ...rest }: Broken) {
    super(rest.evidence);
    this.failure = { kind, ...rest };
  }
}

/** One line of the record of a run. */
export interface RecordLine extends StoryEvent {
  /** Worth a place in a story: faults, claims, and what the submission changed. */
  readonly isTold: boolean;
}

export interface CallOptions {
  /** Real time, and generous: only a call that never ends reaches this bound. @default 60000 */
  readonly withinMs?: number;
}

export interface DrillOptions {
  readonly seed: number;
  readonly cluster: PgServers;
  /** Starts a process with the submission in it; beside all servers when no `post` is given. */
  readonly open: (onRequest: (request: Request) => void, post?: Post) => Promise<Submission>;
  /** The bundle of the store, for labs that have one. */
  readonly store?: Loaded | undefined;
  /** @default 'home' */
  readonly isolation?: Isolation | undefined;
  /** Instead of the submission's `repair`: waits until a person says that it is done. */
  readonly byHand?: (() => Promise<void>) | undefined;
}

const REPAIR_WITHIN_MS = 60_000;
const EVENTUALLY_WITHIN_MS = 15_000;

export class Drill {
  readonly seed: number;
  /** Seeded chance: which node, which table, how much. */
  readonly draw: Draw;
  readonly cluster: PgServers;
  /** Has the submission, or a person, touched the servers yet? Before that, any trouble is ours. */
  hasActed = false;
  readonly record: RecordLine[] = [];
  /** How many statements and operations the submission has sent to each node. */
  readonly requests = new Map<NodeId, number>();
  readonly notes: string[] = [];
  readonly store: Loaded | undefined;
  readonly isolation: Isolation;
  readonly #startMs = performance.now();
  readonly #open: DrillOptions['open'];
  readonly #byHand: (() => Promise<void>) | undefined;
  #submission: Submission | undefined;
  readonly #atEnd: (() => Promise<unknown>)[] = [];

  constructor({ seed, cluster, open, byHand, store, isolation = 'home' }: DrillOptions) {
    this.store = store;
    this.isolation = isolation;
    this.seed = seed;
    this.draw = new Stream(seed);
    this.cluster = cluster;
    this.#open = open;
    this.#byHand = byHand;
  }

  get nowMs(): number {
    return performance.now() - this.#startMs;
  }

  node(name: NodeId): PgServer {
    return this.cluster.node(name);
  }

  /** A line of the story: a fault, a step of the script. */
  note(text: string): void {
    this.#line(text, true);
  }

  /** A line that stands below the result: a measurement. */
  tell(line: string): void {
    this.notes.push(line);
  }

  #line(text: string, isTold: boolean): void {
    this.record.push({ atMs: this.nowMs, text, isTold });
  }

  /** What the submission prints. */
  heard(text: string): void {
    for (const line of text.split('\n')) this.#line(`runbook says: ${line}`, false);
  }

  /** The submission's process, started when it is first asked for. */
  async submission(): Promise<Submission> {
    this.#submission ??= await this.open();
    return this.#submission;
  }

  /** Another process with the submission in it: a controller, at its post. */
  open(post?: Post): Promise<Submission> {
    return this.#open((request) => {
      const { node } = request;
      this.requests.set(node, (this.requests.get(node) ?? 0) + 1);
      const words = requestWords(request);
      this.#line(post && node === 'store' ? `${post.node}, ${words}` : words, isDeed(request));
    }, post);
  }

  /** Calls an exported function of the submission: `fn(cluster, ...args)`. */
  async call<T = unknown>(
    name: string,
    args: readonly unknown[] = [],
    { withinMs = REPAIR_WITHIN_MS }: CallOptions = {},
  ): Promise<T> {
    let submission: Submission | undefined;
    try {
      submission = await this.submission();
      this.hasActed = true;
      return (await within(name, withinMs, submission.call(name, ...args))) as T;
    } catch (error) {
      const last = submission?.lastRequest;
      const doing = last === undefined ? '' : `; the last thing it did: ${last}`;
      if (error instanceof ProgramError) {
        throw new Failed({
          kind: error.hasWaited ? 'liveness' : 'crash',
          ruleId: 'runbook-throws',
          rule: 'A runbook finishes without an error (handout, The contract)',
          evidence: `${name} ${error.where ? `threw at ${error.where}` : 'failed'}: ${error.message}${doing}`,
          lookAt: 'what did the server answer, and was the step before it really done?',
        });
      }
      if (!(error instanceof Overdue)) throw error;
      throw new Failed({
        kind: 'liveness',
        ruleId: 'runbook-hangs',
        rule: 'A runbook finishes in time (handout, The contract)',
        evidence: `${name} had not returned after ${withinMs / 1000} s${doing}`,
        lookAt: 'what is it waiting for, and who could end that wait?',
      });
    }
  }

  /** The submission's `repair`; in `lab up`, a person. */
  async repair(): Promise<void> {
    if (this.#byHand) {
      this.hasActed = true;
      await this.#byHand();
      this.note('a person says that the repair is done');
      return;
    }
    await this.call('repair');
    this.note('repair returned');
  }

  /** Starts clients that write until the end, or until `stop`. */
  async workload(options: WorkloadOptions): Promise<Workload> {
    await this.node(options.at ?? this.cluster.primary.name).sql(CREATE_TABLE);
    const workload = new Workload(this.cluster.links, options);
    this.atEnd(() => workload.stop());
    return workload;
  }

  /** Starts a store, and the submission's controller on each machine. */
  async members(spec: MembersSpec): Promise<Members> {
    const { Members } = await import('./members.ts');
    return Members.start(this, spec);
  }

  /** The claim that a node holds all that was acknowledged, and nothing that was refused. */
  async expectKept(workload: Workload, node: NodeId, lookAt?: string): Promise<void> {
    const rows = await this.node(node).sql<{ id: number }>(`SELECT id FROM ${TABLE}`);
    const { writes } = workload;
    const { lost, refused, strange } = compare(
      writes,
      rows.map(({ id }) => id),
    );
    const ok = workload.acknowledged;
    const [first, last] = [lost[0], lost.at(-1)];
    this.expect(lost.length === 0, {
      ruleId: 'acknowledged-lost',
      rule: 'What a client was told is committed stays (handout, The contract)',
      evidence: `${lost.length} of ${ok} acknowledged writes are not on ${node}: number ${first?.id} (acknowledged by ${first?.node} at ${inSeconds(first?.answeredAtMs)} s of the workload) to ${last?.id} (${inSeconds(last?.answeredAtMs)} s)`,
      ...(lookAt === undefined ? {} : { lookAt }),
    });
    const [no] = refused;
    this.expect(refused.length === 0, {
      ruleId: 'refused-there',
      rule: 'What a client was told has failed does not appear (handout, The contract)',
      evidence: `${refused.length} writes that were refused are on ${node}, such as number ${no?.id} (refused by ${no?.node} at ${inSeconds(no?.answeredAtMs)} s of the workload: ${no?.said})`,
      lookAt: 'from which node could this row have come?',
    });
    this.expect(strange.length === 0, {
      ruleId: 'strange-rows',
      rule: 'The table has what the clients have written, once (handout, The contract)',
      evidence: `${strange.length} rows on ${node} are there twice, or no client of this run asked for them, such as number ${strange[0]}`,
      lookAt: 'what else has written to this table, or was it put together from two copies?',
    });
  }

  expect(holds: boolean, failure: Broken): void {
    if (!holds) throw new Failed(failure);
  }

  fail(failure: Broken): never {
    throw new Failed(failure);
  }

  /** A demand with a deadline: `ask` becomes true in time, or the run fails with what is true then. */
  async eventually(
    ask: () => Promise<boolean>,
    failure: Omit<Broken, 'evidence'> & { evidence: () => string | Promise<string> },
    { withinMs = EVENTUALLY_WITHIN_MS } = {},
  ): Promise<void> {
    try {
      await waitFor(failure.ruleId, ask, { withinMs, everyMs: 25 });
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      const evidence = `${await failure.evidence()}, ${withinMs / 1000} s later`;
      throw new Failed({ kind: 'liveness', ...failure, evidence });
    }
  }

  /**
   * A fault that must really have struck, or anything else that the script takes for granted. If it
   * does not come true, the run proves nothing: undecided.
   */
  async assume(
    what: string,
    ask: () => Promise<boolean>,
    { withinMs = EVENTUALLY_WITHIN_MS, seen }: { withinMs?: number; seen?: () => string } = {},
  ): Promise<void> {
    try {
      await waitFor(what, ask, { withinMs, ...(seen ? { seen } : {}) });
    } catch (error) {
      if (this.hasActed && !(error instanceof Overdue)) throw error;
      throw new InfrastructureError(`${(error as Error).message}`);
    }
  }

  /** Called when the run is over, however it ends: for what a script has started on the side. */
  atEnd(action: () => Promise<unknown>): void {
    this.#atEnd.push(action);
  }

  /** Ends the clients that still run. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#atEnd.map((action) => action()));
  }
}

const inSeconds = (ms = 0) => (ms / 1000).toFixed(3);
