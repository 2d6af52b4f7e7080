/**
 * Part R: the trigger. A backbone that is gone is an outage in any case; what made this one long is that
 * every site, by itself and for a good reason, took itself off the internet, and all tools with it.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import { Backbone, ON_SITE_REPAIR_MS } from '../backbone.ts';
import type { Trigger } from '../contract.ts';

const TIMES = { atMs: [60_000, 90_000] } as const;
const FOR = { ...TIMES, forMs: [0, 3_600_000] } as const;

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: {
    'run-command': { share: [0, 1], ...TIMES },
    'stop-data-centres': { count: [1, 3], ...FOR },
    'stop-dns-servers': { share: [0, 1], ...FOR },
    'cut-internet': { share: [0, 1], ...FOR },
  },
};

/** Time for probes, and a decision. */
const SOON_MS = 60_000;
const LOST_MS = 1_200_000;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The backbone, a minute after the trigger; from then on nobody finds a DNS server for twenty minutes. */
function trigger(cluster: Cluster): Backbone {
  const backbone = new Backbone(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  for (const event of events) cluster.after(event.atMs, () => backbone.disturb(event));
  cluster.run(60_000 - 1);
  const all = backbone.sites.length;
  cluster.sometimes('all is well before the trigger', backbone.found.length === all);
  const [{ atMs }] = events as readonly [Trigger[number]];
  cluster.run(atMs + SOON_MS - cluster.nowMs);
  const untilMs = cluster.nowMs + LOST_MS;
  while (cluster.nowMs < untilMs) {
    const { found } = backbone;
    cluster.expect(found.length === 0, {
      ruleId: 'still-found',
      rule: 'From a minute after the trigger, for twenty minutes, no site is found on the internet (handout, Part R)',
      evidence: `at ${at(cluster.nowMs)} visitors find ${found.length} of ${all} sites, ${found[0]} among them`,
      lookAt: 'when does a site take itself off the internet, and which ones have no reason to?',
    });
    cluster.run(5000);
  }
  cluster.expect(backbone.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'All DNS servers and data centres run; what failed in 2021 was the backbone (handout, Part R)',
    evidence: `no site is found, but ${backbone.otherCause}`,
    lookAt: 'what was the command meant to measure, and what did it do instead?',
  });
  return backbone;
}

export function allWithdraw(cluster: Cluster): void {
  const backbone = trigger(cluster);
  cluster.tell(`${backbone.withdrawals} sites have withdrawn, with every DNS server running`);
}

export function toolsAreGone(cluster: Cluster): void {
  const backbone = trigger(cluster);
  cluster.runUntil(() => backbone.mendedAfterMs !== undefined, ON_SITE_REPAIR_MS);
  const { mendedAfterMs = Number.POSITIVE_INFINITY } = backbone;
  cluster.expect(mendedAfterMs === ON_SITE_REPAIR_MS, {
    ruleId: 'repaired-from-afar',
    rule: 'Without DNS there are no tools: the backbone is mended on site (handout, Part R)',
    evidence: `it was mended after ${at(mendedAfterMs)}`,
    lookAt: 'for how long did people find a DNS server?',
  });
  cluster.run(SOON_MS);
  cluster.expect(backbone.found.length === backbone.sites.length, {
    ruleId: 'no-way-back',
    rule: 'With the backbone, all sites come back within a minute (handout, Part R)',
    evidence: `${backbone.found.length} of ${backbone.sites.length} are found`,
    lookAt: 'what is still broken?',
  });
}
