/**
 * A Report as text for a terminal of 80 columns. Pure: values in, lines out. Everything can be read
 * without colour; colour only repeats what marks and words say.
 */
import type { createColors } from 'picocolors';
import { isShorter, quietWords } from '../explore/shrink.ts';
import { chartLines } from './chart.ts';
import type {
  BuildProblem,
  Chart,
  Finding,
  PartResult,
  Report,
  ScenarioResult,
  Shrunk,
} from './report.ts';

export interface Style {
  readonly colours: ReturnType<typeof createColors>;
  /** How the command is called: `lab` or `npx lab`. */
  readonly command: string;
  /** Added to replay commands: which submission it was, when it is not the student's. */
  readonly replayArguments?: string;
}

const WIDTH = 80;
/** Where the text of a detail begins: after `  Broken rule  `. */
const DETAIL_COLUMN = 15;
/** Where a title begins: after `✗ C2  `. */
const TITLE_COLUMN = 6;
const RIGHT_WIDTH = 17;

const MARK = { passed: '✓', failed: '✗', undecided: '?' } as const;

function paint(verdict: PartResult['verdict'], { colours }: Style): (text: string) => string {
  if (verdict === 'passed') return colours.green;
  if (verdict === 'failed') return colours.red;
  return colours.yellow;
}

/** `✓ A1  a leader is elected  5/5  20 seeds`. More than one line only when the title is long. */
export function resultLines(result: ScenarioResult, style: Style): string[] {
  const { verdict, firstBad } = result;
  const title = wrap(result.title, WIDTH - TITLE_COLUMN - RIGHT_WIDTH - 1);
  const points = `${result.earned}/${result.points}`.padStart(5);
  const runs = firstBad ? `seed ${firstBad.seed}` : plural(result.seedsRun, 'seed');
  const right = `${points}  ${runs}`;
  const first = (title[0] ?? '').padEnd(WIDTH - TITLE_COLUMN - RIGHT_WIDTH);
  const mark = paint(verdict, style)(MARK[verdict]);
  const head = `${mark} ${style.colours.bold(result.id.padEnd(4))}${first}${right}`.trimEnd();
  const notes = (result.notes ?? []).map((line) => style.colours.dim(line));
  return [head, ...[...title.slice(1), ...notes].map((line) => ' '.repeat(TITLE_COLUMN) + line)];
}

/** The failing message: rule, evidence, story, a question, and a command to paste. */
export function failureLines(lab: string, result: ScenarioResult, style: Style): string[] {
  const { firstBad, shrunk } = result;
  const lines = resultLines(result, style);
  const detail = (label: string, texts: readonly string[]) => {
    const [first = '', ...rest] = texts;
    lines.push(`  ${style.colours.dim(label.padEnd(DETAIL_COLUMN - 2))}${first}`);
    lines.push(...rest.map((text) => ' '.repeat(DETAIL_COLUMN) + text));
  };
  const text = (label: string, value: string) => detail(label, wrap(value, WIDTH - DETAIL_COLUMN));
  if (result.withheld) text('Broken rule', result.withheld.rule ?? `kind: ${result.withheld.kind}`);
  if (firstBad === undefined) return lines;
  const isSmaller = shrunk !== undefined && isShorter(shrunk);
  const finding: Finding | undefined = shrunk?.finding ?? firstBad.finding;

  if (firstBad.verdict === 'undecided') {
    const why = firstBad.undecided ?? 'no reason was given';
    text('Undecided', `${why} (no fault of your code; it is not scored as passed)`);
  }
  if (finding !== undefined) {
    text('Broken rule', finding.rule);
    text('Evidence', finding.evidence);
    if (finding.picture)
      lines.push('', ...finding.picture.map((line) => `  ${line}`.trimEnd()), '');
    const story = (finding.story ?? []).map((e) => `${seconds(e.atMs)} ${e.text}`);
    if (story.length > 0) detail('Story', pack(story, WIDTH - DETAIL_COLUMN));
    const chart = result.chart ? chartOf(result.chart) : [];
    if (chart.length > 0) lines.push('', ...chart, '');
    if (isSmaller) {
      text('Shrunk', shrunkWords(shrunk));
    }
    if (finding.lookAt) text('Look at', finding.lookAt);
  }
  if (result.seedsRun > 1) {
    const { seedsPassed, seedsRun } = result;
    text('Seeds', `${seedsPassed}/${seedsRun} passed, first failing seed ${firstBad.seed}`);
  }
  if (firstBad.onServers) {
    const { record } = firstBad.onServers;
    if (record) detail('Record', [record]);
    const again = [style.command, 'up', lab, result.id, `--seed ${firstBad.seed}`].join(' ');
    detail('By hand', [style.colours.cyan(again)]);
    return lines;
  }
  const options = [`--seed ${firstBad.seed}`, isSmaller ? '--shrunk' : '', style.replayArguments];
  const command = [style.command, 'replay', lab, result.id, ...options.filter(Boolean)].join(' ');
  // Never wrapped: it is there to be copied.
  detail('Replay', [style.colours.cyan(command)]);
  return lines;
}

