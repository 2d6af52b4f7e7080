/**
 * Part R: the trigger. That no page can be made without a valid value is no wonder; what makes this outage
 * what it was is that none can be made with one: those who repair the cache keep it empty.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import type { Trigger } from '../contract.ts';
import { Site } from '../site.ts';

const TIMES = { atMs: [60_000, 90_000] } as const;

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: {
    'publish-invalid': { ...TIMES, forMs: [0, 60_000] },
    'damage-cache': TIMES,
    'stop-cache': { ...TIMES, forMs: [0, 60_000] },
    'stop-database': { ...TIMES, forMs: [0, 60_000] },
    'more-pages': { times: [1, 4], ...TIMES, forMs: [0, 60_000] },
  },
};

/** Down means that at most this share of the pages is made. */
const DOWN = 0.05;
const WELL = 0.99;
const CAPACITY = 4;
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const measured = ({ pages, made, queries, answers, inTime, removedValid, workedMs }: Site) => {
  return { pages, made, queries, answers, inTime, removedValid, workedMs };
};

type Measured = ReturnType<typeof measured>;

/** The site half a minute after the trigger is over. */
function trigger(cluster: Cluster): Site {
  const site = new Site(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  for (const event of events) cluster.after(event.atMs, () => site.disturb(event));
  cluster.run(50_000);
  const { pages, made } = site;
  cluster.run(10_000 - 1);
  cluster.sometimes('all is well before the trigger', site.made - made === site.pages - pages);
  const overAtMs = Math.max(...events.map((e) => e.atMs + ('forMs' in e ? e.forMs : 0)));
  cluster.run(overAtMs + 30_000 - cluster.nowMs);
  expectDown(cluster, site, 'collapse', 'Half a minute after the trigger, no page can be made');
  return site;
}

const LOOK_AT = {
  collapse: 'for how long must every page ask the database before its answers come too late?',
  persistence: 'the value is valid again: who takes it out of the cache, and why?',
  'capacity-cures': 'how long is the line of queries, and how long does a web server wait?',
};

/** Looks at the next ten seconds. */
function expectDown(
  cluster: Cluster,
  site: Site,
  ruleId: keyof typeof LOOK_AT,
  rule: string,
): void {
  const before = measured(site);
  cluster.run(10_000);
  const [pages, made] = [site.pages - before.pages, site.made - before.made];
  cluster.expect(made <= DOWN * pages, {
    ruleId,
    rule: `${rule}: at most ${percent(DOWN)} of them (handout, Part R)`,
    evidence: `in the 10 s before ${at(cluster.nowMs)}, ${made} of ${pages} pages were made`,
    lookAt: LOOK_AT[ruleId],
  });
}

export function staysDown(cluster: Cluster): void {
  const site = trigger(cluster);
  const before = measured(site);
  const fromMs = cluster.nowMs;
  for (let i = 0; i < 18; i++) {
    const rule = 'With a valid value published, no page can be made for three minutes';
    expectDown(cluster, site, 'persistence', rule);
  }
  expectFeedback(cluster, site, before, (cluster.nowMs - fromMs) / 1000);
}

/** The mechanism: queries for nobody, and a cache that is emptied by those who want to fill it. */
function expectFeedback(cluster: Cluster, site: Site, before: Measured, seconds: number): void {
  const now = measured(site);
  const utilisation = (now.workedMs - before.workedMs) / (site.cpus * seconds * 1000);
  const answers = now.answers - before.answers;
  const inTime = (now.inTime - before.inTime) / Math.max(1, answers);
  const queriesPerS = (now.queries - before.queries) / seconds;
  cluster.tell(
    `${queriesPerS.toFixed(0)} queries a second, ${percent(inTime)} of the answers in time; a valid value was removed from the cache ${now.removedValid} ×`,
  );
  cluster.expect(site.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'What failed in 2010 was a value, and nothing else (handout, Part R)',
    evidence: `the site stays down, but ${site.otherCause}`,
    lookAt: 'what can somebody type that every web server then wants to repair?',
  });
  cluster.expect(utilisation >= 0.95 && inTime <= 0.05, {
    ruleId: 'work-for-nobody',
    rule: 'The database is busy, and nearly all of its answers are late (handout, Part R)',
    evidence: `its CPUs were ${percent(utilisation)} busy, and ${percent(inTime)} of ${answers} answers came in time`,
    lookAt: 'how long does a query wait in the line, and how long does the web server?',
  });
  cluster.expect(queriesPerS >= 3 * site.capacityPerS, {
    ruleId: 'few-queries',
    rule: 'Three times as many queries are sent as the database can do, or more (handout, Part R)',
    evidence: `${queriesPerS.toFixed(1)} queries a second, and it can do ${site.capacityPerS}`,
    lookAt: 'what does each page do when it finds nothing in the cache?',
  });
  cluster.expect(now.removedValid > 0, {
    ruleId: 'nothing-removed',
    rule: 'A valid value was removed from the cache by a web server (handout, Part R)',
    evidence: 'no valid value was removed',
    lookAt: 'what does a web server conclude from an error of the database?',
  });
}

export function capacityAlone(cluster: Cluster): void {
  const site = trigger(cluster);
  site.multiplyCapacity(CAPACITY);
  cluster.run(110_000);
  const rule = `${CAPACITY} × the capacity alone does not bring the pages back`;
  expectDown(cluster, site, 'capacity-cures', rule);
}

export function withoutVisitors(cluster: Cluster): void {
  const site = trigger(cluster);
  site.letIn(0);
  cluster.run(60_000);
  for (const share of [0.1, 0.25, 0.5, 1]) {
    site.letIn(share);
    cluster.run(10_000);
  }
  const before = measured(site);
  cluster.run(30_000);
  const share = (site.made - before.made) / Math.max(1, site.pages - before.pages);
  cluster.expect(share >= WELL, {
    ruleId: 'no-way-back',
    rule: 'Without visitors for a minute, and then with more and more, the site comes back (handout, Part R)',
    evidence: `with all of them back, ${percent(share)} of the pages are made`,
    lookAt: 'what is still broken when visitors are let in again?',
  });
}
