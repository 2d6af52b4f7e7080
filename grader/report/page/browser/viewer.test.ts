/** The page in a real browser. Skipped where there is none, and the title says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, launch, NO_CHROMIUM } from '../../../../scripts/chromium.ts';
import type { TraceLine } from '../../../replay.ts';
import { type PageOptions, pageOf } from '../page.ts';
import { samplePage } from '../sample.ts';

const skipped = CHROMIUM === undefined ? ` (skipped: ${NO_CHROMIUM})` : '';

describe.skipIf(CHROMIUM === undefined)(
  `the page in a browser${skipped}`,
  { timeout: 60_000 },
  () => {
    let browser: Browser;
    let folder: string;
    let sample: string;
    const problems: string[] = [];

    beforeAll(async () => {
      browser = await launch();
      sample = await pageOf(samplePage());
      folder = mkdtempSync(join(tmpdir(), 'faultlab-page-'));
    });
    afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
      expect(problems).toEqual([]);
    });

    /** Of the sample, unless another page is given. */
    async function open(
      text = sample,
      view: { width?: number; height?: number; colorScheme?: 'light' | 'dark' } = {},
    ): Promise<Page> {
      const { width = 1280, height = 800, colorScheme = 'light' } = view;
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      const page = await context.newPage();
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) problems.push(`asks for ${request.url()}`);
      });
      const file = join(folder, 'page.html');
      writeFileSync(file, text);
      await page.goto(`file://${file}`);
      await page.waitForSelector('html[data-ready-ms]', { state: 'attached' });
      return page;
    }

    const count = (page: Page, selector: string) => page.locator(selector).count();
    const chosen = (page: Page) => page.locator('.row.chosen .what').textContent();
    const press = async (page: Page, ...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };

    test('draws lanes, arrows, bands, calls and the violation, which is chosen and in sight', async () => {
      const page = await open();
      expect(await count(page, '.lane')).toBe(3);
      const arrows = ['delivered', 'late', 'copy', 'lost'];
      const drawn = await Promise.all(arrows.map((fate) => count(page, `.arrow.${fate}`)));
      // The legend has one of each, and a reply.
      expect(drawn).toEqual([4, 2, 2, 2]);
      for (const kind of ['leader', 'down', 'paused'])
        expect(await count(page, `.diagram .band.${kind}`)).toBe(1);
      expect(await count(page, '.diagram .operation.culprit')).toBe(1);
      expect(await chosen(page)).toContain('✗ Rule (a paper)');
      const box = await page.locator('.row.fail').boundingBox();
      expect(box?.y).toBeGreaterThan(0);
      expect(box?.y).toBeLessThan(800);
    });

    test('steps with keys: events, those of a node, the other end, back to the violation', async () => {
      const page = await open();
      await press(page, 'ArrowUp');
      expect(await chosen(page)).toContain('get("x") → ""');
      await press(page, 'c');
      expect(await chosen(page)).toContain('get("x")');
      await press(page, '[');
      expect(await chosen(page)).toContain('put("x", "1") → null');
      await press(page, 'v');
      expect(await chosen(page)).toContain('✗ Rule');
    });

    test('shows what an event has changed in its node', async () => {
      const page = await open();
      await page.locator('.row', { hasText: 'write arrives' }).click();
      expect(await page.locator('tr.fresh').allTextContents()).toEqual(['log[] → ["x=1"]']);
      await press(page, 'v');
      expect(await page.locator('table.all th').allTextContents()).toEqual(['n2']);
    });

    test('filters by node, by kind of message, and by kind of event', async () => {
      const page = await open();
      await page.locator('.lanes label', { hasText: 'n2' }).click();
      expect(await page.locator('.row', { hasText: 'is paused' }).count()).toBe(0);
      await page.selectOption('#method', 'write');
      expect(await page.locator('.row.send').count()).toBe(2);
      await press(page, 'm');
      expect(await page.locator('.row.send').count()).toBe(0);
      expect(await page.locator('.count').textContent()).toMatch(/^\d+ of 29 events$/);
    });

    test('searches, goes from hit to hit, and shows only hits', async () => {
      const page = await open();
      await press(page, '/');
      await page.keyboard.type('append');
      await press(page, 'Enter', 'Escape', 'o');
      expect(await page.locator('.count').textContent()).toMatch(/^4 found, 5 of 29 events$/);
      await press(page, 'n');
      expect(await chosen(page)).toContain('append');
    });

    test('dims what had no part in an event', async () => {
      const page = await open();
      await page.locator('.row', { hasText: 'write arrives' }).click();
      await press(page, 'p');
      expect(await page.locator('.row.dim', { hasText: 'crashes' }).count()).toBe(1);
      expect(await page.locator('.row.dim', { hasText: 'is leader' }).count()).toBe(0);
    });

    test('a line of the story leads to its event', async () => {
      const page = await open();
      await page.locator('.story button', { hasText: 'n1 crashes' }).click();
      expect(await chosen(page)).toContain('crashes');
    });

    test.each([
      [360, 'light'],
      [700, 'dark'],
      [1280, 'dark'],
      [1920, 'light'],
    ] as const)('fits a window of %i px, %s, and can be read', async (width, colorScheme) => {
      const page = await open(sample, { width, colorScheme });
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).toBeLessThanOrEqual(0);
      const texts = ['.what', '.quiet .name', '.label text', '.time', '.fail .what'];
      for (const selector of texts)
        expect([selector, await contrast(page, `.diagram ${selector}`)]).toEqual([
          selector,
          expect.toSatisfy((ratio: number) => ratio >= 4.5),
        ]);
    });

    test('a hundred thousand events open at the violation, and step and scroll at once', async () => {
      const page = await open(await pageOf(long(100_000)));
      expect(await chosen(page)).toContain('✗ Rule');
      expect(await count(page, '.diagram .row')).toBeLessThan(200);
      await press(page, 'ArrowUp', 'ArrowUp');
      expect(await chosen(page)).toContain('beat');
      await page.locator('.minimap').click({ position: { x: 10, y: 5 } });
      await page.waitForFunction(`document.querySelector('.row')?.dataset.event < 5000`);
    });
  },
);

/** By WCAG 2: the ratio of the luminance of a text to that of the page. */
function contrast(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const luminance = (colour: string) => {
        const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
          const c = Number(part) / 255;
          return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const fore = luminance(getComputedStyle(element).fill);
      const back = luminance(getComputedStyle(document.body).backgroundColor);
      return (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
    });
}

/** Beats from n1 to n2, as many as make `count` events. */
function long(count: number): PageOptions {
  const { replay, ...rest } = samplePage();
  const trace = Array.from({ length: count }, (_, i): TraceLine => {
    const isSend = i % 2 === 0;
    const facts = { message: i >> 1, method: 'beat' };
    const what = { kind: isSend ? 'send' : 'deliver', text: 'n1 → n2 beat', facts };
    return { atMs: i, node: isSend ? 'n1' : 'n2', ...what };
  });
  const { finding, ...result } = replay.result;
  const { core, story, ...told } = finding as NonNullable<typeof finding>;
  return { ...rest, replay: { result: { ...result, finding: { ...told, atMs: count } }, trace } };
}
