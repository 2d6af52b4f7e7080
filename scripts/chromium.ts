/** This machine's browser, for whatever has to be seen: page tests, benchmarks, pictures. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Undefined when there is none. */
export const CHROMIUM = PLACES.find((file) => file !== '' && existsSync(file));

export const NO_CHROMIUM =
  'there is no Chromium here (apt-get install chromium, or set CHROMIUM to its path)';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** With an empty profile. @throws {Error} when there is no browser */
export function launch(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error(NO_CHROMIUM);
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}
