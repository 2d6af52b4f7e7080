/**
 * One run as one HTML file: no server, no network, nothing to install. The page holds the events as
 * data; `browser/` draws them.
 */
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { ROOT } from '../../paths.ts';
import { type PageOptions, pageData } from './convert.ts';
import type { PageData } from './data.ts';

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
    format: 'esm',
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
    `<script type="application/gzip" id="data">${packed(data)}</script>`,
    `<script type="module">${built('.js')}</script>`,
    '</body></html>\n',
  ].join('\n');
}

/** A tenth of the size, and no text of a submission can ever be read as markup. */
const packed = (data: PageData) => gzipSync(JSON.stringify(data)).toString('base64');

/** What the page holds, from its text. */
export function unpacked(page: string): PageData {
  const [, base64 = ''] = /id="data">([^<]*)</.exec(page) ?? [];
  return JSON.parse(gunzipSync(Buffer.from(base64, 'base64')).toString('utf8'));
}

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
