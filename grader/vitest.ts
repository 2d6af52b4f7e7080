/**
 * A lab as vitest tests, one per scenario, for editors that run tests: `npx vitest run labs/raft`
 * grades `work/raft`. Runs in the test's own process, so a breakpoint in a student's file works.
 */
import { existsSync } from 'node:fs';
import inspector from 'node:inspector';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { simulated } from './lab.ts';
import { BOOT_FILE, loadLab, ROOT } from './paths.ts';
import { loadBoot } from './realm/load.ts';
import type { Finding } from './report/report.ts';
import { Session } from './session.ts';
import { loadSubmission } from './submission/load.ts';

/** Defines the tests of a lab; only says so when the lab has not been started. */
export async function labAsTests(slug: string, folder = join(ROOT, 'work', slug)): Promise<void> {
  const lab = simulated(await loadLab(slug));
  if (!existsSync(folder)) {
    test.skip(`${slug} is not started: npx lab start ${slug}`, () => {});
    return;
  }
  const submission = await loadSubmission(lab, folder);
  if ('problems' in submission) {
    test(`${lab.entry} can be loaded`, () => expect(submission.problems).toEqual([]));
    return;
  }
  const { loaded } = submission;
  const session = new Session({
    lab,
    loaded,
    bootCode: await loadBoot(BOOT_FILE),
    ...(inspector.url() === undefined ? {} : { debugging: folder }),
  });
  for (const part of lab.parts) {
    describe(`${part.id}  ${part.title}`, () => {
      for (const scenario of part.scenarios) {
        test(`${scenario.id}  ${scenario.title}`, { timeout: 0 }, async () => {
          const seeds = scenario.seeds?.test ?? 5;
          for (let seed = 1; seed <= seeds; seed++) {
            const { result } = await session.run(scenario, seed);
            if (result.verdict === 'passed') continue;
            throw new Error(
              result.finding
                ? explain(result.finding, `lab replay ${slug} ${scenario.id} --seed ${seed}`)
                : result.undecided,
            );
          }
        });
      }
    });
  }
}

function explain(finding: Finding, command: string): string {
  return [
    finding.rule,
    `Evidence  ${finding.evidence}`,
    `Look at   ${finding.lookAt ?? ''}`,
    `Replay    npx ${command}`,
  ].join('\n');
}
