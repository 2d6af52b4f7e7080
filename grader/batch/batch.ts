/**
 * Grades many submissions, several at a time, each on one core. A submission that is missing, broken
 * or hostile costs its own result only; a batch that is cut off resumes where it was.
 */
import { availableParallelism } from 'node:os';
import { type GradeOptions, grade } from '../grade.ts';
import type { Lab } from '../lab.ts';
import { problemReport } from '../report/assemble.ts';
import type { Report } from '../report/report.ts';
import { withTaken } from '../submission/taken.ts';
import {
  type Conditions,
  keyOf,
  NO_LAB,
  type ResultLine,
  ResultLog,
  readResults,
  resultsFile,
} from './results.ts';
import type { Student } from './roster.ts';

export interface Submitted {
  readonly lab: Lab;
  readonly folder: string;
  /** Folders that stand in for labs that this one is built on. */
  readonly references: Readonly<Record<string, string>>;
}

/** Which old results are not kept. */
export interface Redo {
  /** Those that lost points. */
  readonly failed: boolean;
  /** Those that could not be decided. */
  readonly undecided: boolean;
  readonly students: readonly string[];
}

export interface BatchOptions {
  readonly students: readonly Student[];
  /** What a student handed in. @throws {Error} whose message says what is wrong with it */
  readonly submissionsOf: (student: Student) => Promise<readonly Submitted[]>;
  readonly out: string;
  readonly seeds: GradeOptions['seeds'];
  /** What the results depend on, besides the files. */
  readonly conditions: Omit<Conditions, 'files'>;
  readonly redo: Redo;
  readonly isolation: NonNullable<GradeOptions['isolation']>;
  /** Submissions in parallel. @default one per core */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly onResult?: (result: ResultLine, kept: boolean) => void;
}

/** Grades those not yet graded under these conditions; returns the results of all. */
export async function gradeBatch(options: BatchOptions): Promise<readonly ResultLine[]> {
  const { students, jobs = availableParallelism() } = options;
  const batch = new Batch(options);
  const waiting = [...students];
  const work = async () => {
    for (;;) {
      const student = waiting.shift();
      if (student === undefined || options.signal?.aborted) return;
      await batch.gradeStudent(student);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  } finally {
    batch.close();
  }
  options.signal?.throwIfAborted();
  return batch.results.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

class Batch {
  readonly results: ResultLine[] = [];
  readonly #options: BatchOptions;
  readonly #old: ReadonlyMap<string, ResultLine>;
  readonly #log: ResultLog;

  constructor(options: BatchOptions) {
    this.#options = options;
    const file = resultsFile(options.out);
    this.#old = readResults(file);
    this.#log = new ResultLog(file);
  }

  close(): void {
    this.#log.close();
  }

  async gradeStudent(student: Student): Promise<void> {
    let submitted: readonly Submitted[];
    try {
      submitted = await this.#options.submissionsOf(student);
    } catch (error) {
      this.#keep({ student, lab: NO_LAB, files: '', trouble: (error as Error).message });
      return;
    }
    for (const one of submitted) await this.#gradeOne(student, one);
  }

  async #gradeOne(student: Student, { lab, folder, references }: Submitted): Promise<void> {
    const { seeds, isolation, signal } = this.#options;
    try {
      await withTaken(lab, folder, references, async (taken) => {
        const { folder: submission, uses, problems, hash: files } = taken;
        const old = this.#old.get(keyOf({ student: student.name, lab: lab.slug }));
        if (old !== undefined && this.#isKept(old, files)) {
          this.#told(old, true);
          return;
        }
        const report =
          problems.length > 0
            ? problemReport(lab, problems)
            : await grade({
                ...{ lab: lab.slug, submission, seeds, uses, isolation, jobs: 1 },
                ...(signal ? { signal } : {}),
              });
        this.#keep({ student, lab: lab.slug, files, report });
      });
    } catch (error) {
      if (signal?.aborted) return;
      // The grader's own fault: reported, not scored, and tried again by the next batch.
      this.#keep({ student, lab: lab.slug, files: '', trouble: (error as Error).message });
    }
  }

  #isKept(old: ResultLine, files: string): boolean {
    const { conditions, redo } = this.#options;
    const { report } = old;
    if (report === undefined || redo.students.includes(old.student)) return false;
    if (redo.failed && report.earned < report.points) return false;
    if (redo.undecided && report.verdict === 'undecided') return false;
    const { grader, seeds } = conditions;
    const now = old.conditions;
    return now.files === files && now.grader === grader && now.seeds === seeds;
  }

  #keep(result: {
    student: Student;
    lab: string;
    files: string;
    trouble?: string;
    report?: Report;
  }) {
    const { student, files, lab, ...rest } = result;
    const { conditions } = this.#options;
    const line: ResultLine = {
      version: 1,
      student: student.name,
      lab,
      conditions: { files, ...conditions },
      ...rest,
    };
    this.#log.append(line);
    this.#told(line, false);
  }

  #told(line: ResultLine, kept: boolean): void {
    this.results.push(line);
    this.#options.onResult?.(line, kept);
  }
}
