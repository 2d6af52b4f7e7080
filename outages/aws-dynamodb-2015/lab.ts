/** Amazon DynamoDB, 20 September 2015, in miniature: a retry storm that outlives its cause. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import { calmIsCheap, comesBack, oneAlone } from './scenarios/fix.ts';
import { capacityAlone, pauseAndCapacity, staysDown } from './scenarios/reproduce.ts';

const REGION = { s: 100, m: 1 };
const TWICE = { s: 200, m: 1 };
const REPRODUCE = { test: 2, grade: 5 };

export default defineOutage({
  slug: 'aws-dynamodb-2015',
  title: 'The retry storm: DynamoDB, 20 September 2015',
  summary: 'Servers lose the network for seconds; hours later they are still asking.',
  incident: {
    what: 'Amazon DynamoDB, us-east-1',
    date: '2015-09-20',
    source: 'https://aws.amazon.com/message/5467D2/',
  },
  open: ['renew.ts', 'admit.ts'],
  given: ['contract.ts', 'system/storage.ts', 'system/metadata.ts'],
  methods: { s: ['begin', 'networkIsBack'], m: ['configure', 'work'], o: ['trigger'] },
  peers: { s: ['m'], m: [], o: [] },
  hours: '3–5',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'the disturbance is over, and the region stays down, busy for nobody',
      points: 18,
      nodes: REGION,
      seeds: REPRODUCE,
      lookAt: 'who asks when, and how long does an answer take by then?',
      run: staysDown,
    },
    {
      id: 'R2',
      title: 'four times the capacity alone does not bring it back',
      points: 6,
      nodes: REGION,
      seeds: REPRODUCE,
      lookAt: 'how many questions arrive a second, and how many can be answered in time?',
      run: capacityAlone,
    },
    {
      id: 'R3',
      title: 'a pause in which capacity is added does',
      points: 6,
      nodes: REGION,
      seeds: REPRODUCE,
      lookAt: 'what keeps the region down when nothing is broken?',
      run: pauseAndCapacity,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'all servers lose the network for 5 s, and are back within a minute',
      points: 10,
      nodes: REGION,
      lookAt: 'what do 100 servers do when none of them is answered?',
      run: comesBack(),
    },
    {
      id: 'F2',
      title: 'the same with twice as many servers',
      points: 7,
      nodes: TWICE,
      lookAt: 'which constant in your repair is really a number of servers?',
      run: comesBack({ settings: { renewEveryMs: 60_000 } }),
    },
    {
      id: 'F3',
      title: 'the same with memberships twice as large',
      points: 7,
      nodes: REGION,
      lookAt: 'which constant in your repair is really the time an answer takes?',
      run: comesBack({ settings: { renewEveryMs: 60_000, answerMs: 240 } }),
    },
    {
      id: 'F4',
      title: 'the same with both',
      points: 7,
      nodes: TWICE,
      lookAt: 'how long does it take to answer everybody once, and who asks twice meanwhile?',
      run: comesBack({ settings: { renewEveryMs: 60_000, answerMs: 240 } }),
    },
    {
      id: 'F5',
      title: 'a cut of 30 s is as harmless as one of 5 s',
      points: 7,
      nodes: REGION,
      lookAt: 'where has your repair got to after 30 s of failures, and how does it get back?',
      run: comesBack({ forMs: 30_000 }),
    },
    {
      id: 'F6',
      title:
        'a server that cannot confirm its membership stops serving, and comes back; then the cut',
      points: 6,
      nodes: REGION,
      lookAt: 'what is a membership for?',
      run: oneAlone,
    },
    {
      id: 'F7',
      title: 'in calm times everybody is answered at once, and asks once a period; then the cut',
      points: 6,
      nodes: REGION,
      lookAt: 'what does your repair do when nothing is wrong?',
      run: calmIsCheap,
    },
  ],
});
