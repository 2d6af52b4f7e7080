/**
 * Progress that moves between machines: what was reached on either is kept. Checked before it is
 * taken in, because a file from elsewhere may hold anything.
 */
import { z } from 'zod';
import type { LabState, State } from './state.ts';

const count = z.int().nonnegative();
const scores = z.record(z.string(), count);
const labSchema = z.object({
  startedAt: z.string().optional(),
  best: z.object({ lab: count, parts: scores, scenarios: scores }),
  reference: z.string().optional(),
  lastFailure: z.object({ scenario: z.string(), seed: count }).optional(),
  explain: z.object({ asked: count, right: count, first: count }).optional(),
  hints: z.record(z.string(), count),
});
const schema = z.object({
  version: z.literal(1),
  last: z.string().optional(),
  labs: z.record(z.string(), labSchema),
});

/** @throws {Error} in one sentence, when the text is not a progress file */
export function parseProgress(text: string): State {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as State;
  const [issue] = parsed.error.issues;
  throw new Error(`at ${issue?.path.join('.') || 'the top'}: ${issue?.message}`);
}

/** Adds what `other` reached to `state`; nothing that was reached is lost. */
export function mergeProgress(state: State, other: State): void {
  for (const [slug, theirs] of Object.entries(other.labs)) {
    const own = state.labs[slug];
    state.labs[slug] = own === undefined ? theirs : better(own, theirs);
  }
}

function better(own: LabState, theirs: LabState): LabState {
  const begun = [own.startedAt, theirs.startedAt].filter((at) => at !== undefined).sort()[0];
  const explain = (theirs.explain?.right ?? 0) > (own.explain?.right ?? 0) ? theirs : own;
  return {
    ...own,
    ...(begun === undefined ? {} : { startedAt: begun }),
    ...(explain.explain === undefined ? {} : { explain: explain.explain }),
    best: {
      lab: Math.max(own.best.lab, theirs.best.lab),
      parts: highest(own.best.parts, theirs.best.parts),
      scenarios: highest(own.best.scenarios, theirs.best.scenarios),
    },
    hints: highest(own.hints, theirs.hints),
  };
}

function highest(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, Math.max(a[name] ?? 0, b[name] ?? 0)]));
}
