/**
 * The contract of every lab: the solution passes, the skeleton scores nothing and breaks nothing,
 * every mutant is killed by the scenario that says so, and one seed gives one run. What a student reads
 * about each mutant, and about the skeleton, is kept beside the solution in `messages.txt`: whoever
 * changes a scenario sees there what it says now.
 */
import { join } from 'node:path';
import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import {
  isSimulated,
  type Lab,
  pointsOfPart,
  type Scenario,
  type SimulatedLab,
} from '../grader/lab.ts';
import type { Mutant } from '../grader/mutant.ts';
import { BOOT_FILE, labFolder, ROOT } from '../grader/paths.ts';
import { loadBoot } from '../grader/realm/load.ts';
import type { ScenarioResult, SeedResult } from '../grader/report/report.ts';
import { failureLines } from '../grader/report/terminal.ts';
import { Session } from '../grader/session.ts';
import { loadSubmission } from '../grader/submission/load.ts';
import { course } from '../outages/index.ts';

const { createColors } = picocolors;
const bootCode = await loadBoot(BOOT_FILE);

async function open(
  lab: SimulatedLab,
  folder: string,
  edits: Mutant['edit'] = [],
): Promise<Session> {
  const used = (lab.uses ?? []).map((slug) => [slug, join(ROOT, 'solutions', slug)]);
  const submission = await loadSubmission(lab, folder, { edits, uses: Object.fromEntries(used) });
  if ('problems' in submission) throw new Error(JSON.stringify(submission.problems));
  return new Session({ lab, loaded: submission.loaded, bootCode });
}

/** The first run of seeds 1 … count that does not pass, with its trace. */
async function firstBad(session: Session, scenario: Scenario, count: number) {
  // Of a sweep, which is hundreds of runs, only the one that fails is told.
  const keepTrace = scenario.sweep === undefined;
  for (let seed = 1; seed <= count; seed++) {
    const { result, plan } = await session.run(scenario, seed, { keepTrace });
    if (result.verdict === 'passed') continue;
    if (keepTrace) return result;
    return (await session.run(scenario, seed, { keepTrace: true, plan })).result;
  }
  return undefined;
}

/** What a student reads about a failing seed, as it was drawn. */
function message(lab: Lab, scenario: Scenario, result: SeedResult): string {
  const lines = failureLines(lab.slug, scenarioResultOf(scenario, result), STYLE);
  const where = `${scenario.id} ${result.finding?.ruleId}`;
  expect(result.finding?.lookAt, `${where} asks no question`).toContain('?');
  expect(lines.slice(0, -1).filter((line) => line.length > 80)).toEqual([]);
  return lines.join('\n');
}

const STYLE = { colours: createColors(false), command: 'lab' };

function scenarioResultOf(scenario: Scenario, firstBad: SeedResult): ScenarioResult {
  const { id, title, points } = scenario;
  const { verdict, virtualMs, events, chart } = firstBad;
  const counts = { earned: 0, seedsRun: 1, seedsPassed: 0, virtualMs, events };
  return { id, title, points, verdict, firstBad, ...counts, ...(chart ? { chart } : {}) };
}

/** Declares the tests of a lab; each has a file of its own, so that they run side by side. */
export async function contract(slug: string): Promise<void> {
  const entry = course.find((one) => one.slug === slug);
  if (entry === undefined) throw new Error(`the course has no ${slug}`);
  const lab = await entry.load();
  // Those on real servers have a contract test of their own: npm run servers.
  if (!isSimulated(lab)) throw new Error(`${slug} is on real servers`);
  const mutants = await entry.mutants();
  // Of outages the same few lines can be repaired in several ways; of labs, see `npm run soundness`.
  const variants = lab.shipped === undefined ? [] : await entry.variants();
  const scenarios = lab.parts.flatMap((part) => part.scenarios);
  const solution = join(ROOT, 'solutions', lab.slug);

  describe(lab.slug, () => {
    const messages: string[] = [];

    test('the solution passes every scenario, and one seed gives one run', {
      timeout: 0,
    }, async () => {
      // More seeds: npm run soundness.
      const seed = 1;
      const [used, fresh] = [await open(lab, solution), await open(lab, solution)];
      for (const scenario of scenarios) {
        const { result: first } = await used.run(scenario, seed);
        expect([scenario.id, first]).toMatchObject([scenario.id, { verdict: 'passed' }]);
        // Other realms, used by nobody, and the trace kept: the run is the same.
        fresh.refresh();
        const { result: second } = await fresh.run(scenario, seed, { keepTrace: true });
        expect([scenario.id, second.traceHash]).toEqual([scenario.id, first.traceHash]);
      }
      used.close();
      fresh.close();
    });

    test('the skeleton fails every scenario, with a finding', { timeout: 0 }, async () => {
      const session = await open(lab, join(labFolder(lab.slug), 'skeleton'));
      for (const scenario of scenarios) {
        const result = await firstBad(session, scenario, 1);
        expect([scenario.id, result?.verdict]).toEqual([scenario.id, 'failed']);
        expect(['liveness', 'safety', 'contract']).toContain(result?.finding?.kind);
        messages.push(`the skeleton\n${message(lab, scenario, result as SeedResult)}`);
      }
      session.close();
    });

    test('points are whole, and sum to 100', () => {
      const points = scenarios.map((scenario) => scenario.points);
      expect(points.every(Number.isInteger)).toBe(true);
      expect(lab.parts.map(pointsOfPart).reduce((a, b) => a + b, 0)).toBe(100);
      expect(new Set(scenarios.map((s) => s.id)).size).toBe(scenarios.length);
    });

    for (const mutant of mutants) {
      const live = mutant.equivalent === undefined;
      const title = live ? `${mutant.killedBy} kills ${mutant.name}` : `${mutant.name} is harmless`;
      test(title, { timeout: 0 }, async () => {
        const session = await open(lab, solution, mutant.edit);
        const scenario = scenarios.find((s) => s.id === mutant.killedBy);
        if (live) {
          if (scenario === undefined) throw new Error(`there is no scenario ${mutant.killedBy}`);
          const result = await firstBad(session, scenario, scenario.seeds?.test ?? 5);
          expect(result?.verdict).toBe('failed');
          messages.push(`${mutant.name}\n${message(lab, scenario, result as SeedResult)}`);
        }
        session.close();
      });
    }

    for (const { name, edit, mayFail = {} } of variants) {
      test(`${name} is right, too`, { timeout: 0 }, async () => {
        const session = await open(lab, solution, edit);
        for (const scenario of scenarios) {
          if (scenario.shipped || mayFail[scenario.id] !== undefined) continue;
          const { result } = await session.run(scenario, 1);
          expect([scenario.id, result]).toMatchObject([scenario.id, { verdict: 'passed' }]);
        }
        session.close();
      });
    }

    test('the messages are those that were read and approved', async () => {
      await expect(`${messages.join('\n\n')}\n`).toMatchFileSnapshot(
        join(solution, 'messages.txt'),
      );
    });
  });
}
