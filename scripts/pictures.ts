/**
 * The pictures of the README: pages of runs of planted bugs, as `lab view` writes them, opened in
 * Chromium. Run `npm run pictures` after a change to the page.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM, launch, NO_CHROMIUM } from './chromium.ts';

const BYTES_MAX = 200_000;
const SIZE = { width: 1180, height: 620 };

interface Picture {
  readonly name: string;
  /** Lab, scenario, mutant. */
  readonly of: readonly [string, string, string];
  readonly colorScheme: 'light' | 'dark';
  /** Pressed once the page is there. */
  readonly keys?: readonly string[];
}

const PICTURES: readonly Picture[] = [
  { name: 'view', of: ['raft', 'B4', 'commits-old-term-entries'], colorScheme: 'light' },
  { name: 'view-stale', of: ['replicated-kv', 'C4', 'get-not-confirmed'], colorScheme: 'light' },
  { name: 'view-twice', of: ['kv-raft', 'B1', 'no-dedup'], colorScheme: 'dark' },
];

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'faultlab-'));
  const browser = await launch();
  try {
    for (const { name, of, colorScheme, keys = [] } of PICTURES) {
      const [lab, scenario, mutant] = of;
      const page = join(folder, `${name}.html`);
      const args = ['bin/lab.mjs', 'view', lab, scenario, '--mutant', mutant, '--out', page];
      const { status, stderr } = spawnSync('node', [...args, '--no-open'], { encoding: 'utf8' });
      if (status !== 1) throw new Error(`${scenario} of ${lab} did not fail: ${stderr}`);
      const context = await browser.newContext({ viewport: SIZE, colorScheme });
      const tab = await context.newPage();
      await tab.goto(`file://${page}`);
      await tab.waitForSelector('html[data-ready-ms]', { state: 'attached' });
      for (const key of keys) await tab.keyboard.press(key);
      const file = `docs/${name}.png`;
      await tab.screenshot({ path: file });
      await context.close();
      const { size } = statSync(file);
      console.log(`${file}  ${Math.round(size / 1000)} kB`);
      if (size > BYTES_MAX) throw new Error(`${file} is larger than ${BYTES_MAX} bytes`);
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

if (CHROMIUM === undefined) throw new Error(`no picture can be taken: ${NO_CHROMIUM}`);
await main();
