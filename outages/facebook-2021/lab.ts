/** Facebook, 4 October 2021, in miniature: every site takes itself off the internet, for a good reason. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import {
  aloneAmongSilentOthers,
  calmIsCalm,
  fewWithdraw,
  withSilentOthers,
  withstandsCommand,
  withstandsSteps,
} from './scenarios/fix.ts';
import { allWithdraw, toolsAreGone } from './scenarios/reproduce.ts';

const SITES = { s: 30, d: 3 };
const REPRODUCE = { test: 2, grade: 5 };

export default defineOutage({
  slug: 'facebook-2021',
  title: 'Everybody withdraws: Facebook, 4 October 2021',
  summary: 'Each site that cannot reach a data centre leaves the internet; none can.',
  incident: {
    what: 'Facebook',
    date: '2021-10-04',
    source: 'https://engineering.fb.com/2021/10/05/networking-traffic/outage-details/',
  },
  open: ['advertise.ts'],
  given: ['contract.ts', 'system/site.ts', 'system/data-centre.ts'],
  methods: { s: [], d: [], o: ['trigger'] },
  peers: { s: ['s', 'd'], d: [], o: [] },
  outputWords: {
    advertised: () => 'is advertised again',
    withdrawn: () => 'withdraws',
    reached: (value) =>
      `now reaches ${(value as { dataCentres: number }).dataCentres} data centres`,
  },
  hours: '2–3',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'every DNS server runs, and for twenty minutes none is found',
      points: 16,
      nodes: SITES,
      seeds: REPRODUCE,
      lookAt: 'what does a site that reaches no data centre do, and how many such sites are there?',
      run: allWithdraw,
    },
    {
      id: 'R2',
      title: 'without DNS the backbone is mended on site; with it, all sites come back',
      points: 8,
      nodes: SITES,
      seeds: REPRODUCE,
      lookAt: 'what do the people who mend the backbone need?',
      run: toolsAreGone,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'when a command cuts off all sites, DNS is found, and people mend it from afar',
      points: 10,
      nodes: SITES,
      lookAt: 'what does a site that reaches no data centre know, and whom could it ask?',
      run: withstandsCommand,
    },
    {
      id: 'F2',
      title: 'the same when sites go one after another, and come back the same way',
      points: 10,
      nodes: SITES,
      lookAt: 'what does a site that withdrew as one of few do once it no longer is?',
      run: withstandsSteps,
    },
    {
      id: 'F3',
      title: 'one site that is cut off withdraws, and comes back; then all of them',
      points: 8,
      nodes: SITES,
      lookAt: 'what is withdrawing for?',
      run: fewWithdraw(0),
    },
    {
      id: 'F4',
      title: 'so do twelve of thirty',
      points: 8,
      nodes: SITES,
      lookAt: 'how many others must be cut off, too, before the cause is not this site?',
      run: fewWithdraw(0.4),
    },
    {
      id: 'F5',
      title: 'all are cut off while half of the sites are down',
      points: 7,
      nodes: SITES,
      lookAt:
        'how many sites can say that they are cut off, and how many would you like to hear from?',
      run: withSilentOthers,
    },
    {
      id: 'F6',
      title: 'one is cut off while more than half of the sites are down',
      points: 7,
      nodes: SITES,
      lookAt: 'what does it mean that a site does not answer?',
      run: aloneAmongSilentOthers,
    },
    {
      id: 'F7',
      title: 'lost probes are no reason to withdraw, nor to ask everybody; then the command',
      points: 6,
      nodes: SITES,
      lookAt: 'what does your repair do when nothing is wrong?',
      run: calmIsCalm,
    },
  ],
});
