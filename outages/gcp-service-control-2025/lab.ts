/** Google Cloud's Service Control, 12 June 2025, in miniature: poison data, and the herd after it. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import { blankPolicy, comesBack, oneIsBackSoon } from './scenarios/fix.ts';
import { staysDown, throttled } from './scenarios/reproduce.ts';

const REGION = { t: 100, d: 1 };
const LARGE = { t: 250, d: 1 };
const REPRODUCE = { test: 2, grade: 5 };

export default defineOutage({
  slug: 'gcp-service-control-2025',
  title: 'Poison, and the herd after it: Google Cloud, 12 June 2025',
  summary: 'A policy with blank fields crashes every task; good data does not bring them back.',
  incident: {
    what: 'Google Cloud Service Control',
    date: '2025-06-12',
    source: 'https://status.cloud.google.com/incidents/ow5i3PPK96RduMcb1SsW',
  },
  open: ['check.ts', 'start.ts', 'admit.ts'],
  given: ['contract.ts', 'system/task.ts', 'system/datastore.ts'],
  methods: { t: ['begin', 'kill', 'policyChanged'], d: ['configure', 'write'], o: ['trigger'] },
  peers: { t: ['d'], d: [], o: [] },
  outputWords: {
    up: () => 'serves',
    starting: () => 'begins to start',
    judged: () => 'judges its requests',
    down: (value) => `is down: ${(value as { reason?: string }).reason}`,
  },
  hours: '3–5',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'bad data crashes all tasks, and with good data none of them comes back',
      points: 22,
      nodes: REGION,
      seeds: REPRODUCE,
      lookAt: 'what do a hundred tasks do when they start at the same time?',
      run: staysDown,
    },
    {
      id: 'R2',
      title: 'let go in small groups, they do',
      points: 8,
      nodes: REGION,
      seeds: REPRODUCE,
      lookAt: 'what keeps the region down when the data is good?',
      run: throttled,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'a blank policy crashes nobody and costs no other policy; a change is followed',
      points: 10,
      nodes: REGION,
      lookAt: 'what may a task assume about data that somebody else has written?',
      run: blankPolicy,
    },
    {
      id: 'F2',
      title: 'after a crash of all tasks the region is back within 180 s',
      points: 8,
      nodes: REGION,
      lookAt: 'how many may start at the same time, and who decides?',
      run: comesBack(),
    },
    {
      id: 'F3',
      title: 'one of 250 tasks, within 320 s',
      points: 8,
      nodes: LARGE,
      lookAt:
        'which constant in your repair is a number of tasks, or a time that all of them need?',
      run: comesBack({ withinMs: 320_000 }),
    },
    {
      id: 'F4',
      title: 'one whose datastore is half as fast, within 300 s',
      points: 8,
      nodes: REGION,
      lookAt: 'which constant in your repair is really the time a read takes?',
      run: comesBack({ settings: { readMs: 400 }, withinMs: 300_000 }),
    },
    {
      id: 'F5',
      title: 'one that loses the tasks that are just starting, within 220 s',
      points: 8,
      nodes: REGION,
      lookAt: 'who gives back what a task held once it is gone?',
      run: comesBack({ lostAfterMs: 20_000, withinMs: 220_000 }),
    },
    {
      id: 'F6',
      title: 'a task that crashes alone is back within 30 s; then all of them crash',
      points: 8,
      nodes: REGION,
      lookAt: 'what does your repair do when nothing is wrong with the others?',
      run: oneIsBackSoon,
    },
  ],
});
