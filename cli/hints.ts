/**
 * Hints of a lab. In `hints.md`, `## A1` is a scenario and `### 1`, `### 2`, `### 3` are its hints, in
 * stages; `## rule election-safety` is the hint for a rule, which comes before those of the scenario in
 * which it broke. Rules of the grader itself have theirs in `labs/hints.md`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labFolder } from './root.ts';

/** By scenario, `A1`, or by rule, `rule election-safety`. */
export type Hints = ReadonlyMap<string, readonly string[]>;

/** How many hints of each scenario and rule have been read. */
export type HintsRead = Readonly<Record<string, number>>;

export interface Hint {
  /** A key of {@link Hints}, under which it is counted as read. */
  readonly key: string;
  /** From 1. */
  readonly stage: number;
  readonly stages: number;
  readonly text: string;
  readonly isLast: boolean;
}

export const ruleKey = (ruleId: string) => `rule ${ruleId}`;

export function hintsOf(slug: string): Hints {
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const folder = labFolder(slug);
  const shared = parseHints(read(join(folder, '..', 'hints.md')));
  return new Map([...shared, ...parseHints(read(join(folder, 'hints.md')))]);
}

/** The next one for a scenario in which this rule broke; undefined when it has none at all. */
export function nextHint(
  hints: Hints,
  { scenario, ruleId, read }: { scenario: string; ruleId?: string | undefined; read: HintsRead },
): Hint | undefined {
  const key = ruleId === undefined ? '' : ruleKey(ruleId);
  const [ruleHint] = hints.get(key) ?? [];
  const stages = hints.get(scenario) ?? [];
  if (ruleHint !== undefined && (read[key] === undefined || stages.length === 0))
    return { key, stage: 1, stages: 1, text: ruleHint, isLast: stages.length === 0 };
  return hintAt(hints, scenario, Math.min((read[scenario] ?? 0) + 1, stages.length));
}

/** A stage of a scenario. */
export function hintAt(hints: Hints, scenario: string, stage: number): Hint | undefined {
  const stages = hints.get(scenario) ?? [];
  const text = stages[stage - 1];
  if (text === undefined) return undefined;
  const isLast = stage === stages.length;
  return { key: scenario, stage, stages: stages.length, text, isLast };
}

export function parseHints(markdown: string): Hints {
  const hints = new Map<string, string[]>();
  let stages: string[] | undefined;
  let lines: string[] | undefined;
  const finish = () => {
    if (stages && lines) stages.push(lines.join('\n').trim());
    lines = undefined;
  };
  const begin = (key: string) => {
    finish();
    stages = [];
    hints.set(key, stages);
  };
  for (const line of markdown.split(/\r?\n/)) {
    const [, scenario] = /^##\s+([A-Z]\d+)\b/.exec(line) ?? [];
    const [, rule] = /^##\s+rule\s+(\S+)\s*$/.exec(line) ?? [];
    if (scenario !== undefined) begin(scenario);
    else if (rule !== undefined) {
      begin(ruleKey(rule));
      lines = [];
    } else if (/^###\s+\d+\b/.test(line)) {
      finish();
      lines = [];
    } else if (/^##?\s/.test(line)) {
      finish();
      stages = undefined;
    } else lines?.push(line);
  }
  finish();
  return hints;
}
