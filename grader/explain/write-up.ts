/**
 * The write-up of a run: a template with slots. The facts in it are checked against the run; the prose
 * is read by people, with the rubric at its end.
 */
import type { Lab } from '../lab.ts';
import { plain } from '../report/plain.ts';
import type { WriteUp } from '../report/report.ts';
import { type Claim, type ClaimKind, checkClaims, withoutComments } from './claims.ts';
import type { RunRecord } from './record.ts';

/** Beside the files of the submission. */
export const WRITE_UP_FILE = 'explain.md';

/** How many claims of each kind a write-up needs. */
const NEEDED: Partial<Record<ClaimKind, { count: number; form: string }>> = {
  before: { count: 2, form: '#12 happened before #34' },
  concurrent: { count: 1, form: '#12 and #34 are concurrent' },
  cause: { count: 1, form: '#12 set off #34' },
  without: { count: 1, form: 'without #12, #34 comes at 1.234 s' },
};

/** An event, or some words, that are still to be filled in. */
const SLOT = /\[#\]|\[…\]/;

/** Which run a write-up is about: its line `Run: B4`; undefined when it does not say. */
export const runNamed = (text: string) => /^Run:\s*([A-Za-z]\d+)\b/m.exec(text)?.[1]?.toUpperCase();

export function template(
  lab: Lab,
  scenario: { readonly id: string; readonly title: string },
): string {
  return `# ${lab.title}: what happened in ${scenario.id}

Run: ${scenario.id}

<!-- "${scenario.title}"
Write for somebody who knows the lab, but not your code. \`lab explain ${lab.slug} --write\` checks the
facts in this file against your run, and changes nothing in it. \`lab explain ${lab.slug} --events ${scenario.id}\`
prints the events with their numbers. Sentences of these forms are checked wherever they occur:

  #12 happened before #34          #12 and #34 are concurrent       #12 set off #34
  #12 (1.234 s)                    37 messages were sent            5 ⟨method⟩ were sent
  without #12, #34 comes at 1.5 s  without #12, #34 never comes     without #12, #34 comes as it did

A ⟨method⟩ is the name of an RPC, as the events show it.
-->

## What happened

[…] in three to five sentences, from the first event that matters, [#], to the last, [#].

## What led to what

- [#] happened before [#]: […] how, by which messages.
- [#] happened before [#]: […]
- [#] and [#] are concurrent: […] why neither node could know of the other.
- [#] set off [#]: […] what your code did in between, and in which function.

## What if

Without [#], [#] comes at […] s. […] why then, or why never, or why as it did.

## What my code promises

[…] the rule that this run puts to the test, in your own words; the line of your code that keeps it;
and what this run would show if that line were missing.

## For whoever reads this

| Points | What | 0 | half | all |
| --- | --- | --- | --- | --- |
| 2 | What happened | a list of events | a story that leaves out why | each step follows from the one before |
| 2 | What led to what | claims only | right, but from the clock | from messages and code |
| 2 | What if | a figure | what would happen instead | which mechanism takes over, and when |
| 4 | What the code promises | a rule copied | the rule and the line | what its absence would show, in this run |
`;
}

/** Checks the facts of a write-up. */
export async function checkWriteUp(run: RunRecord, text: string): Promise<WriteUp> {
  // The rubric is ours.
  const [own = ''] = text.split(/^## For whoever reads this/m);
  const claims = await checkClaims(run, own);
  const open = withoutComments(own)
    .split('\n')
    .flatMap((line, i) => (SLOT.test(line) ? [i + 1] : []));
  return { run: run.scenario.id, claims, open, missing: missingIn(claims), text: plain(text) };
}

function missingIn(claims: readonly Claim[]): string[] {
  return Object.entries(NEEDED).flatMap(([kind, { count, form }]) => {
    const found = claims.filter((claim) => claim.kind === kind && claim.wrong === '').length;
    return found >= count ? [] : [`${count === 1 ? 'one' : count} like "${form}"`];
  });
}
