/**
 * One run as one HTML file: no server, no network, nothing to install. The page holds the events as
 * data; `viewer.ts` draws them in the browser.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Replay } from '../../grade.ts';
import { ROOT } from '../../paths.ts';
import type { PageData, PageEvent } from './data.ts';

const FOLDER = join(ROOT, 'grader', 'report', 'page');
const TEXT_MAX = 240;

export interface PageOptions extends Pick<PageData, 'title' | 'lab' | 'scenario' | 'command'> {
  readonly replay: Replay;
  readonly nodes: readonly string[];
  readonly shrunk?: string;
}

/** The whole page as text. */
export async function pageOf(options: PageOptions): Promise<string> {
  const script = await build({
    entryPoints: [join(FOLDER, 'viewer.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'silent',
  });
  const style = readFileSync(join(FOLDER, 'page.css'), 'utf8');
  const data = dataOf(options);
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(`${data.lab} ${data.scenario}, seed ${data.seed}`)}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<style>${style}</style></head><body>`,
    `<script type="application/json" id="data">${forScript(JSON.stringify(data))}</script>`,
    `<script>${script.outputFiles[0]?.text ?? ''}</script>`,
    '</body></html>\n',
  ].join('\n');
}

function dataOf({ replay, nodes, title, lab, scenario, command, shrunk }: PageOptions): PageData {
  const { finding, seed, verdict, virtualMs } = replay.result;
  const index = new Map(nodes.map((node, i) => [node, i]));
  const events = replay.trace.map(({ atMs, node, kind, text, facts = {} }): PageEvent => {
    const n = node === undefined ? undefined : index.get(node);
    return {
      at: Math.round(atMs * 1000) / 1000,
      k: kind,
      text: text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text,
      ...(n === undefined ? {} : { n }),
      ...(facts.message === undefined ? {} : { m: facts.message }),
      ...(facts.method === undefined ? {} : { method: facts.method }),
      ...(facts.changes === undefined ? {} : { set: facts.changes }),
    };
  });
  if (finding !== undefined) events.push({ at: virtualMs, k: 'fail', text: finding.rule });
  const { rule, evidence, lookAt, picture } = finding ?? {};
  return {
    title,
    lab,
    scenario,
    seed,
    verdict,
    command,
    ...(shrunk === undefined ? {} : { shrunk }),
    ...(rule === undefined || evidence === undefined
      ? {}
      : {
          finding: {
            rule,
            evidence,
            ...(lookAt === undefined ? {} : { lookAt }),
            ...(picture === undefined ? {} : { picture }),
          },
        }),
    nodes,
    events,
  };
}

/** A text of a submission must not end the script that it stands in. */
const forScript = (json: string) => json.replaceAll('<', '\\u003c');

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
