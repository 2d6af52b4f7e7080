/**
 * Part F: the same change of permissions, then one thing at a time that a file could be: longer still, out
 * of proportion, empty, or wrong though it looks right. And new bots, which are what files are for.
 */
import type { Cluster } from 'faultlab';
import type { Feature } from '../contract.ts';
import { EVERY_MS, minus, Network, shareOf } from '../network.ts';

const WARM_UP_MS = 60_000;
const SHARDS = 10;
/** A file is of use for longer than three of these, and hardly for five. */
const AFTER_MS = 8 * EVERY_MS;
/** This many files in a row are bad, and then as many are good. */
const BAD_FILES = 2;
const ROUNDS = 2;
const RIGHTLY = 0.95;
/** New bots must be known this soon. */
const KNOWN_WITHIN_MS = 60_000;
const percent = (share: number) => `${Math.round(1000 * share) / 10} %`;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

type Say = (known: readonly Feature[]) => readonly Feature[];

/** Permissions change step by step; afterwards each feature is found this many times. */
export function withstandsCopies(copies: number) {
  return (cluster: Cluster): void => {
    const network = new Network(cluster);
    watch(cluster, network, WARM_UP_MS);
    network.changePermissions(SHARDS, EVERY_MS, copies);
    watch(cluster, network, SHARDS * EVERY_MS + AFTER_MS);
  };
}

/** Now and then the database says something else. */
export function withstandsFiles(what: string, say: Say) {
  return (cluster: Cluster): void => {
    const network = changed(cluster);
    for (let round = 0; round < ROUNDS; round++) {
      network.say(what, say);
      watch(cluster, network, BAD_FILES * EVERY_MS);
      network.say('the database is right again', undefined);
      watch(cluster, network, BAD_FILES * EVERY_MS);
    }
    watch(cluster, network, AFTER_MS);
  };
}

/** While the last file to arrive is a bad one, some edges lose power for a moment. */
export function withstandsRestarts(cluster: Cluster): void {
  const network = changed(cluster);
  network.say('the database has lost all features', nothing);
  watch(cluster, network, EVERY_MS);
  cluster.mark('a quarter of the edges are restarted, one after another');
  const quarter = cluster.draw.shuffle(network.edges).slice(0, network.edges.length / 4);
  for (const edge of quarter) {
    cluster.after(cluster.draw.real(0, EVERY_MS), () => network.restart([edge]));
  }
  watch(cluster, network, 2 * EVERY_MS);
  network.say('the database is right again', undefined);
  watch(cluster, network, AFTER_MS);
}

/** What files are for: bots that nobody has seen before are soon known, everywhere. */
export function knowsNewBots(cluster: Cluster): void {
  const network = new Network(cluster);
  watch(cluster, network, WARM_UP_MS);
  network.replaceBots();
  cluster.run(KNOWN_WITHIN_MS);
  watch(cluster, network, WARM_UP_MS);
  network.changePermissions(SHARDS, EVERY_MS);
  watch(cluster, network, SHARDS * EVERY_MS + AFTER_MS);
}

/** A network in which each shard has new permissions already. */
function changed(cluster: Cluster): Network {
  const network = new Network(cluster);
  watch(cluster, network, WARM_UP_MS);
  network.changePermissions(SHARDS, 0);
  watch(cluster, network, EVERY_MS);
  return network;
}

export const nothing: Say = () => [];
/** One weight is out of all proportion. */
export const tooHeavy: Say = (known) =>
  known.map((feature, i) => (i === 0 ? { ...feature, weight: 1_000_000 } : feature));
/** Nothing is wrong with them, except that no bot shows these. */
export const ofAnotherProduct: Say = (known) =>
  known.map(({ name, weight }) => ({ name: `other-${name}`, weight }));

/** Lets time pass; looks at what became of the visitors, from file to file. */
function watch(cluster: Cluster, network: Network, ms: number): void {
  const untilMs = cluster.nowMs + ms;
  while (cluster.nowMs < untilMs) {
    const before = network.served;
    const { crashes } = network;
    cluster.run(EVERY_MS);
    const served = minus(network.served, before);
    const [answered, rightly] = [shareOf(served, 'answered'), shareOf(served, 'rightly')];
    const isDown = answered < RIGHTLY;
    const seconds = EVERY_MS / 1000;
    cluster.expect(rightly >= RIGHTLY, {
      ruleId: isDown ? 'not-answered' : 'wrongly-judged',
      rule: isDown
        ? `In each ${seconds} s, ${percent(RIGHTLY)} of the visitors are answered (handout, The bars)`
        : `In each ${seconds} s, ${percent(RIGHTLY)} of the visitors are judged rightly (handout, The bars)`,
      evidence: isDown
        ? `in the ${seconds} s before ${at(cluster.nowMs)}, ${percent(answered)} were answered; edges went down ${network.crashes - crashes} ×`
        : `in the ${seconds} s before ${at(cluster.nowMs)}, ${percent(rightly)} were; ${served.botsPassed} bots passed, and ${served.peopleBlocked} people were blocked`,
      lookAt: isDown
        ? 'what may be wrong with a file, and what does an edge do then?'
        : 'which file do the edges judge by, and what do they make of it?',
    });
  }
}
