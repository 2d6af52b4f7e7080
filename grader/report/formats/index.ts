/** Every format that a Report can be written in, by name. */
import { classroom50 } from './classroom50.ts';
import { csv } from './csv.ts';
import { ctrf } from './ctrf.ts';
import { type Format, json } from './format.ts';
import { github } from './github.ts';
import { gradescope } from './gradescope.ts';
import { html } from './html.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';

/** The Report itself; its JSON Schema is `docs/report.schema.json`. */
const own: Format = {
  name: 'json',
  file: 'report.json',
  readers: 'programs; the schema is [report.schema.json](report.schema.json)',
  write: (reports) => json(reports.length === 1 ? reports[0] : reports),
};

export const formats: readonly Format[] = [
  own,
  junit,
  gradescope,
  classroom50,
  github,
  ctrf,
  markdown,
  csv,
  html,
];
