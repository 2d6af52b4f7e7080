/** One line per scenario, for spreadsheets (RFC 4180). */
import { plainLine } from '../plain.ts';
import { type Format, rowsOf } from './format.ts';

/**
 * A cell. What a spreadsheet would take for a formula gets an apostrophe in front: names and messages
 * come from students.
 */
export function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = plainLine(value);
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const line = (values: readonly (string | number)[]) => `${values.map(cell).join(',')}\n`;

const HEAD = 'student lab part scenario title verdict earned points seeds_passed seeds_run rule';

export const csv: Format = {
  name: 'csv',
  file: 'results.csv',
  readers: 'spreadsheets: a row for each scenario',
  write(reports, about) {
    const rows = rowsOf(reports, about).map((row) => {
      const { report, part, id, title, verdict, earned, points, result } = row;
      const rule = result?.firstBad?.finding?.ruleId ?? '';
      const seeds = [result?.seedsPassed ?? 0, result?.seedsRun ?? 0];
      const student = about.student ?? '';
      return line([student, report.lab, part, id, title, verdict, earned, points, ...seeds, rule]);
    });
    return line(HEAD.split(' ')) + rows.join('');
  },
};
