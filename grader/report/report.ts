/**
 * The one value that every output format is made from. Plain data: what `lab test --json` prints is
 * this, and what a course stores is this. Data flows one way: seed results make a scenario result,
 * these a part result, these a Report; nothing here is computed twice.
 */

/** Undecided is the grader's or the machine's fault, and is never scored as a pass. */
export type Verdict = 'passed' | 'failed' | 'undecided';

/** What kind of thing went wrong; decides the wording, never the score. */
export type FindingKind =
  | 'safety' /* a rule that must always hold was broken */
  | 'liveness' /* something that must happen in time did not */
  | 'crash' /* the submission threw */
  | 'contract' /* the submission used the API, or answered, in a way the contract forbids */
  | 'runaway'; /* endless loop, storm of messages or timers, memory */

/** One moment of a story. */
export interface StoryEvent {
  /** Virtual time since the start of the run, in milliseconds. */
  readonly atMs: number;
  readonly text: string;
}

/** What a client asked and was told, in words and times. */
export interface ToldOperation {
  readonly client: string;
  /** Virtual milliseconds. */
  readonly callAtMs: number;
  /** Absent when it was never answered. */
  readonly returnAtMs?: number;
  readonly text: string;
  readonly isCulprit?: true;
}

/** What was found wrong in one run: the first broken rule of that run. */
export interface Finding {
  readonly kind: FindingKind;
  /** Stable name of the rule, for grouping, hints and shrinking: `election-safety`. */
  readonly ruleId: string;
  /** The rule in words with its source: `Election safety (Raft §5.2): at most one leader per term`. */
  readonly rule: string;
  /** What was seen, with names, times and values. */
  readonly evidence: string;
  /** The evidence drawn, in lines of at most 78 columns: operations over time, say. */
  readonly picture?: readonly string[];
  /** The operations of clients that are impossible together; the culprit is the one too many. */
  readonly core?: readonly ToldOperation[];
  /** One question that points at the concept, when the scenario or the rule has one. */
  readonly lookAt?: string;
  /** When it ended the run. */
  readonly atMs: number;
  /** The shortest story, at most six events. Filled in by the explainer. */
  readonly story?: readonly StoryEvent[];
}

/** One step of a scenario's plan: an operation or a fault, as data. Times are virtual. */
export interface Step {
  readonly atMs: number;
  readonly do: string;
  readonly [argument: string]: unknown;
}

/** Measurements over the virtual time of one run, and what happened when. */
export interface Chart {
  /** Interval between samples; the first is taken after one interval. */
  readonly everyMs: number;
  readonly rows: readonly {
    readonly name: string;
    /** `%`, `/s` or another short unit; '' for numbers of things. */
    readonly unit: string;
    readonly values: readonly number[];
    /** The row whose scale this one is drawn on. @default its own */
    readonly scaledAs?: string;
  }[];
  readonly marks: readonly { readonly atMs: number; readonly text: string }[];
}

/** The outcome of one scenario with one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly verdict: Verdict;
  readonly finding?: Finding;
  /** Why no verdict could be reached. */
  readonly undecided?: string;
  /** Hash of every event of the run, 16 hex digits. Same submission + same seed = same hash. */
  readonly traceHash: string;
  readonly virtualMs: number;
  /** Turns of the simulation, a measure of its work; a trace has several events a turn. */
  readonly events: number;
  /** Lines to print below the result, even of a run that passed. */
  readonly notes?: readonly string[];
  readonly chart?: Chart;
  /**
   * Of a run on real servers, which cannot be replayed. `record` is the folder with every step and the
   * servers' logs, when it was kept.
   */
  readonly onServers?: { readonly record?: string };
}

/** It had to be ended from outside, after seconds: each further seed is likely to take as long. */
export const isCutOff = ({ finding }: SeedResult) => finding?.kind === 'runaway';

/** A failing run, shrunk, with the plan that still shows the failure. */
export interface Shrunk {
  readonly plan: readonly Step[];
  readonly stepsBefore: number;
  readonly stepsAfter: number;
  /** Events of the trace: what a replay prints, and a page shows. */
  readonly eventsBefore: number;
  readonly eventsAfter: number;
  readonly runs: number;
  readonly finding: Finding;
  readonly traceHash: string;
}

