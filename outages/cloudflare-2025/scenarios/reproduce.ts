/**
 * Part R: the trigger. A file that does not fit takes every edge down; what made this outage hard to see is
 * that the next file fits, and the one after that does not.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import type { Trigger } from '../contract.ts';
import { EVERY_MS, minus, Network, shareOf } from '../network.ts';

const TIMES = { atMs: [60_000, 90_000] } as const;

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: {
    'change-permissions': { shards: [0, 10], ...TIMES, everyMs: [0, 120_000] },
    'double-features': { ...TIMES, forMs: [0, 3_600_000] },
    'restart-edges': { share: [0, 1], ...TIMES },
    'stop-generator': { ...TIMES, forMs: [0, 600_000] },
  },
};

const DOWN = 0.05;
const UP = 0.95;
/** After a file, edges have this long to load it, or to start with it. */
const SETTLE_MS = 5000;
/** As long as the longest trigger and two files more. */
const OVER_AT_MS = 1_240_000;
const DOWN_MS = 300_000;
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Runs until the next file is made; returns the share of visitors that were answered from then on. */
function oneFile(cluster: Cluster, network: Network): number {
  cluster.run(SETTLE_MS);
  const before = network.served;
  cluster.run(EVERY_MS - SETTLE_MS);
  return shareOf(minus(network.served, before), 'answered');
}

/** The network after the trigger, and how often it has come back by itself. */
function trigger(cluster: Cluster): { network: Network; recoveries: number } {
  const network = new Network(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  for (const event of events) cluster.after(event.atMs, () => network.disturb(event));
  let recoveries = 0;
  let isDown = false;
  while (cluster.nowMs < OVER_AT_MS) {
    const answered = oneFile(cluster, network);
    if (cluster.nowMs <= 60_000) cluster.sometimes('all is well before', answered === 1);
    if (answered <= DOWN) isDown = true;
    if (answered < UP || !isDown) continue;
    recoveries++;
    isDown = false;
  }
  return { network, recoveries };
}

export function comesAndGoes(cluster: Cluster): void {
  const { network, recoveries } = trigger(cluster);
  const untilMs = cluster.nowMs + DOWN_MS;
  while (cluster.nowMs < untilMs) {
    const answered = oneFile(cluster, network);
    cluster.expect(answered <= DOWN, {
      ruleId: 'not-down',
      rule: `In the end, for five minutes, at most ${percent(DOWN)} of the visitors are answered (handout, Part R)`,
      evidence: `in the 15 s before ${at(cluster.nowMs)}, ${percent(answered)} were answered; ${network.changed} of 10 shards have new permissions`,
      lookAt: 'which shards may the generator ask, and how many features does it find there?',
    });
  }
  cluster.tell(
    `the network came back ${recoveries} × by itself, and ${network.crashes} edges crashed`,
  );
  cluster.expect(network.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'What changed in 2025 was permissions, and nothing else (handout, Part R)',
    evidence: `the network is down, but ${network.otherCause}`,
    lookAt: 'what can change about a query whose text and whose table stay the same?',
  });
  cluster.expect(recoveries >= 2, {
    ruleId: 'no-alternation',
    rule: 'Before that, the network goes down and comes back by itself, twice or more (handout, Part R)',
    evidence: `it came back ${recoveries} × before ${at(OVER_AT_MS)}`,
    lookAt:
      'how many of ten shards must have changed for the next file to be good or bad by chance?',
  });
}

export function oldFileHelps(cluster: Cluster): void {
  const { network } = trigger(cluster);
  const down = oneFile(cluster, network);
  cluster.expect(down <= DOWN, {
    ruleId: 'not-down',
    rule: 'The trigger takes the network down (handout, Part R)',
    evidence: `in the 15 s before ${at(cluster.nowMs)}, ${percent(down)} of the visitors were answered`,
    lookAt: 'does R1 pass?',
  });
  network.restoreByHand();
  for (let i = 0; i < 6; i++) {
    const answered = oneFile(cluster, network);
    cluster.expect(answered >= UP, {
      ruleId: 'no-way-back',
      rule: 'Without new files, and with an old one, visitors are answered again (handout, Part R)',
      evidence: `in the 15 s before ${at(cluster.nowMs)}, ${percent(answered)} were answered`,
      lookAt: 'what takes edges down when they have a file that fits?',
    });
  }
}
