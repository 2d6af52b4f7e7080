/** A Report as Markdown: a table of the scenarios, each failure as on the terminal, what was explained. */
import { plainLine } from '../plain.ts';
import { type Format, rowsOf, sectionsOf, sumOf } from './format.ts';

const MARK = { passed: '✓', failed: '✗', undecided: '?', blocked: '–' } as const;

/** Text in a cell or a heading: no Markdown, no HTML, no end of the cell. */
export const inline = (text: string) =>
  plainLine(text).replace(/[\\`*_{}[\]<>#|!~$&]/g, (sign) => `\\${sign}`);

/** A block that its own text cannot end. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

export const markdown: Format = {
  name: 'markdown',
  file: 'report.md',
  readers: 'people: comments and wikis',
  write(reports, about) {
    const rows = rowsOf(reports, about);
    const total = `${sumOf(reports, 'earned')}/${sumOf(reports, 'points')}`;
    const table = rows.map(({ verdict, report, id, title, earned, points }) => {
      return `| ${MARK[verdict]} | ${report.lab} | ${id} | ${inline(title)} | ${earned}/${points} |`;
    });
    const sections = sectionsOf(reports, about);
    return [
      `# ${about.student === undefined ? 'Faultlab' : inline(about.student)}: ${total} points`,
      '',
      '| | Lab | | Scenario | Points |',
      '|---|---|---|---|---|',
      ...table,
      ...sections.flatMap(({ title, text }) => ['', `## ${inline(title)}`, '', fenced(text)]),
      '',
    ].join('\n');
  },
};
