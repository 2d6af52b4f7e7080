/** Facebook, 23 September 2010, in miniature: a cache that is kept empty by those who repair it. */
import { defineOutage } from 'faultlab';
import { questions } from './questions.ts';
import { calmIsCheap, mendsCache, withstands, withstandsLoss } from './scenarios/fix.ts';
import { capacityAlone, staysDown, withoutVisitors } from './scenarios/reproduce.ts';
import { keysOf } from './site.ts';

const SITE = { w: 100, m: 1, d: 1 };
const TWICE = { w: 200, m: 1, d: 1 };
const REPRODUCE = { test: 2, grade: 5 };

type Words = Record<'key' | 'by', string> & {
  readonly value: { readonly version: number; readonly limit: number } | null;
  readonly tookMs: number;
};

export default defineOutage({
  slug: 'facebook-2010',
  title: 'The cache that was repaired to death: Facebook, 23 September 2010',
  summary: 'Web servers replace a wrong value in the cache, and carry on once it is right.',
  incident: {
    what: 'Facebook',
    date: '2010-09-23',
    source:
      'https://www.facebook.com/notes/facebook-engineering/more-details-on-todays-outage/431441338919',
  },
  open: ['config.ts'],
  given: ['contract.ts', 'system/web.ts', 'system/cache.ts', 'system/database.ts'],
  methods: {
    w: ['begin', 'visitors'],
    m: ['put'],
    d: ['configure', 'publish'],
    o: ['trigger'],
  },
  peers: { w: ['m', 'd'], m: [], d: [], o: [] },
  outputWords: {
    page(output) {
      const { key, value } = output as Words;
      return value === null
        ? `cannot make a page without ${key}`
        : `makes a page with ${key} = ${value.limit} (version ${value.version})`;
    },
    answered(output) {
      const { key, tookMs } = output as Words;
      return `has ${key} from the database after ${tookMs} ms`;
    },
    removed(output) {
      const { key, value, by } = output as Words;
      return `removes ${key} = ${value?.limit} (version ${value?.version}) for ${by}`;
    },
    filled(output) {
      const { key, value, by } = output as Words;
      return `has ${key} = ${value?.limit} (version ${value?.version}) from ${by}`;
    },
  },
  hours: '3–5',
  explain: { points: 20, questions },
  reproduce: [
    {
      id: 'R1',
      title: 'with a valid value published again, no page can be made',
      points: 18,
      nodes: SITE,
      seeds: REPRODUCE,
      lookAt: 'who removes a key from the cache, and what has it seen?',
      run: staysDown,
    },
    {
      id: 'R2',
      title: 'four times the capacity of the database alone does not help',
      points: 6,
      nodes: SITE,
      seeds: REPRODUCE,
      lookAt: 'how many queries arrive a second, and how long is the line?',
      run: capacityAlone,
    },
    {
      id: 'R3',
      title: 'without visitors for a minute, and then with more and more, the site comes back',
      points: 6,
      nodes: SITE,
      seeds: REPRODUCE,
      lookAt: 'what keeps the site down when all values are valid?',
      run: withoutVisitors,
    },
  ],
  fix: [
    {
      id: 'F1',
      title: 'an invalid value comes and goes, and no visitor notices',
      points: 10,
      nodes: SITE,
      lookAt: 'what does a web server know while neither cache nor database has a valid value?',
      run: withstands(),
    },
    {
      id: 'F2',
      title: 'one that is corrected in the database alone is replaced everywhere',
      points: 8,
      nodes: SITE,
      lookAt: 'how does the new value get from the database into the cache?',
      run: withstands({ inCache: false }),
    },
    {
      id: 'F3',
      title: 'twenty such values at once',
      points: 6,
      nodes: SITE,
      lookAt: 'what does your repair limit for each key, and what for all of them?',
      run: withstands({ settings: { keys: keysOf(20) }, inCache: false }),
    },
    {
      id: 'F4',
      title: 'one in a site with twice the web servers',
      points: 5,
      nodes: TWICE,
      lookAt: 'what in your repair grows with the number of web servers?',
      run: withstands({ inCache: false }),
    },
    {
      id: 'F5',
      title: 'one in a site whose database is half as fast',
      points: 5,
      nodes: SITE,
      lookAt: 'how long does a query take, and who asks again meanwhile?',
      run: withstands({ settings: { queryMs: 800 }, inCache: false }),
    },
    {
      id: 'F6',
      title: 'web servers that go down while they repair are no loss',
      points: 6,
      nodes: SITE,
      lookAt: 'who repairs when the one who was about to is gone?',
      run: withstandsLoss,
    },
    {
      id: 'F7',
      title: 'a damaged cache and an empty one are filled again; then the invalid value',
      points: 5,
      nodes: SITE,
      lookAt: 'what was the repair for?',
      run: mendsCache,
    },
    {
      id: 'F8',
      title: 'in calm times changes are followed, and the database rests; then the invalid value',
      points: 5,
      nodes: SITE,
      lookAt: 'what does your repair do when nothing is wrong?',
      run: calmIsCheap,
    },
  ],
});