export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  readonly points: number;
  readonly earned: number;
  readonly verdict: Verdict;
  readonly seedsRun: number;
  readonly seedsPassed: number;
  /** The first failing (or else undecided) seed in the order of the seed list. */
  readonly firstBad?: SeedResult;
  readonly shrunk?: Shrunk;
  /** Students see its title and the kind of failure only, whatever they see of others. */
  readonly hidden?: true;
  /** What a course shows instead of `firstBad`, when it does not show all (`detail.ts`). */
  readonly withheld?: { readonly kind: FindingKind | 'undecided'; readonly rule?: string };
  readonly virtualMs: number;
  readonly events: number;
  /** What the first seed has to report: measurements, how many crash points were swept. */
  readonly notes?: readonly string[];
  /** Of the first failing seed, or else of the first. */
  readonly chart?: Chart;
}

export interface PartResult {
  readonly id: string;
  readonly title: string;
  /** Blocked: a part that this one needs has earned nothing, so this one was not run. */
  readonly verdict: Verdict | 'blocked';
  readonly blockedBy?: string;
  readonly points: number;
  readonly earned: number;
  readonly scenarios: readonly ScenarioResult[];
  /** The share of the points that depends on questions; contained in `points` and `earned`. */
  readonly explain?: { readonly points: number; readonly earned: number };
}

/** A question about the student's own run, and what became of it. The right answer is not given here. */
export interface AnsweredQuestion {
  readonly id: string;
  readonly text: string;
  /** Outdated: answered for a version of the code for which the question was a different one. */
  readonly verdict: 'right' | 'wrong' | 'open' | 'outdated';
  /** The right answer, or else the last. */
  readonly answer?: string;
  /** Up to the right answer, or so far; 0 before the first try. */
  readonly tries: number;
}

/** A student's account of one run: its facts are checked, its prose is for people. */
export interface WriteUp {
  /** The scenario that it is about. */
  readonly run: string;
  readonly claims: readonly {
    readonly line: number;
    readonly kind: string;
    readonly text: string;
    /** What the run says instead; '' when the claim holds. */
    readonly wrong: string;
  }[];
  /** Lines with slots that are not filled in. */
  readonly open: readonly number[];
  /** Which claims it lacks, by their form. */
  readonly missing: readonly string[];
  readonly text: string;
}

/** `lab explain`: what the student knows of their own runs. Worth points only in parts that say so. */
export interface Explanation {
  /** The runs that questions are about; nothing is asked about those that do not pass. */
  readonly runs: readonly {
    readonly scenario: string;
    readonly title: string;
    readonly seed: number;
    readonly verdict: Verdict;
    readonly part?: string;
  }[];
  readonly questions: readonly AnsweredQuestion[];
  readonly writeUp?: WriteUp;
  /** Why a file could not be read. */
  readonly problem?: string;
}

/** A submission that could not be loaded: nothing was run. */
export interface BuildProblem {
  /** `raft.ts:12:5`, relative to the submission. */
  readonly where: string;
  readonly text: string;
  /** The offending source line, when known. */
  readonly line?: string;
  /** What to do instead. */
  readonly advice?: string;
}

export interface Report {
  readonly version: 1;
  readonly lab: string;
  readonly labTitle: string;
  /** SHA-256 of the submission's files, 16 hex digits. */
  readonly submission: string;
  readonly problems: readonly BuildProblem[];
  readonly parts: readonly PartResult[];
  readonly explain?: Explanation;
  readonly points: number;
  readonly earned: number;
  readonly verdict: Verdict;
}

/** 0 all passed, 1 something failed, 3 the grader or the machine is at fault. */
export function exitCodeOf(report: Pick<Report, 'verdict'>): 0 | 1 | 3 {
  if (report.verdict === 'undecided') return 3;
  return report.verdict === 'passed' ? 0 : 1;
}

/** A failure outweighs an undecided: the failure is certain. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.includes('undecided') ? 'undecided' : 'passed';
}
