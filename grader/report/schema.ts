/**
 * The published shape of a Report, for whoever reads `lab grade --report json`: made into
 * `docs/report.schema.json` by `npm run docs`, and used to check reports that are read from files.
 * A new field of a Report is added here too, or the types do not fit; a field that changes its meaning,
 * or goes, makes a new `version`.
 */
import { z } from 'zod';
import type { Report } from './report.ts';

const verdict = z.enum(['passed', 'failed', 'undecided']);
const kind = z.enum(['safety', 'liveness', 'crash', 'contract', 'runaway']);
const count = z.int().nonnegative();
const ms = z.number().nonnegative().describe('Virtual milliseconds since the start of the run.');
const hash = z.string().describe('16 hex digits; empty when there was no whole run.');

const finding = z.strictObject({
  kind,
  ruleId: z.string().describe('Stable name of the rule, for grouping.'),
  rule: z.string().describe('The broken rule in words, with its source.'),
  evidence: z.string().describe('What was seen, with names, times and values.'),
  picture: z.array(z.string()).readonly().optional(),
  core: z
    .array(
      z.strictObject({
        client: z.string(),
        callAtMs: ms,
        returnAtMs: ms.optional().describe('Absent when it was never answered.'),
        text: z.string(),
        isCulprit: z.literal(true).optional(),
      }),
    )
    .readonly()
    .optional()
    .describe('The operations of clients that are impossible together.'),
  lookAt: z.string().optional(),
  atMs: ms,
  story: z
    .array(z.strictObject({ atMs: ms, text: z.string() }))
    .readonly()
    .optional(),
});

const chart = z
  .strictObject({
    everyMs: ms,
    rows: z
      .array(
        z.strictObject({
          name: z.string(),
          unit: z.string(),
          values: z.array(z.number()).readonly(),
          scaledAs: z.string().optional(),
        }),
      )
      .readonly(),
    marks: z.array(z.strictObject({ atMs: ms, text: z.string() })).readonly(),
  })
  .describe('Measurements over virtual time, one value for each `everyMs`.');

const seedResult = z.strictObject({
  seed: count,
  verdict,
  finding: finding.optional(),
  undecided: z.string().optional().describe('Why no verdict could be reached.'),
  traceHash: hash,
  virtualMs: ms,
  events: count.describe('Turns of the simulation.'),
  notes: z.array(z.string()).readonly().optional(),
  chart: chart.optional(),
  onServers: z
    .strictObject({ record: z.string().optional() })
    .optional()
    .describe('Of a run on real servers; the folder with its record, when that was kept.'),
});

const shrunk = z.strictObject({
  plan: z.array(z.looseObject({ atMs: z.number(), do: z.string() })).readonly(),
  stepsBefore: count,
  stepsAfter: count,
  eventsBefore: count.describe('Events of the trace, as a replay prints them.'),
  eventsAfter: count,
  runs: count,
  finding,
  traceHash: hash,
});

const scenarioResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  points: count,
  earned: count,
  verdict,
  seedsRun: count,
  seedsPassed: count,
  firstBad: seedResult.optional(),
  shrunk: shrunk.optional(),
  hidden: z
    .literal(true)
    .optional()
    .describe('Students see only its title and the kind of failure.'),
  withheld: z
    .strictObject({ kind: z.enum([...kind.options, 'undecided']), rule: z.string().optional() })
    .optional()
    .describe('Instead of firstBad, when a course does not show all.'),
  virtualMs: ms,
  events: count.describe('Turns of the simulation.'),
  notes: z.array(z.string()).readonly().optional(),
  chart: chart.optional(),
});

const partResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  verdict: z.enum([...verdict.options, 'blocked']),
  blockedBy: z.string().optional(),
  points: count,
  earned: count,
  scenarios: z.array(scenarioResult).readonly(),
  explain: z
    .strictObject({ points: count, earned: count })
    .optional()
    .describe('The share of the points that depends on questions; contained in points and earned.'),
});

const writeUp = z.strictObject({
  run: z.string().describe('The scenario that it is about.'),
  claims: z
    .array(
      z.strictObject({
        line: count,
        kind: z.string(),
        text: z.string(),
        wrong: z.string().describe('What the run says instead; empty when the claim holds.'),
      }),
    )
    .readonly(),
  open: z.array(count).readonly().describe('Lines with slots that are not filled in.'),
  missing: z.array(z.string()).readonly().describe('Which claims it lacks, by their form.'),
  text: z.string().describe('The whole, with the rubric, for people to read.'),
});

const explanation = z.strictObject({
  runs: z
    .array(
      z.strictObject({
        scenario: z.string(),
        title: z.string(),
        seed: count,
        verdict,
        part: z.string().optional(),
      }),
    )
    .readonly()
    .describe('The runs that questions are about; nothing is asked about those that do not pass.'),
  questions: z
    .array(
      z.strictObject({
        id: z.string(),
        text: z.string(),
        verdict: z.enum(['right', 'wrong', 'open', 'outdated']),
        answer: z.string().optional(),
        tries: count.describe('Up to the right answer, or so far; 0 before the first try.'),
      }),
    )
    .readonly(),
  writeUp: writeUp.optional(),
  problem: z.string().optional().describe('Why a file could not be read.'),
});

export const reportSchema = z.strictObject({
  version: z.literal(1),
  lab: z.string(),
  labTitle: z.string(),
  submission: z.string().describe('SHA-256 of the bundled submission, 16 hex digits.'),
  problems: z
    .array(
      z.strictObject({
        where: z.string().describe('file:line:column, relative to the submission.'),
        text: z.string(),
        line: z.string().optional(),
        advice: z.string().optional(),
      }),
    )
    .readonly()
    .describe('Why the submission does not build; nothing was run then.'),
  parts: z.array(partResult).readonly(),
  explain: explanation.optional().describe('What the student knows of their own runs.'),
  points: count,
  earned: count,
  verdict,
});

/** With no field optional: otherwise one that only one side has would go unnoticed. */
type Whole<T> = T extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Whole<T[Key]> }
    : T;
/** Neither may have what the other lacks. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
true satisfies Same<Whole<z.infer<typeof reportSchema>>, Whole<Report>>;

/** JSON Schema, draft 2020-12. */
export const reportJsonSchema = () => ({
  $id: 'faultlab/report/v1',
  title: 'Report of Faultlab',
  ...z.toJSONSchema(reportSchema),
});
