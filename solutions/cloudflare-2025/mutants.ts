/**
 * Triggers that resemble this outage and are not it, and repairs that look right and are not: most of them
 * trust a file for one reason that is not enough.
 */
import { defineMutants, plantIn } from 'faultlab';

const plantTrigger = plantIn('trigger.ts');
const CHANGE = "{ do: 'change-permissions', shards: 10, atMs: 60_000, everyMs: 120_000 }";

const plantBots = plantIn('bots.ts');
const plantRollout = plantIn('rollout.ts');
const inBots = (find: string, replace: string) => ({ file: 'bots.ts', find, replace });

const REFUSES = 'if (weights.size === 0 || weights.size > FEATURES_MAX) return;';
const SANE = 'const sane = features.filter(({ weight }) => weight > 0 && weight <= 100);';
const MAP = 'return new Map(sane.map(({ name, weight }) => [name, weight]));';
const KEEPS = 'this.#kept.keep(file);';

/** What is there twice counts twice. */
const ADDS_UP = inBots(
  MAP,
  'const weights = new Map<string, number>();\n  for (const { name, weight } of sane) weights.set(name, (weights.get(name) ?? 0) + weight);\n  return weights;',
);

/** Every edge gets every file at once. */
const ALL_AT_ONCE = {
  file: 'rollout.ts',
  find: 'await this.#sendAll(canaries, file);',
  replace: 'await this.#sendAll(edges, file);\n    if (edges.length > 0) return;',
};

export default defineMutants([
  plantTrigger('one-shard', {
    bug: 'One shard of ten has new permissions: the network goes down now and then, and comes back.',
    by: 'R1',
    find: CHANGE,
    put: "{ do: 'change-permissions', shards: 1, atMs: 60_000, everyMs: 0 }",
  }),
  plantTrigger('all-shards-at-once', {
    bug: 'All shards change together: the network stays down. Nobody would have thought of an attack.',
    by: 'R1',
    find: CHANGE,
    put: "{ do: 'change-permissions', shards: 10, atMs: 60_000, everyMs: 0 }",
  }),
  plantTrigger('more-features', {
    bug: 'Bots are known by twice the number of features: the same limit, and no duplicates.',
    by: 'R1',
    find: CHANGE,
    put: "{ do: 'double-features', atMs: 60_000, forMs: 3_600_000 }",
  }),
  plantTrigger('edges-restarted', {
    bug: 'All edges are restarted at once: they are back after three seconds.',
    by: 'R1',
    find: CHANGE,
    put: "{ do: 'restart-edges', share: 1, atMs: 60_000 }",
  }),
  plantTrigger('generator-stopped', {
    bug: 'There are no new files for ten minutes: bots pass, but everybody is answered.',
    by: 'R1',
    find: CHANGE,
    put: "{ do: 'stop-generator', atMs: 60_000, forMs: 600_000 }",
  }),

  {
    name: 'twice-the-limit',
    bug: 'Twice as many features fit, and all of them count: people are blocked.',
    killedBy: 'F1',
    edit: [ADDS_UP, inBots(REFUSES, 'if (file.features.length > 40) return;'), ALL_AT_ONCE],
    common: true,
  },
  {
    name: 'goes-on-without',
    bug: 'When a file does not fit there are no features at all: nobody goes down, and every bot passes.',
    killedBy: 'F1',
    edit: [
      inBots(
        REFUSES,
        'if (file.features.length > FEATURES_MAX) {\n      this.#weights = new Map();\n      return;\n    }',
      ),
      ALL_AT_ONCE,
    ],
    common: true,
    shown: true,
  },
  plantBots('last-good-alone', {
    bug: 'A file that is too long is not used, and the last one stays in force: in the end, for good.',
    by: 'F1',
    find: REFUSES,
    put: 'if (weights.size === 0 || file.features.length > FEATURES_MAX) return;',
    common: true,
  }),
  {
    name: 'canaries-alone',
    bug: 'A few edges try each file first, and go down with it: no bad file gets further, nor does any other.',
    killedBy: 'F1',
    edit: [
      ADDS_UP,
      inBots(REFUSES, "if (file.features.length > FEATURES_MAX) throw new RangeError('too many');"),
    ],
    common: true,
  },
  plantBots('limit-on-what-is-found', {
    bug: 'Duplicates are left out, but counted first, against twice the limit: right for two of each.',
    by: 'F2',
    find: REFUSES,
    put: 'if (weights.size === 0 || file.features.length > 2 * FEATURES_MAX) return;',
  }),
  {
    name: 'leaves-out-duplicates-alone',
    bug: 'Duplicates are left out, and all else is believed, even a weight of a million.',
    killedBy: 'F3',
    edit: [inBots(SANE, 'const sane = features;'), ALL_AT_ONCE],
    common: true,
  },
  {
    name: 'an-empty-file-is-a-file',
    bug: 'A file without features is used: it fits.',
    killedBy: 'F4',
    edit: [inBots(REFUSES, 'if (weights.size > FEATURES_MAX) return;'), ALL_AT_ONCE],
  },
  {
    name: 'all-at-once',
    bug: 'A file that makes sense goes to all edges at once, whatever it does there.',
    killedBy: 'F5',
    edit: [ALL_AT_ONCE],
    common: true,
  },
  plantRollout('looks-for-crashes-alone', {
    bug: 'Canaries count as well when they answer; nobody looks at what they answer.',
    by: 'F5',
    find: 'return failed === 0 && share >= BLOCKED_MIN && share <= BLOCKED_MAX;',
    put: 'return failed === 0 && share !== undefined;',
  }),
  {
    name: 'remembers-in-memory',
    bug: 'The last good file is gone after a restart, and the bad one is still there.',
    killedBy: 'F6',
    edit: [inBots(KEEPS, ''), ALL_AT_ONCE],
  },
  plantBots('nothing-new', {
    bug: 'A file is believed only when half of its features are known already.',
    by: 'F7',
    find: REFUSES,
    put: `${REFUSES}\n    const known = [...weights.keys()].filter((name) => this.#weights.has(name));\n    if (this.#weights.size > 0 && known.length < weights.size / 2) return;`,
  }),
  plantRollout('watches-for-too-long', {
    bug: 'Canaries are watched for a minute and a half: by then a file is of little use.',
    by: 'F7',
    find: 'const WATCH_MS = 7000;',
    put: 'const WATCH_MS = 90_000;',
  }),
]);
