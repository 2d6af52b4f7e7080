/** All questions of a lab about one submission: the same for the student and for whoever grades. */
import { isSimulated, type Lab, type Scenario, type SimulatedLab } from '../lab.ts';
import type { Verdict, WriteUp } from '../report/report.ts';
import type { Session } from '../session.ts';
import { type Explain, finish, idOf, type Question } from './question.ts';
import { RunRecord } from './record.ts';
import { checkWriteUp, runNamed } from './write-up.ts';

export interface Sheet {
  readonly runs: readonly AskedRun[];
  readonly questions: readonly Question[];
  /** Makers that could not cope with a run, by the id of the question, and why: a fault of the lab. */
  readonly broken: readonly { readonly id: string; readonly why: string }[];
  /** Undefined when there is none, or none about a run that passes. */
  readonly writeUp?: WriteUp;
}

export interface AskedRun {
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  /** Nothing is asked about a run that does not pass. */
  readonly verdict: Verdict;
  /** The part whose points the answers earn. */
  readonly part?: string;
}

/** Whether there is anything to explain. */
export function isExplained(lab: Lab): lab is SimulatedLab {
  return isSimulated(lab) && runsOf(lab).length > 0;
}

/** The runs that a lab asks about, with their scenarios. */
export function explainedRuns(lab: SimulatedLab): { scenario: Scenario; seed: number }[] {
  return runsOf(lab).map(({ explain: { scenario, seed = 1 } }) => {
    return { scenario: scenarioOf(lab, scenario), seed };
  });
}

/** @throws {Error} when the lab has none by that name: its author's fault */
function scenarioOf(lab: SimulatedLab, id: string): Scenario {
  const scenario = lab.parts.flatMap((part) => part.scenarios).find((s) => s.id === id);
  if (scenario === undefined)
    throw new Error(`${lab.slug} explains ${id}, which is not a scenario`);
  return scenario;
}

function runsOf(lab: SimulatedLab): { explain: Explain; part?: string }[] {
  const counted = lab.parts.flatMap(({ id, explain }) =>
    (explain?.runs ?? []).map((run) => ({ explain: run, part: id })),
  );
  return [...(lab.explain ?? []).map((explain) => ({ explain })), ...counted];
}

/**
 * Runs what the lab names, and whatever else its questions and the write-up need. Deterministic.
 */
export async function makeSheet(
  session: Session,
  lab: SimulatedLab,
  writeUp?: string,
): Promise<Sheet> {
  const runs: AskedRun[] = [];
  const questions: Question[] = [];
  const broken: { id: string; why: string }[] = [];
  for (const { explain, part } of runsOf(lab)) {
    const { scenario: id, seed = 1 } = explain;
    const scenario = scenarioOf(lab, id);
    const run = await RunRecord.of(session, scenario, seed);
    const { verdict } = run.result;
    runs.push({ scenario: id, title: scenario.title, seed, verdict, ...(part ? { part } : {}) });
    if (verdict !== 'passed') continue;
    for (const maker of explain.questions) {
      try {
        const draft = await maker.make(run);
        const question = draft && finish(run, maker, draft);
        if (question !== undefined) questions.push(question);
      } catch (error) {
        broken.push({ id: idOf(run, maker), why: String((error as Error).stack ?? error) });
      }
    }
  }
  const checked = writeUp === undefined ? undefined : await writeUpOf(session, lab, runs, writeUp);
  return { runs, questions, broken, ...(checked ? { writeUp: checked } : {}) };
}

async function writeUpOf(
  session: Session,
  lab: SimulatedLab,
  runs: readonly AskedRun[],
  text: string,
): Promise<WriteUp | undefined> {
  const asked = runs.find(({ scenario }) => scenario === runNamed(text));
  if (asked === undefined || asked.verdict !== 'passed') return undefined;
  const run = await RunRecord.of(session, scenarioOf(lab, asked.scenario), asked.seed);
  return checkWriteUp(run, text);
}
