/**
 * GitHub Actions: workflow commands that annotate the first failure of each lab, and the step summary.
 * A runner takes commands from any line that is printed, so nothing here repeats a line of a submission
 * unescaped, and `guarded` wraps what must be printed.
 */
import { plainLine } from '../plain.ts';
import type { Report } from '../report.ts';
import { type About, type Format, rowsOf } from './format.ts';
import { markdown } from './markdown.ts';

/** The runner discards larger summaries whole (1 MiB). */
export const SUMMARY_BYTES_MAX = 900 * 1024;
/** Per kind and step; GitHub drops any more. */
const ANNOTATIONS_MAX = 10;

const data = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** `::error file=…,title=…::…`, at most ten: the first that failed of each lab before the others. */
export function annotations(reports: readonly Report[], about: About): string[] {
  const bad = rowsOf(reports, about).filter(({ verdict }) => verdict !== 'passed');
  const isFirst = (row: (typeof bad)[number]) => bad.find((o) => o.report === row.report) === row;
  const ordered = [...bad.filter(isFirst), ...bad.filter((row) => !isFirst(row))];
  return ordered.slice(0, ANNOTATIONS_MAX).map((row) => {
    const { report, id, title, verdict, text, result } = row;
    const [problem] = report.problems;
    const at = /^(.+):(\d+):(\d+)$/.exec(problem?.where ?? '');
    const file =
      at === null
        ? ''
        : `file=${property([about.folder, at[1]].filter(Boolean).join('/'))},line=${at[2]},col=${at[3]},`;
    const why = problem?.text ?? result?.firstBad?.finding?.rule ?? result?.withheld?.rule ?? text;
    const kind = verdict === 'failed' ? 'error' : 'warning';
    const name = id === '-' ? report.lab : `${report.lab} ${id} ${title}`;
    return `::${kind} ${file}title=${property(plainLine(name))}::${data(plainLine(why))}`;
  });
}

/** Lines that the runner must not obey, between a pair of commands with a token that nobody can guess. */
export const guarded = (lines: readonly string[], token: string) => [
  `::stop-commands::${token}`,
  ...lines,
  `::${token}::`,
];

export const github: Format = {
  name: 'github',
  file: 'summary.md',
  readers: 'GitHub: the step summary; annotations are printed automatically',
  write(reports, about) {
    const text = markdown.write(reports, about);
    if (Buffer.byteLength(text) <= SUMMARY_BYTES_MAX) return text;
    const short = reports.map((report) => ({
      ...report,
      parts: report.parts.map((part) => ({
        ...part,
        scenarios: part.scenarios.map(({ shrunk, firstBad, ...rest }) => rest),
      })),
    }));
    return `${markdown.write(short, about)}\nThe messages were too long to be shown here.\n`;
  },
};
