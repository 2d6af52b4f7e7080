/** Cloudflare, 18 November 2025, in miniature: a generated file that nobody expected to be wrong. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import {
  knowsNewBots,
  nothing,
  ofAnotherProduct,
  tooHeavy,
  withstandsCopies,
  withstandsFiles,
  withstandsRestarts,
} from './scenarios/fix.ts';
import { comesAndGoes, oldFileHelps } from './scenarios/reproduce.ts';

const NETWORK = { e: 70, g: 1, d: 1 };
const REPRODUCE = { test: 2, grade: 5 };

export default defineOutage({
  slug: 'cloudflare-2025',
  title: 'The file that did not fit: Cloudflare, 18 November 2025',
  summary: 'A query finds everything twice, and every edge that loads the result goes down.',
  incident: {
    what: 'Cloudflare',
    date: '2025-11-18',
    source: 'https://blog.cloudflare.com/18-november-2025-outage/',
  },
  open: ['bots.ts', 'rollout.ts'],
  given: ['contract.ts', 'system/edge.ts', 'system/generator.ts', 'system/database.ts'],
  methods: {
    e: ['begin', 'bots', 'restart', 'load'],
    g: ['begin'],
    d: ['write', 'changePermissions'],
    o: ['trigger'],
  },
  peers: { e: [], g: ['e', 'd'], d: [], o: [] },
  outputWords: {
    made(value) {
      const { version, shard, features } = value as Record<string, number>;
      return `makes file ${version} from shard ${shard}: ${features} features`;
    },
    down(value) {
      const { version, error } = value as Record<string, string | number>;
      return `goes down with file ${version}: ${error}`;
    },
    up: (value) => `is up with file ${(value as { version: number }).version}`,
    served(value) {
      const { rightly, botsPassed, peopleBlocked, failed } = value as Record<string, number>;
      return `judges ${rightly} rightly, lets ${botsPassed} bots pass, blocks ${peopleBlocked} people, fails ${failed}`;
    },
  },
  hours: '2–4',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'the network comes and goes by itself, and then stays away',
      points: 24,
      nodes: NETWORK,
      seeds: REPRODUCE,
      lookAt: 'which of the ten shards makes a file that does not fit?',
      run: comesAndGoes,
    },
    {
      id: 'R2',
      title: 'without new files, and with an old one everywhere, it is back',
      points: 6,
      nodes: NETWORK,
      seeds: REPRODUCE,
      lookAt: 'what is broken: the edges, or what they are given?',
      run: oldFileHelps,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'each feature is found twice, in more and more shards, and no visitor notices',
      points: 12,
      nodes: NETWORK,
      lookAt: 'what does a file say when every feature is in it twice?',
      run: withstandsCopies(2),
    },
    {
      id: 'F2',
      title: 'nor when it is found four times',
      points: 6,
      nodes: NETWORK,
      lookAt: 'which number of yours is larger than twelve, and why?',
      run: withstandsCopies(4),
    },
    {
      id: 'F3',
      title: 'a weight that is out of all proportion does no harm',
      points: 7,
      nodes: NETWORK,
      lookAt: 'what does one feature of twelve weigh, and who shows it?',
      run: withstandsFiles('a weight is a million', tooHeavy),
    },
    {
      id: 'F4',
      title: 'nor does a file without features',
      points: 6,
      nodes: NETWORK,
      lookAt: 'how many features must a file have to be better than the one before?',
      run: withstandsFiles('the database has lost all features', nothing),
    },
    {
      id: 'F5',
      title: 'a file that looks right and judges wrongly harms few',
      points: 8,
      nodes: NETWORK,
      lookAt: 'who notices that a file judges wrongly, before every edge has it?',
      run: withstandsFiles('the database has features of another product', ofAnotherProduct),
    },
    {
      id: 'F6',
      title: 'edges that restart while files are bad are soon back',
      points: 6,
      nodes: NETWORK,
      lookAt: 'what is left of your repair in an edge that has just started?',
      run: withstandsRestarts,
    },
    {
      id: 'F7',
      title: 'new bots are known everywhere within a minute; then the duplicates',
      points: 5,
      nodes: NETWORK,
      lookAt: 'what are files for, and which good ones does your repair refuse?',
      run: knowsNewBots,
    },
  ],
});
