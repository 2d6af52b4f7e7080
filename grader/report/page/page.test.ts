import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Replay } from '../../grade.ts';
import type { PageData } from './data.ts';
import { pageOf } from './page.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (file) => existsSync(file),
);

/** Two nodes: n1 sends to n2, one message arrives, one is lost, n1 becomes leader and crashes. */
const REPLAY: Replay = {
  result: {
    seed: 7,
    verdict: 'failed',
    finding: {
      kind: 'safety',
      ruleId: 'r',
      rule: 'Rule: <b>no</b> markup of a submission is ever markup',
      evidence: 'n1 said </script><script>alert(1)</script>',
      atMs: 4,
    },
    traceHash: '0',
    virtualMs: 4,
    events: 6,
  },
  trace: [
    { atMs: 0, node: 'n1', kind: 'boot', text: 'boots' },
    {
      atMs: 1,
      node: 'n1',
      kind: 'change',
      text: 'role',
      facts: { changes: { role: 'leader', term: 2 } },
    },
    {
      atMs: 1,
      node: 'n1',
      kind: 'send',
      text: 'n1 → n2 vote {}',
      facts: { message: 1, method: 'vote' },
    },
    {
      atMs: 2,
      node: 'n2',
      kind: 'deliver',
      text: 'n1 → n2 vote {}',
      facts: { message: 1, method: 'vote' },
    },
    {
      atMs: 3,
      node: 'n1',
      kind: 'send',
      text: 'n1 → n2 </script>',
      facts: { message: 2, method: 'log' },
    },
    {
      atMs: 3,
      node: 'n2',
      kind: 'drop',
      text: 'n1 → n2 </script> is lost (cut)',
      facts: { message: 2, method: 'log' },
    },
    { atMs: 4, node: 'n1', kind: 'crash', text: 'crashes' },
  ],
};

const options = {
  replay: REPLAY,
  title: 'a claim',
  lab: 'A lab',
  scenario: 'A1',
  command: 'lab replay x A1 --seed 7',
  nodes: ['n1', 'n2'],
};

test('the page holds the run as data, and nothing of it as markup', async () => {
  const page = await pageOf(options);
  const [, json = ''] = /id="data">([\s\S]*?)<\/script>/.exec(page) ?? [];
  const data = JSON.parse(json) as PageData;
  expect(data.events).toHaveLength(REPLAY.trace.length + 1);
  expect(data.finding?.evidence).toContain('</script>');
  expect(page).not.toContain('alert(1)</script>');
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  expect(page.length).toBeLessThan(40_000);
});

test.skipIf(CHROMIUM === undefined)(
  'a browser draws lanes, arrows, bands and the violation',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'faultlab-'));
    try {
      const file = join(folder, 'page.html');
      writeFileSync(file, await pageOf(options));
      const flags =
        '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --virtual-time-budget=3000'.split(
          ' ',
        );
      const args = [...flags, `--user-data-dir=${folder}/profile`, '--dump-dom', `file://${file}`];
      const { stdout } = spawnSync(CHROMIUM as string, args, { encoding: 'utf8', timeout: 50_000 });
      const count = (pattern: RegExp) => stdout.match(pattern)?.length ?? 0;
      expect(count(/class="row /g)).toBe(8);
      expect(count(/class="row fail/g)).toBe(1);
      expect(count(/class="arrow delivered/g)).toBe(1);
      expect(count(/class="arrow lost/g)).toBe(1);
      expect(count(/class="band leader/g)).toBe(1);
      expect(count(/class="band down/g)).toBe(1);
      expect(stdout).toContain('8 of 8 events');
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  },
);
