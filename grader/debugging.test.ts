/** Breakpoints in a student's files: a debugger is told where the source of a realm's script is. */
import inspector from 'node:inspector';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { BOOT_FILE } from './paths.ts';
import { loadBoot } from './realm/load.ts';
import { Session } from './session.ts';
import { emptyLab, loadText, nodeSource, scenarioOf } from './testing.ts';

test('the scripts of a debugged run name the files of the submission', async () => {
  const result = await loadText(nodeSource('async start() {}'));
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  const folder = join('/', 'home', 'somebody', 'work', 'test');
  const sources: string[] = [];
  const debug = new inspector.Session();
  debug.connect();
  debug.on('Debugger.scriptParsed', ({ params: { sourceMapURL = '', url } }) => {
    if (url !== 'submission.js') return;
    const map = Buffer.from(sourceMapURL.split(',')[1] ?? '', 'base64').toString();
    sources.push(...(JSON.parse(map) as { sources: string[] }).sources);
  });
  debug.post('Debugger.enable');
  const session = new Session({
    lab: emptyLab(),
    loaded: result.loaded,
    bootCode: await loadBoot(BOOT_FILE),
    debugging: folder,
  });
  await session.run(scenarioOf({ nodes: 1, run: (cluster) => cluster.run(1) }), 1);
  session.close();
  debug.disconnect();
  expect(sources).toContain(pathToFileURL(join(folder, 'node.ts')).href);
});
