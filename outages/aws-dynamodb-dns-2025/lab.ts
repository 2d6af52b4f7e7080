/** Amazon DynamoDB's DNS, 19 October 2025, in miniature: a control-plane race that empties a record. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import {
  calmIsCheap,
  changes,
  looks,
  mendsRecords,
  survivesLongStall,
  survivesLoss,
  survivesStalls,
  survivesTwoStalls,
} from './scenarios/fix.ts';
import { repairedByHand, staysEmpty } from './scenarios/reproduce.ts';

const CREW = { d: 1, p: 1, e: 3 };
const SEEDS = { test: 5, grade: 20 };

export default defineOutage({
  slug: 'aws-dynamodb-dns-2025',
  title: 'The race for a DNS record: DynamoDB, 19 October 2025',
  summary: 'One of three redundant processes is late, and a record is left without addresses.',
  incident: {
    what: 'Amazon DynamoDB, us-east-1',
    date: '2025-10-19',
    source: 'https://aws.amazon.com/message/101925/',
  },
  open: ['enact.ts'],
  given: ['contract.ts', 'system/dns.ts', 'system/planner.ts', 'system/enactor.ts'],
  methods: { d: ['removePlan', 'repairByHand'], p: [], e: [], o: ['trigger'] },
  peers: { d: [], p: ['d'], e: ['d'], o: [] },
  outputWords: {
    published: (value) => `has plan ${(value as { plan: number }).plan}`,
    changed(value) {
      const { endpoint, plan, by } = value as { endpoint: string; plan: number; by: string };
      return `gives ${endpoint} plan ${plan} for ${by}`;
    },
    refused(value) {
      const { endpoint, outcome, by } = value as Record<string, string>;
      return `refuses ${by} a change of ${endpoint}: ${outcome}`;
    },
    removed(value) {
      const { plan, by } = value as { plan: number; by: string };
      return `removes plan ${plan} for ${by}`;
    },
  },
  hours: '3–5',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'one late process leaves endpoints without addresses, and nobody can mend it',
      points: 24,
      nodes: CREW,
      lookAt: 'who writes, who removes, and what does neither of them know?',
      run: staysEmpty,
    },
    {
      id: 'R2',
      title: 'once the records are repaired by hand, all is well again',
      points: 6,
      nodes: CREW,
      lookAt: 'what was broken: the processes, or what they had written?',
      run: repairedByHand,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'an enactor that stalls after it has looked does no harm when it goes on',
      points: 10,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'how out of date may an enactor be by the time it writes?',
      run: survivesStalls(looks),
    },
    {
      id: 'F2',
      title: 'nor one that stalls in the middle of its changes',
      points: 10,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'which changes of a round know that time has passed?',
      run: survivesStalls(changes),
    },
    {
      id: 'F3',
      title: 'nor one that stalls for up to ten minutes',
      points: 8,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'which constant in your repair is a length of time, or a number of plans?',
      run: survivesLongStall,
    },
    {
      id: 'F4',
      title: 'while two of three stall, and afterwards, endpoints are up to date',
      points: 6,
      nodes: CREW,
      lookAt: 'who is the third enactor waiting for?',
      run: survivesTwoStalls,
    },
    {
      id: 'F5',
      title: 'without one enactor, and while another stalls, endpoints are up to date',
      points: 6,
      nodes: CREW,
      lookAt: 'what if the enactor that your repair relies on is the one that is gone?',
      run: survivesLoss,
    },
    {
      id: 'F6',
      title: 'a record whose plan somebody has deleted is mended',
      points: 5,
      nodes: CREW,
      lookAt: 'who notices that a record is empty, and what can be done about it?',
      run: mendsRecords,
    },
    {
      id: 'F7',
      title: 'in calm times plans arrive, old ones go, and nobody asks too much; then a stall',
      points: 5,
      nodes: CREW,
      lookAt: 'what does your repair do when nothing is wrong?',
      run: calmIsCheap,
    },
  ],
});