const chartOf = (chart: Chart) => chartLines(chart).map((line) => `  ${line}`);

/** `412 events → 17, 34 operations and faults → 3; without n5, nothing lost by chance`. */
export function shrunkWords(shrunk: Shrunk): string {
  const { plan, eventsBefore, eventsAfter, stepsBefore, stepsAfter } = shrunk;
  // Fewer steps may take longer to fail: what grew did not make the run smaller.
  const counts = [
    eventsAfter < eventsBefore ? `${eventsBefore} events → ${eventsAfter}` : '',
    stepsAfter < stepsBefore ? `${stepsBefore} operations and faults → ${stepsAfter}` : '',
  ];
  return [counts.filter(Boolean).join(', '), quietWords(plan)].filter(Boolean).join('; ');
}

/** Why a submission was not run. */
export function problemLines(problems: readonly BuildProblem[], style: Style): string[] {
  const { colours } = style;
  const lines = [`${colours.red('✗')} ${colours.bold('the submission does not build')}`];
  for (const { where, text, line, advice } of problems) {
    const message = wrap(where === '' ? text : `${where}  ${text}`, WIDTH - 2);
    lines.push(...message.map((part) => `  ${part}`));
    if (line !== undefined && line.trim() !== '') lines.push(`      ${colours.dim(line.trim())}`);
    if (advice) lines.push(...wrap(advice, WIDTH - 6).map((part) => `      ${part}`));
  }
  return lines;
}

/** `Part A  Leader election`, above its scenarios. */
export function partHeading(id: string, title: string, { colours }: Style): string {
  return colours.bold(`Part ${id}  ${title}`);
}

/** One line per part, and the total. */
export function summaryLines(report: Report, style: Style): string[] {
  const { colours } = style;
  const lines = report.parts.map((part) => {
    const mark = part.verdict === 'blocked' ? '-' : MARK[part.verdict];
    const note =
      part.verdict === 'blocked' ? `   not run: part ${part.blockedBy} earned nothing yet` : '';
    const title = `Part ${part.id}  ${part.title}`.slice(0, 32).padEnd(33);
    const points = `${part.earned}/${part.points}`.padStart(7);
    return `${paint(part.verdict, style)(mark)} ${title}${points}${note}`;
  });
  const total = `${report.earned}/${report.points}`.padStart(7);
  lines.push(colours.bold(`  ${'Total'.padEnd(33)}${total}`));
  return lines;
}

/** The whole of a report at once: what streaming prints, in the order of the lab. */
export function reportLines(report: Report, style: Style): string[] {
  if (report.problems.length > 0) return problemLines(report.problems, style);
  const lines: string[] = [];
  for (const part of report.parts) {
    lines.push(partHeading(part.id, part.title, style));
    for (const result of part.scenarios) lines.push(...resultLines(result, style));
  }
  for (const result of report.parts.flatMap((p) => p.scenarios)) {
    if (result.verdict !== 'passed') lines.push('', ...failureLines(report.lab, result, style));
  }
  return [...lines, '', ...summaryLines(report, style)];
}

/** Virtual milliseconds as seconds: `1.204`. */
export function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Events on as few lines as possible; a line breaks between events when it can. */
function pack(events: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const event of events) {
    const longer = line === '' ? event : `${line} · ${event}`;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = wrap(event, width - 2).map((part, i) => (i === 0 ? part : `  ${part}`));
    // An event of several lines stands alone.
    line = parts.length === 1 ? event : '';
    if (parts.length > 1) lines.push(...parts);
  }
  return line === '' ? lines : [...lines, line];
}

/** Breaks text at spaces, and words longer than a line anywhere. Keeps line breaks. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.trimEnd().split(' ')) {
      let rest = word;
      if (line !== '' && line.length + 1 + rest.length > width) {
        lines.push(line);
        line = '';
      }
      while (rest.length > width) {
        lines.push(rest.slice(0, width));
        rest = rest.slice(width);
      }
      line = line === '' ? rest : `${line} ${rest}`;
    }
    return [...lines, line];
  });
}
