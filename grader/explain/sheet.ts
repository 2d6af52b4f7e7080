/** All questions of a lab about one submission: the same for the student and for whoever grades. */
import { isSimulated, type Lab, type SimulatedLab } from '../lab.ts';
import type { Verdict } from '../report/report.ts';
import type { Session } from '../session.ts';
import { type Explain, finish, idOf, type Question } from './question.ts';
import { RunRecord } from './record.ts';

export interface Sheet {
  readonly runs: readonly AskedRun[];
  readonly questions: readonly Question[];
  /** Makers that could not cope with a run, by the id of the question, and why: a fault of the lab. */
  readonly broken: readonly { readonly id: string; readonly why: string }[];
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
export function isExplained(lab: Lab): boolean {
  return isSimulated(lab) && runsOf(lab).length > 0;
}

function runsOf(lab: SimulatedLab): { explain: Explain; part?: string }[] {
  const counted = lab.parts.flatMap(({ id, explain }) =>
    (explain?.runs ?? []).map((run) => ({ explain: run, part: id })),
  );
  return [...(lab.explain ?? []).map((explain) => ({ explain })), ...counted];
}

/** Runs what the lab names, and whatever its questions need to know. Deterministic. */
export async function makeSheet(session: Session, lab: SimulatedLab): Promise<Sheet> {
  const runs: AskedRun[] = [];
  const questions: Question[] = [];
  const broken: { id: string; why: string }[] = [];
  for (const { explain, part } of runsOf(lab)) {
    const { scenario: id, seed = 1 } = explain;
    const scenario = lab.parts.flatMap((p) => p.scenarios).find((s) => s.id === id);
    if (scenario === undefined) throw new Error(`${lab.slug} explains ${id}, which is no scenario`);
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
  return { runs, questions, broken };
}
