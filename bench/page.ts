/**
 * ▲ The page of a run of 20,000 events is an interactive diagram within 1 s of being opened: measured in
 * Chromium, from the start of the navigation to the end of the first drawing, beside a blank page.
 * Run: npm run bench -- page
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { TraceLine } from '../grader/replay.ts';
import { pageOf } from '../grader/report/page/page.ts';
import { CHROMIUM, launch, NO_CHROMIUM } from '../scripts/chromium.ts';

const EVENTS = 20_000;
const RUNS = 5;
const BAR_MS = 1000;

/** Heartbeats of a leader of five, with their replies. */
function traceOf(count: number): TraceLine[] {
  const trace: TraceLine[] = [];
  for (let i = 0; trace.length < count; i++) {
    const [from, to] = i % 2 === 0 ? ['n1', `n${2 + (i % 4)}`] : [`n${2 + ((i - 1) % 4)}`, 'n1'];
    const text = `${from} → ${to} appendEntries${i % 2 === 0 ? '' : ' reply'} {"term":1,"index":${i}}`;
    const facts = { message: i, method: 'appendEntries' };
    trace.push({ atMs: i, node: from as string, kind: 'send', text, facts });
    trace.push({ atMs: i + 0.5, node: to as string, kind: 'deliver', text, facts });
  }
  return trace;
}

/** Median over some openings, each in a new profile. */
async function openMs(browser: Browser, folder: string, page: string): Promise<number> {
  const file = join(folder, 'page.html');
  writeFileSync(file, page);
  const all: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(`file://${file}`);
    await tab.waitForSelector('html[data-ready-ms]', { state: 'attached' });
    all.push(Number(await tab.getAttribute('html', 'data-ready-ms')));
    await context.close();
  }
  return all.sort((a, b) => a - b)[RUNS >> 1] as number;
}

const BLANK =
  '<!doctype html><script>document.documentElement.dataset.readyMs = performance.now()</script>';

async function main(): Promise<void> {
  const browser = await launch();
  const folder = mkdtempSync(join(tmpdir(), 'faultlab-'));
  try {
    const result = {
      seed: 1,
      verdict: 'passed',
      traceHash: '0',
      virtualMs: 1,
      events: EVENTS,
    } as const;
    const page = await pageOf({
      replay: { result, trace: traceOf(EVENTS) },
      title: 'a long run',
      lab: 'bench',
      scenario: 'X1',
      command: '',
      nodes: ['n1', 'n2', 'n3', 'n4', 'n5'],
    });
    const blank = await openMs(browser, folder, BLANK);
    const full = await openMs(browser, folder, page);
    console.log(`blank page          ${blank.toFixed(0)} ms`);
    console.log(
      `${EVENTS} events       ${full.toFixed(0)} ms, ${(full / blank).toFixed(1)} × a blank page   (bar ${BAR_MS} ms)`,
    );
    console.log(`size of the page    ${(page.length / 1e6).toFixed(1)} MB`);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

if (CHROMIUM === undefined) console.log(NO_CHROMIUM);
else await main();
