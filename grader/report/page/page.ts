/**
 * One run as one HTML file: no server, no network, nothing to install. The page holds the events as
 * data; `browser/` draws them.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../../paths.ts';
import { type PageOptions, pageData } from './convert.ts';

export type { PageOptions };

const FOLDER = join(ROOT, 'grader', 'report', 'page', 'browser');

/** The whole page as text. */
export async function pageOf(options: PageOptions): Promise<string> {
  const result = await build({
    entryPoints: [join(FOLDER, 'viewer.ts'), join(FOLDER, 'page.css')],
    outdir: FOLDER,
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'silent',
  });
  const built = (end: string) => result.outputFiles.find(({ path }) => path.endsWith(end))?.text;
  const data = pageData(options);
  const title = escapeHtml(`${data.scenario} ${data.title}: ${data.lab}, seed ${data.seed}`);
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<style>${built('.css')}</style></head><body>`,
    '<noscript>This page draws a recorded run with JavaScript; please allow it.</noscript>',
    `<script type="application/json" id="data">${forScript(JSON.stringify(data))}</script>`,
    `<script>${built('.js')}</script>`,
    '</body></html>\n',
  ].join('\n');
}

/** A text of a submission must not end the script that it stands in. */
const forScript = (json: string) => json.replaceAll('<', '\\u003c');

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
