/**
 * What `lab explain` asks about the run of the student's own trigger: who left the internet when, on which
 * grounds, and what one single site that stayed would have changed.
 */
import { type Cluster, question, type RunEvent, type RunRecord } from 'faultlab';

const DATA_CENTRES = ['d1', 'd2', 'd3'];
/** Of `system/site.ts`. */
const EVERY_MS = 5000;

const emitted = (run: RunRecord, name: string) =>
  run.all('emit').filter(({ facts }) => facts.emitted?.name === name);

const withdrawals = (run: RunRecord) => emitted(run, 'withdrawn');

/** When the command was run: the first mark of the chart. */
const commandAtMs = ({ result }: RunRecord) => result.chart?.marks[0]?.atMs;

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const firstToGo = question('first-to-go', (run) => {
  const [first] = withdrawals(run);
  if (first === undefined) return undefined;
  return {
    text: 'At which event does the first site withdraw?',
    fact: `At #${first.number}: ${first.node}, at ${seconds(first.atMs)}. All others were still found, and it was right to go, for all it knew.`,
    about: [first],
    answer: { event: first },
  };
});

const lastToGo = question('last-to-go', (run) => {
  const all = withdrawals(run);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined || first === last) return undefined;
  return {
    text: 'At which event is no site left that visitors could find?',
    fact: `At #${last.number}: ${last.node} withdraws ${seconds(last.atMs - first.atMs)} after the first one. It had never asked whether there was anybody else.`,
    about: [last],
    answer: { event: last },
  };
});

const grounds = question('grounds', (run) => {
  const last = withdrawals(run).at(-1);
  if (last?.node === undefined) return undefined;
  const { node } = last;
  const asked = run
    .all('send', node)
    .filter((e) => e.facts.method === 'probe' && e.facts.wire?.kind === 'request');
  const inVain = asked.filter((e) => e.number < last.number && run.arrival(e) === undefined);
  if (inVain.length === 0) return undefined;
  return {
    text: `How many probes had ${node} sent in vain when it withdrew, at #${last.number}?`,
    fact: `${inVain.length}: two rounds of three. That is all it knew, and it would have been the same had it been the only one.`,
    about: [inVain[0] as RunEvent, last],
    answer: { number: inVain.length, tolerance: 0, unit: '' },
  };
});

const howMany = question('how-many', (run) => {
  const all = withdrawals(run);
  const middle = all[Math.floor(all.length / 2)];
  const sites = run.nodes.filter((node) => node.startsWith('s'));
  if (middle === undefined) return undefined;
  const left = sites.length - all.filter((e) => e.number < middle.number).length;
  return {
    text: `${middle.node} withdraws at #${middle.number}. How many sites were found on the internet just before?`,
    fact: `${left}, and not one of them reached a data centre. ${middle.node} could have asked them: the way between sites is the internet, which was well.`,
    about: [middle],
    answer: { number: left, tolerance: 0, unit: '' },
  };
});

/** One link that the command had spared. */
const oneStays = question('one-stays', async (run) => {
  const atMs = commandAtMs(run);
  const lucky = withdrawals(run)[0]?.node;
  if (atMs === undefined || lucky === undefined) return undefined;
  const before = (cluster: Cluster) =>
    cluster.after(atMs + 1, () => {
      cluster.mend([lucky], DATA_CENTRES);
      cluster.mend(DATA_CENTRES, [lucky]);
    });
  const other = await run.again({ before });
  const found = other.result.chart?.rows[0]?.values ?? [];
  const isFound = found.every((percent) => percent > 0);
  return {
    text: `Had the command spared ${lucky} alone, would anybody looking for a DNS server always have found one?`,
    fact: isFound
      ? `Run again that way, yes: ${lucky} stays. And people would have had their tools, and would have mended the backbone from afar.`
      : 'Run again that way, no: there is a time at which no site is found.',
    about: [withdrawals(run)[0] as RunEvent],
    answer: {
      choice: isFound ? 'yes, at that one site' : 'no, not all the time',
      wrong: [
        'yes, at that one site',
        'no, not all the time',
        'no: the others tell it to withdraw',
        'yes, at every site, for one of them tells the others',
      ],
    },
  };
});

/** The same command, with one data centre that everybody still reaches. */
const oneCentre = question('one-centre', async (run) => {
  const atMs = commandAtMs(run);
  const first = withdrawals(run)[0];
  if (atMs === undefined || first === undefined) return undefined;
  const sites = run.nodes.filter((node) => node.startsWith('s'));
  const centre = DATA_CENTRES[0] as string;
  const before = (cluster: Cluster) =>
    cluster.after(atMs + EVERY_MS, () => {
      cluster.mend(sites, centre);
      cluster.mend(centre, sites);
    });
  const count = withdrawals(await run.again({ before })).length;
  return {
    text: `Had somebody mended all links to ${centre}, and only these, five seconds after the command, how many sites would have withdrawn?`,
    fact: `Run again that way: ${count}. One data centre that answers is enough, and two rounds of probes take longer than five seconds.`,
    about: [first],
    answer: { number: count, tolerance: 0, unit: '' },
  };
});

export const questions = [firstToGo, lastToGo, grounds, howMany, oneStays, oneCentre];
