/**
 * The results of a batch: a file to which a line is added for each graded submission, so that a batch
 * that was cut off resumes where it was. The last line for a student and lab counts.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { reportSchema } from '../report/schema.ts';

/** What a result depends on: equal conditions and equal files give an equal report. */
const conditions = z.strictObject({
  /** SHA-256 over the submission and what it is built on; empty when there was none. */
  files: z.string(),
  grader: z.string(),
  /** Seeds: `grade`, a number, or the commitment of a set. */
  seeds: z.string(),
});
const line = z.strictObject({
  version: z.literal(1),
  student: z.string(),
  lab: z.string(),
  conditions,
  /** What kept it from being graded: no submission, several labs in one folder … */
  trouble: z.string().optional(),
  report: reportSchema.optional(),
});

/** Instead of a lab, when nothing of a student could be graded. */
export const NO_LAB = '-';

export type Conditions = z.infer<typeof conditions>;
export type ResultLine = z.infer<typeof line>;

export const resultsFile = (out: string) => join(out, 'results.jsonl');

/** Results by student and lab. @throws {Error} with the line's number, for a file that was damaged */
export function readResults(file: string): Map<string, ResultLine> {
  const results = new Map<string, ResultLine>();
  if (!existsSync(file)) return results;
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [i, text] of lines.entries()) {
    if (text === '') continue;
    const parsed = line.safeParse(jsonOf(text));
    if (parsed.success) results.set(keyOf(parsed.data), parsed.data);
    // A crash can leave half of the last line; anything else is somebody's doing.
    else if (i < lines.length - 1) throw new Error(`line ${i + 1} of ${file} is not a result`);
  }
  return results;
}

export const keyOf = ({ student, lab }: Pick<ResultLine, 'student' | 'lab'>) =>
  `${student}\t${lab}`;

/** Adds lines to a file; each is on disk when `append` returns. */
export class ResultLog {
  readonly #handle: number;

  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true });
    this.#handle = openSync(file, 'a');
    const whole = readFileSync(file, 'utf8').lastIndexOf('\n') + 1;
    ftruncateSync(this.#handle, Buffer.byteLength(readFileSync(file, 'utf8').slice(0, whole)));
  }

  /** Fields go in the order of the schema, so that equal results are equal byte for byte. */
  append(result: ResultLine): void {
    const parsed = line.safeParse(result);
    if (!parsed.success) throw new Error(`this is not a result: ${z.prettifyError(parsed.error)}`);
    writeSync(this.#handle, `${JSON.stringify(parsed.data)}\n`);
    fsyncSync(this.#handle);
  }

  close(): void {
    closeSync(this.#handle);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
