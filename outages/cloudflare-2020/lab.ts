/** Cloudflare, 2 November 2020, in miniature: a switch half fails, and a store elects leaders without end. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import {
  atNight,
  badNetwork,
  deafLeader,
  leadersDie,
  oneHearsAll,
  ownRaft,
  threeDeadLinks,
  twoHangOn,
} from './scenarios/fix.ts';
import { everyLinkCounts, nobodyLeadsForLong } from './scenarios/reproduce.ts';

const CREW = { n: 5, d: 2, r: 0 };
const SEEDS = { test: 2, grade: 5 };

export default defineOutage({
  slug: 'cloudflare-2020',
  title: 'Half a switch: Cloudflare, 2 November 2020',
  summary: 'A switch drops some links; a majority elects leaders, and nobody leads.',
  incident: {
    what: 'Cloudflare, control plane',
    date: '2020-11-02',
    source: 'https://blog.cloudflare.com/a-byzantine-failure-in-the-real-world/',
  },
  open: ['election.ts'],
  uses: ['raft'],
  given: ['contract.ts', 'system/member.ts', 'system/database.ts'],
  methods: {
    n: ['inspect'],
    d: ['begin'],
    r: ['start', 'propose', 'inspect'],
    o: ['trigger'],
  },
  peers: { n: ['n'], d: ['n'], r: ['r'], o: [] },
  outputWords: {
    campaigns: (value) => `campaigns in term ${termOf(value)}`,
    leads: (value) => `leads in term ${termOf(value)}`,
    deposed: (value) => `leads no more: term ${termOf(value)}`,
    reported(value) {
      const { report, to } = value as { report: string; to: string };
      return `has ${report} written by ${to}`;
    },
    failed: (value) => `cannot write ${(value as { report: string }).report}`,
    promoted: (value) =>
      `promotes its replica: ${(value as { writtenPercent: number }).writtenPercent} % of its reports were written`,
  },
  hours: '3–5',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'every member runs, and nobody leads for long',
      points: 20,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'who does not hear the leader?',
      run: nobodyLeadsForLong,
    },
    {
      id: 'R2',
      title: 'with any one of the dead links left whole, somebody does',
      points: 10,
      nodes: CREW,
      seeds: { ...SEEDS, test: 1 },
      lookAt: 'which of your dead links does nobody miss?',
      run: everyLinkCounts,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'three dead links, and the leader leads on',
      points: 9,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'who deposed the leader, and what did that member know of it?',
      run: threeDeadLinks,
    },
    {
      id: 'F2',
      title: 'so it does when two members reach only one other each',
      points: 6,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'through whom does a member that hears nobody depose the leader?',
      run: twoHangOn,
    },
    {
      id: 'F3',
      title: 'when one member alone reaches a majority, it leads soon',
      points: 8,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'who could win an election now, and what keeps it from trying?',
      run: oneHearsAll,
    },
    {
      id: 'F4',
      title: 'a leader that is heard and hears nothing is replaced',
      points: 7,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what does a leader know that its followers do not?',
      run: deafLeader,
    },
    {
      id: 'F5',
      title: 'a leader that dies is replaced, and so is the next one',
      points: 7,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'who may campaign, after how long, and whose consent does it wait for?',
      run: leadersDie,
    },
    {
      id: 'F6',
      title: 'lost messages are no reason for an election',
      points: 4,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'how many lost messages make a leader give up?',
      run: badNetwork,
    },
    {
      id: 'F7',
      title: 'nor are dead links at night, when nothing is written',
      points: 4,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what protects the leader when nobody has a newer log?',
      run: atNight,
    },
    {
      id: 'F8',
      title: 'your own Raft leads on, too',
      points: 5,
      nodes: { ...CREW, r: 5 },
      seeds: { ...SEEDS, test: 1 },
      lookAt: 'what have you built in part E of the Raft lab that was missing here?',
      run: ownRaft,
    },
  ],
});

const termOf = (value: unknown) => (value as { term: number }).term;
