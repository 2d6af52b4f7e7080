/**
 * Something a user asked for that cannot work. Says what happened, with the value, what is allowed,
 * and what to do instead. Exit code 2; never a stack.
 */
import { wrap } from '../grader/report/terminal.ts';

export interface Misuse {
  /** One sentence with the value in it: `there is no lab "rft"`. */
  readonly what: string;
  /** The value that was given, to find the nearest allowed one. */
  readonly value?: string;
  readonly allowed?: readonly string[];
  /** A command or an action. */
  readonly todo: string;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor({ what, value, allowed, todo }: Misuse) {
    const near = value === undefined ? [] : nearest(value, allowed ?? []);
    const lines = [near.length === 0 ? what : `${what}; did you mean ${near.join(' or ')}?`];
    if (allowed !== undefined && allowed.length > 0) {
      const [first = '', ...rest] = wrap(allowed.join(', '), 69);
      lines.push(`  allowed: ${first}`, ...rest.map((line) => `           ${line}`));
    }
    lines.push(`  do: ${todo}`);
    super(lines.join('\n'));
  }
}

/** The names that a user may have meant, best first, at most three. */
export function nearest(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const distanceMax = Math.max(1, Math.min(3, Math.floor(wanted.length / 3)));
  const near = names
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const begins = wanted.length > 1 && lower.startsWith(wanted);
      return { candidate, distance: begins ? 0.5 : distanceOf(wanted, lower) };
    })
    .filter(({ distance }) => distance <= distanceMax)
    .sort((a, b) => a.distance - b.distance);
  // What is clearly farther than the best is noise.
  const limit = (near[0]?.distance ?? 0) + 0.5;
  return near
    .flatMap(({ candidate, distance }) => (distance <= limit ? candidate : []))
    .slice(0, 3);
}

/** How many letters to insert, delete, replace or swap with a neighbour (Damerau, restricted). */
function distanceOf(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let j = 1; j <= b.length; j++) rows[0]?.push(j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]?.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (same ? 0 : 1),
          swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}

/** Reads an option's whole number. */
export function wholeNumber(option: string, min: number) {
  return (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= min) return number;
    throw new UsageError({
      what: `${option} got ${JSON.stringify(value)}`,
      todo: `give a whole number of at least ${min}, such as ${option} ${Math.max(min, 3)}`,
    });
  };
}
