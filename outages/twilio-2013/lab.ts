/** Twilio's billing, 18 July 2013, in miniature: a store that answers wrongly, and a charge without a key. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import {
  answersLost,
  calmIsCheap,
  chargesLate,
  restartsEmpty,
  restartsOld,
  storeIsSlow,
  storeUnreachable,
  survives,
  workersCrash,
} from './scenarios/fix.ts';
import { chargesAgain, staysCharged } from './scenarios/reproduce.ts';

const CREW = { j: 1, w: 3, s: 1, g: 1 };
const SEEDS = { test: 5, grade: 20 };

const accountOf = (value: unknown) => (value as { account: string }).account;

export default defineOutage({
  slug: 'twilio-2013',
  title: 'Charged again and again: Twilio, 18 July 2013',
  summary: 'A store of balances comes back read-only, and the customers pay for it.',
  incident: {
    what: "Twilio's billing system",
    date: '2013-07-18',
    source:
      'https://www.twilio.com/blog/2013/07/billing-incident-post-mortem-breakdown-analysis-and-root-cause.html',
  },
  open: ['recharge.ts'],
  given: [
    'contract.ts',
    'system/journal.ts',
    'system/worker.ts',
    'system/store.ts',
    'system/gateway.ts',
  ],
  methods: {
    j: ['record'],
    w: [],
    s: ['begin', 'dump', 'restart', 'balances'],
    g: [],
    o: ['trigger'],
  },
  peers: { j: ['w'], w: ['s', 'g'], s: [], g: [], o: [] },
  outputWords: {
    priced: (value) =>
      `knows that ${(value as { usage: string }).usage} of ${accountOf(value)} is done`,
    charged(value) {
      const { account, by, charge } = value as Record<string, string>;
      return `charges the card of ${account} for ${by}: ${charge}`;
    },
    added(value) {
      const { amount, balance } = value as { amount: number; balance: number };
      if (amount >= 0) return `adds ${amount} to ${accountOf(value)}, which has ${balance} then`;
      return `deducts ${-amount} from ${accountOf(value)}, which leaves ${balance}`;
    },
    refused(value) {
      const { amount } = value as { amount: number };
      if (amount >= 0) return `refuses to add ${amount} to ${accountOf(value)}`;
      return `refuses to deduct ${-amount} from ${accountOf(value)}`;
    },
  },
  hours: '2–4',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'everybody is charged again and again, for the first thing they use',
      points: 22,
      nodes: CREW,
      lookAt: 'after which answers is a card charged, and what must follow?',
      run: chargesAgain,
    },
    {
      id: 'R2',
      title: 'once the configuration is right it ends, but the money is gone',
      points: 8,
      nodes: CREW,
      lookAt: 'what was broken: a process, or what others believed of it?',
      run: staysCharged,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'a store that comes back empty and read-only costs nobody anything',
      points: 9,
      nodes: CREW,
      lookAt: 'what may be believed of a store that cannot be written?',
      run: survives(restartsEmpty),
    },
    {
      id: 'F2',
      title: 'nor does one that comes back read-only, with old balances',
      points: 5,
      nodes: CREW,
      lookAt: 'what does a wrong balance that is not 0 look like?',
      run: restartsOld,
    },
    {
      id: 'F3',
      title: 'when answers of the gateway are lost, nobody is charged twice',
      points: 8,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what has happened when no answer comes?',
      run: survives(answersLost),
    },
    {
      id: 'F4',
      title: 'when the store is slow, nothing is added twice',
      points: 6,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'once you no longer wait for a write, may it still happen?',
      run: survives(storeIsSlow),
    },
    {
      id: 'F5',
      title: 'a worker that is killed between two steps forgets nothing that matters',
      points: 7,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what does the next life of this worker know?',
      run: survives(workersCrash),
    },
    {
      id: 'F6',
      title: 'a request to charge that arrives late is not a second charge',
      points: 5,
      nodes: CREW,
      seeds: SEEDS,
      lookAt: 'what may still be on its way to a gateway that has not charged anything yet?',
      run: survives(chargesLate),
    },
    {
      id: 'F7',
      title: 'after the store was out of reach, everybody is recharged; then the restart',
      points: 5,
      nodes: CREW,
      lookAt: 'who notices that an account has been low for two minutes?',
      run: storeUnreachable,
    },
    {
      id: 'F8',
      title: 'in calm times cards are charged in time, and cheaply; then the restart',
      points: 5,
      nodes: CREW,
      lookAt: 'what does your repair do when nothing is wrong?',
      run: calmIsCheap,
    },
  ],
});
