/**
 * Common Test Report Format. It has no scores and forbids unknown keys: points go into `extra`. Its
 * times are required; they are virtual, so that a repeated grading gives the same file.
 */
import { type Format, json, nameOf, type Row, rowsOf } from './format.ts';

const STATUS = {
  passed: 'passed',
  failed: 'failed',
  undecided: 'other',
  blocked: 'skipped',
} as const;

export const ctrf: Format = {
  name: 'ctrf',
  file: 'ctrf-report.json',
  readers: 'whatever reads the Common Test Report Format',
  write(reports, about) {
    const rows = rowsOf(reports, about);
    const count = (verdict: Row['verdict']) => rows.filter((r) => r.verdict === verdict).length;
    const totalMs = rows.reduce((sum, { result }) => sum + (result?.virtualMs ?? 0), 0);
    return json({
      reportFormat: 'CTRF',
      specVersion: '0.0.0',
      results: {
        tool: { name: 'faultlab', version: about.version },
        summary: {
          tests: rows.length,
          passed: count('passed'),
          failed: count('failed'),
          skipped: count('blocked'),
          pending: 0,
          other: count('undecided'),
          start: 0,
          stop: Math.round(totalMs),
        },
        tests: rows.map((row) => ({
          name: nameOf(row),
          status: STATUS[row.verdict],
          duration: Math.round(row.result?.virtualMs ?? 0),
          suite: [row.report.lab, `part ${row.part}`],
          ...(row.text === '' ? {} : { message: row.text.split('\n')[0], trace: row.text }),
          extra: { points: row.points, earned: row.earned, virtual: true },
        })),
      },
    });
  },
};
