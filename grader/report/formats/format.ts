/**
 * One Report in the words of one platform: a pure function from the Report to the text of a file.
 * Nothing here reads a clock: the same submission, graded twice, gives the same bytes.
 */
import { createColors } from 'picocolors';
import { explanationLines } from '../explanation.ts';
import { plain } from '../plain.ts';
import type { PartResult, Report, ScenarioResult } from '../report.ts';
import { failureLines, problemLines, type Style } from '../terminal.ts';

/** What a platform wants to know and a Report does not say. All of it may be absent. */
export interface About {
  /** Of this grader. */
  readonly version: string;
  /** How students call the command: `npx lab`. */
  readonly command: string;
  /** Whose work it is. */
  readonly student?: string;
  /** When it was handed in (a commit's time, say): ISO 8601. */
  readonly submittedAt?: string;
  /** Facts of the platform, by its own names: CLASSROOM, OWNER, COMMIT_URL … */
  readonly platform?: Readonly<Record<string, string | undefined>>;
  /** Folder of the submission below the root of its repository, for annotations. */
  readonly folder?: string;
}

export interface Format {
  readonly name: string;
  /** The file that the platform looks for. */
  readonly file: string;
  /** Who reads it, for docs/courses.md. */
  readonly readers: string;
  /** @throws {MissingFact} when the platform needs a fact that `about` lacks */
  write(reports: readonly Report[], about: About): string;
}

/** A platform needs something that is not known. */
export class MissingFact extends Error {
  override readonly name = 'MissingFact';
}

/** Every scenario with its report and part, blocked ones too, in the order of the labs. */
export interface Row {
  readonly report: Report;
  readonly part: string;
  readonly id: string;
  readonly title: string;
  readonly points: number;
  readonly earned: number;
  readonly verdict: 'passed' | 'failed' | 'undecided' | 'blocked';
  readonly result?: ScenarioResult;
  /** Why it did not pass, as the terminal has it, without colour; empty when it passed. */
  readonly text: string;
}

/** A part that was not run, or a submission that does not build, is a single row. */
export function rowsOf(reports: readonly Report[], { command }: About): Row[] {
  const style = { colours: createColors(false), command };
  return reports.flatMap((report): Row[] => {
    const { problems, points } = report;
    if (problems.length > 0) {
      const text = plain(problemLines(problems, style).join('\n'));
      const failed = { id: '-', title: 'the submission builds', points, earned: 0 };
      return [{ report, part: '-', ...failed, verdict: 'failed', text }];
    }
    return report.parts.flatMap((part): Row[] => {
      if (part.verdict === 'blocked') {
        const text = `not run: part ${part.blockedBy} earned nothing yet`;
        const { id, title, points, verdict } = part;
        return [{ report, part: id, id, title, points, earned: 0, verdict, text }];
      }
      const questions = part.explain ? [explainRow(report, part.id, part.explain, style)] : [];
      const scenarios = part.scenarios.map((result): Row => {
        const { id, title, points, earned, verdict } = result;
        const isBad = verdict !== 'passed';
        const text = isBad ? plain(failureLines(report.lab, result, style).join('\n')) : '';
        return { report, part: part.id, id, title, points, earned, verdict, result, text };
      });
      return [...scenarios, ...questions];
    });
  });
}

/** The questions of a part, as if they were one more scenario. */
function explainRow(
  report: Report,
  part: string,
  { points, earned }: NonNullable<PartResult['explain']>,
  style: Style,
): Row {
  const isRight = earned === points;
  const lines =
    isRight || !report.explain ? [] : explanationLines(report.lab, report.explain, style);
  return {
    report,
    part,
    id: `${part}?`,
    title: 'the questions about your own runs are answered',
    points,
    earned,
    verdict: isRight ? 'passed' : 'failed',
    text: plain(lines.join('\n')),
  };
}

/** What people read beside the rows: how each failure came about, and what a student explained. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

export function sectionsOf(reports: readonly Report[], about: About): Section[] {
  const style = { colours: createColors(false), command: about.command };
  const bad = rowsOf(reports, about).filter(({ text }) => text !== '');
  const explained = reports.flatMap(({ lab, explain }): Section[] => {
    if (explain === undefined) return [];
    const summary = plain(explanationLines(lab, explain, style).join('\n'));
    const sections = [{ title: `${lab}  what was explained`, text: summary }];
    if (explain.writeUp === undefined) return sections;
    const { run, text } = explain.writeUp;
    return [...sections, { title: `${lab}  the account of ${run}`, text: plain(text.trimEnd()) }];
  });
  return [...bad.map((row) => ({ title: nameOf(row), text: row.text })), ...explained];
}

/** `Raft C2  a committed entry survives a crash of its leader`. */
export const nameOf = ({ report, id, title }: Row) =>
  `${report.lab} ${id === '-' ? '' : `${id} `} ${title}`.replace(/ {2,}/, id === '-' ? ' ' : '  ');

export const sumOf = (reports: readonly Report[], what: 'points' | 'earned') =>
  reports.reduce((sum, report) => sum + report[what], 0);

export const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
