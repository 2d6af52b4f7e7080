/**
 * Gradescope's `results.json` (autograder specification, "Output format"). Plain `text` everywhere:
 * what a submission printed must not become HTML. Tests that pass say nothing.
 */
import { type Format, json, nameOf, rowsOf, sumOf } from './format.ts';

export const gradescope: Format = {
  name: 'gradescope',
  file: 'results.json',
  readers: 'Gradescope',
  write(reports, about) {
    const rows = rowsOf(reports, about);
    const undecided = rows.filter(({ verdict }) => verdict === 'undecided');
    return json({
      score: sumOf(reports, 'earned'),
      output:
        undecided.length === 0
          ? `Graded by Faultlab ${about.version}.`
          : `${undecided.length} of ${rows.length} tests could not be decided, through no fault of yours. Ask for a regrade.`,
      output_format: 'text',
      visibility: 'visible',
      stdout_visibility: 'hidden',
      tests: rows.map((row) => ({
        name: nameOf(row),
        name_format: 'text',
        number: row.id === '-' ? '0' : row.id,
        score: row.earned,
        max_score: row.points,
        status: row.verdict === 'passed' ? 'passed' : 'failed',
        output: row.text,
        output_format: 'text',
        tags: [row.report.lab, `part ${row.part}`],
        visibility: 'visible',
        extra_data: { verdict: row.verdict, submission: row.report.submission },
      })),
    });
  },
};
