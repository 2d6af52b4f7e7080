/**
 * A Report as one HTML page without a script: table, failures, what was explained. For one student, or
 * for a folder of them.
 */
import { plainLine } from '../plain.ts';
import { type Format, rowsOf, sectionsOf, sumOf } from './format.ts';

export const escapeHtml = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c2410c; --good: #0f766e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
td:last-child, th:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.passed { color: var(--good); } .failed, .undecided { color: var(--bad); } .blocked { opacity: .7; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .4rem; font-size: 13px; }
`;

const MARK = {
  passed: '✓ passed',
  failed: '✗ failed',
  undecided: '? undecided',
  blocked: '– blocked',
};

/** A page around a body that is HTML already. Nothing on it may load or run anything. */
export function htmlPage(title: string, body: readonly string[]): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title>`,
    `<style>${STYLE}</style></head><body>`,
    ...body,
    '</body></html>\n',
  ].join('\n');
}

export const html: Format = {
  name: 'html',
  file: 'report.html',
  readers: 'people: one page without scripts',
  write(reports, about) {
    const rows = rowsOf(reports, about);
    const who = plainLine(about.student ?? 'Faultlab');
    const title = `${who}: ${sumOf(reports, 'earned')}/${sumOf(reports, 'points')} points`;
    const cells = rows.map(({ report, id, title, verdict, earned, points }) => {
      const name = escapeHtml(plainLine(title));
      return `<tr><td class="${verdict}">${MARK[verdict]}</td><td>${report.lab}</td><td>${id}</td><td>${name}</td><td>${earned}/${points}</td></tr>`;
    });
    const sections = sectionsOf(reports, about).flatMap(({ title, text }) => [
      `<h2>${escapeHtml(plainLine(title))}</h2>`,
      `<pre>${escapeHtml(text)}</pre>`,
    ]);
    return htmlPage(title, [
      `<h1>${escapeHtml(title)}</h1>`,
      '<table><tr><th>Verdict</th><th>Lab</th><th></th><th>Scenario</th><th>Points</th></tr>',
      ...cells,
      '</table>',
      ...sections,
    ]);
  },
};
