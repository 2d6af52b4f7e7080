/** GitHub, 21 October 2018, in miniature: a failover across regions, and no way back. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import {
  controllerAlone,
  eastDies,
  flaps,
  longCut,
  primaryDies,
  primaryDiesLateReplica,
  survivesCut,
} from './scenarios/fix.ts';
import { noWayBack, repairedByHand } from './scenarios/reproduce.ts';

const CREW = { e: 3, w: 2, k: 1, a: 2 };
const SEEDS = { test: 2, grade: 5 };

export default defineOutage({
  slug: 'github-2018',
  title: 'No way back: GitHub, 21 October 2018',
  summary: 'The network fails for 43 seconds, and the writes of two regions have parted.',
  incident: {
    what: 'GitHub, US East Coast',
    date: '2018-10-21',
    source: 'https://github.blog/2018-10-30-oct21-post-incident-analysis/',
  },
  open: ['failover.ts'],
  given: ['contract.ts', 'system/database.ts', 'system/controller.ts', 'system/app.ts'],
  methods: {
    e: ['writes'],
    w: ['writes'],
    k: ['repairByHand'],
    a: ['begin'],
    o: ['trigger'],
  },
  peers: { e: ['e', 'w'], w: ['e', 'w'], k: ['e', 'w'], a: ['e', 'w', 'k'], o: [] },
  outputWords: {
    promoted: (value) => `is promoted, epoch ${(value as { epoch: number }).epoch}`,
    diverged: (value) => `cannot follow ${(value as { from: string }).from}: it has other writes`,
    'set-aside': (value) => `sets ${count(value)} writes aside`,
    discarded: (value) => `forgets ${count(value)} writes`,
    written(value) {
      const { write, by, tookMs } = value as { write: string; by: string; tookMs: number };
      return `has ${write} written by ${by} in ${tookMs} ms`;
    },
    failed: (value) => `cannot write ${(value as { write: string }).write}`,
  },
  hours: '3–5',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'each region has writes that the other lacks, and there is no way back',
      points: 22,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'who was promoted, and who did not know?',
      run: noWayBack,
    },
    {
      id: 'R2',
      title: 'once people have set the writes aside, all databases follow again',
      points: 8,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what kept the databases in the East from following?',
      run: repairedByHand,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'a cut of 43 s changes nothing',
      points: 9,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'for whom is the primary gone?',
      run: survivesCut(43_000),
    },
    {
      id: 'F2',
      title: 'nor does one of 100 s',
      points: 7,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'how long is too long, and who says so?',
      run: survivesCut(100_000),
    },
    {
      id: 'F3',
      title: 'a primary that dies is replaced within half a minute, in its region',
      points: 7,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what do you know about a primary whose neighbours answer?',
      run: primaryDies,
    },
    {
      id: 'F4',
      title: 'by one that has all it had',
      points: 5,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'which of the replicas has what was acknowledged?',
      run: primaryDiesLateReplica,
    },
    {
      id: 'F5',
      title: 'when the whole East dies, the West takes over',
      points: 7,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what is the West for?',
      run: eastDies,
    },
    {
      id: 'F6',
      title: 'in a cut of five minutes it does, too; no write is forgotten, and the East returns',
      points: 8,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'when must the East have stopped, and what does it have that nobody else has?',
      run: longCut,
    },
    {
      id: 'F7',
      title: 'twenty short cuts do not make a long one',
      points: 4,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what does your failover remember of the last cut?',
      run: flaps,
    },
    {
      id: 'F8',
      title: 'a controller that is alone in not hearing the primary leaves it be',
      points: 3,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'whom else can a controller ask?',
      run: controllerAlone,
    },
  ],
});

const count = (value: unknown) => (value as { writes: readonly string[] }).writes.length;
