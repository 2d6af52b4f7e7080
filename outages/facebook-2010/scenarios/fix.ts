/**
 * Part F: the same value, then one dimension at a time: a correction that does not reach the cache, more
 * keys, more servers, a slower database, servers that are lost while they repair. And what the repair was
 * for must still work.
 */
import type { Cluster } from 'faultlab';
import type { Settings } from '../contract.ts';
import { FRESH_WITHIN_MS, Site } from '../site.ts';

const WARM_UP_MS = 60_000;
const INVALID_MS = 60_000;
/** Long enough to see who uses an old value. */
const AFTER_MS = FRESH_WITHIN_MS + 20_000;
const WINDOW_MS = 10_000;
const WELL = 0.99;
const LOAD_MAX = 0.8;
const CALM_QUERIES_PER_S = 0.5;
/** This many web servers are lost while they ask for a value. */
const LOST = 4;

const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

interface Case {
  readonly settings?: Partial<Settings>;
  /** Whether the correction is pushed to the cache, too. */
  readonly inCache?: boolean;
}

/** The claim of most of part F: an invalid value comes and goes, and no visitor notices. */
export function withstands({ settings = {}, inCache = true }: Case = {}) {
  return (cluster: Cluster): void => {
    const site = new Site(cluster, settings);
    watch(cluster, site, WARM_UP_MS);
    const { queries } = site;
    withstandsInvalid(cluster, site, { inCache });
    const perS = (site.queries - queries) / ((INVALID_MS + AFTER_MS) / 1000);
    cluster.tell(`${perS.toFixed(2)} queries a second, of ${site.capacityPerS} that can be done`);
  };
}

function withstandsInvalid(cluster: Cluster, site: Site, correction: { inCache?: boolean }): void {
  site.publishInvalid();
  watch(cluster, site, INVALID_MS);
  site.correct(correction);
  watch(cluster, site, AFTER_MS);
}

/** A server may go down while it repairs; another must take over. */
export function withstandsLoss(cluster: Cluster): void {
  const site = new Site(cluster);
  watch(cluster, site, WARM_UP_MS);
  const lost = new Set<string>();
  cluster.filter(({ kind, method, from }) => {
    const isRepair = kind === 'request' && method === 'query' && lost.size < LOST;
    if (!isRepair || lost.has(from)) return undefined;
    lost.add(from);
    cluster.after(1, () => {
      cluster.mark(`${from} goes down while it waits for the database`);
      cluster.crash(from);
    });
    return undefined;
  });
  site.publishInvalid();
  watch(cluster, site, 100_000);
  site.correct({ inCache: false });
  watch(cluster, site, AFTER_MS);
  cluster.sometimes('somebody was lost while it repaired', lost.size > 0);
  cluster.mark('the lost servers are back');
  for (const server of lost) site.restart(server);
  watch(cluster, site, AFTER_MS);
}

/** What the repair was for: the cache is wrong or empty, and the database knows better. */
export function mendsCache(cluster: Cluster): void {
  const site = new Site(cluster);
  watch(cluster, site, WARM_UP_MS);
  site.damageCache();
  site.correct({ inCache: false });
  watch(cluster, site, AFTER_MS);
  site.stopCache(2000);
  site.correct({ inCache: false });
  watch(cluster, site, AFTER_MS);
  withstandsInvalid(cluster, site, {});
}

/** Calm: changes are followed, and the database has nothing to do. Then the invalid value. */
export function calmIsCheap(cluster: Cluster): void {
  const site = new Site(cluster);
  for (let i = 0; i < 3; i++) {
    watch(cluster, site, WARM_UP_MS);
    site.correct();
  }
  watch(cluster, site, WARM_UP_MS);
  const perS = (1000 * site.queries) / cluster.nowMs;
  cluster.expect(perS <= CALM_QUERIES_PER_S, {
    ruleId: 'calm-cost',
    rule: `In calm times there are at most ${CALM_QUERIES_PER_S} queries a second (handout, The bars)`,
    evidence: `${perS.toFixed(2)} queries a second, with nothing to repair`,
    lookAt: 'who asks the database although the cache has a valid value?',
  });
  withstandsInvalid(cluster, site, {});
}

/** Lets time pass; the rules that hold at all times are checked every ten seconds. */
function watch(cluster: Cluster, site: Site, ms: number): void {
  const untilMs = cluster.nowMs + ms;
  while (cluster.nowMs < untilMs) {
    const { pages, made, queries } = site;
    cluster.run(WINDOW_MS);
    expectFresh(cluster, site);
    const all = site.pages - pages;
    const share = (site.made - made) / Math.max(1, all);
    cluster.expect(share >= WELL, {
      ruleId: 'pages-missing',
      rule: `${percent(WELL)} of the pages can be made at all times (handout, The bars)`,
      evidence: `in the 10 s before ${at(cluster.nowMs)}, ${percent(share)} of ${all} pages were made; the database got ${((site.queries - queries) / 10).toFixed(1)} queries a second, and can do ${site.capacityPerS}`,
      lookAt: 'what could a web server make the page with while there is no valid value to be had?',
    });
    const perS = (1000 * (site.queries - queries)) / WINDOW_MS;
    cluster.expect(perS <= LOAD_MAX * site.capacityPerS, {
      ruleId: 'database-load',
      rule: `The database gets at most ${percent(LOAD_MAX)} of the queries that it can do (handout, The bars)`,
      evidence: `in the 10 s before ${at(cluster.nowMs)} it got ${perS.toFixed(1)} queries a second, and can do ${site.capacityPerS}`,
      lookAt: 'how many web servers try to repair the same key, and how often does each of them?',
    });
  }
}

function expectFresh(cluster: Cluster, site: Site): void {
  const bad = site.badPage;
  if (bad === undefined) return;
  const { server, key, value, newest, forMs } = bad;
  const isOld = forMs > 0;
  const used = `${server} has made a page with ${key} = ${value.limit} (version ${value.version})`;
  cluster.fail({
    kind: 'safety',
    ruleId: isOld ? 'outdated' : 'invalid-used',
    rule: isOld
      ? `A page is not made with a value that was replaced more than ${at(FRESH_WITHIN_MS)} ago (handout, The bars)`
      : 'A page is only made with a valid value that was published (handout, The bars)',
    evidence: isOld
      ? `${used}, which version ${newest.version} had replaced ${at(forMs)} earlier`
      : `${used}; the last valid one is ${newest.limit} (version ${newest.version})`,
    lookAt: isOld
      ? 'who fetches the new value, and who tells the others?'
      : 'how does a web server know that it can use a value?',
  });
}
