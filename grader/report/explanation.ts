/** The section of a report on `lab explain`, in words. */
import type { Explanation, WriteUp } from './report.ts';
import { plural, type Style } from './terminal.ts';

/** Some lines below the points; none when nothing was explained or asked. */
export function explanationLines(
  lab: string,
  { questions, runs, problem, writeUp }: Explanation,
  { colours, command }: Style,
): string[] {
  const right = questions.filter(({ verdict }) => verdict === 'right');
  const first = right.filter(({ tries }) => tries === 1).length;
  const counted = `${right.length} of ${plural(questions.length, 'question')} right`;
  const head = `${counted}, ${first} at the first try`;
  const isAsked = questions.length > 0;
  const isDone = isAsked && problem === undefined && right.length === questions.length;
  const mark = isDone ? colours.green('✓') : ' ';
  const lines = [`${mark} ${'Explained'.padEnd(33)}${isAsked ? head : 'no questions yet'}`];
  if (problem !== undefined) lines.push(`  ${colours.yellow('!')} ${problem}`);
  const missing = runs.filter(({ verdict }) => verdict !== 'passed');
  if (missing.length > 0) {
    const ids = missing.map(({ scenario }) => scenario).join(', ');
    lines.push(`  not asked, because it does not pass: ${ids}`);
  }
  if (isAsked && !isDone) lines.push(`  ${command} explain ${lab}`);
  if (writeUp !== undefined) lines.push(...writeUpLines(writeUp, colours));
  return lines;
}

function writeUpLines(
  { run, claims, open, missing }: WriteUp,
  { green, yellow }: Style['colours'],
): string[] {
  const wrong = claims.filter((claim) => claim.wrong !== '');
  const isDone = wrong.length === 0 && open.length === 0 && missing.length === 0;
  const held = `${claims.length - wrong.length} of ${plural(claims.length, 'fact')} hold`;
  const left = open.length === 0 ? '' : `, ${plural(open.length, 'line')} not filled in`;
  const lines = [`${isDone ? green('✓') : ' '} ${`Account of ${run}`.padEnd(33)}${held}${left}`];
  for (const { line, text, wrong: why } of wrong.slice(0, WRONG_SHOWN))
    lines.push(`  ${yellow('!')} line ${line}: ${text}: no, ${why}`);
  return lines;
}

const WRONG_SHOWN = 5;
