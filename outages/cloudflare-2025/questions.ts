/**
 * What `lab explain` asks about the run of the student's own trigger: which files were bad and why, why the
 * network came back, and what would have become of it without one of them, or without any.
 */
import { type Cluster, question, type RunEvent, type RunRecord } from 'faultlab';
import { FEATURES_MAX, type GeneratorOutputs } from './contract.ts';
import { EVERY_MS } from './network.ts';

const GENERATOR = 'g1';

type Made = GeneratorOutputs['made'];

interface File extends Made {
  readonly event: RunEvent;
  readonly fits: boolean;
}

function files(run: RunRecord): readonly File[] {
  return run.all('emit', GENERATOR).map((event) => {
    const { value } = event.facts.emitted as { value: Made };
    return { ...value, event, fits: value.features <= FEATURES_MAX };
  });
}

const firstDown = (run: RunRecord) =>
  run.all('emit').find(({ facts }) => facts.emitted?.name === 'down');

/** A row of the chart at a time, or at the end: 0 answered, 1 judged rightly; in percent. */
function measured({ result }: RunRecord, row: number, atMs?: number): number {
  const { rows = [], everyMs = 1 } = result.chart ?? {};
  const values = rows[row]?.values ?? [];
  return (atMs === undefined ? values.at(-1) : values[Math.floor(atMs / everyMs)]) ?? 0;
}

const whichShard = question('which-shard', (run) => {
  const down = firstDown(run);
  const made = files(run);
  const bad = made.find(({ fits }) => !fits);
  if (down === undefined || bad === undefined) return undefined;
  const others = made.filter(({ fits, shard }) => fits && shard !== bad.shard);
  return {
    text: `${down.node} was the first edge to go down. From which shard had the file been made that took it down?`,
    fact: `From shard ${bad.shard}, at #${bad.event.number}. The shard had its new permissions by then; those that were asked earlier had not.`,
    about: [bad.event, down],
    answer: {
      choice: `shard ${bad.shard}`,
      wrong: others.reverse().map(({ shard }) => `shard ${shard}`),
      inOrder: true,
    },
  };
});

const different = question('different', (run) => {
  const bad = files(run).find(({ fits }) => !fits);
  if (bad === undefined) return undefined;
  const reply = run
    .all('send')
    .findLast(
      ({ facts, number }) =>
        facts.wire?.kind === 'reply' &&
        facts.wire.method === 'features' &&
        number < bad.event.number,
    );
  const body = reply?.facts.wire?.body as readonly { name: string }[] | undefined;
  if (reply === undefined || body === undefined) return undefined;
  const names = new Set(body.map(({ name }) => name));
  return {
    text: `File ${bad.version} has ${bad.features} features, too many for an edge. How many different ones are there?`,
    fact: `${names.size}: as many as before. Nothing in the file is wrong; it is all there twice.`,
    about: [reply, bad.event],
    answer: { number: names.size, tolerance: 0, unit: '' },
  };
});

const howManyFit = question('how-many-fit', (run) => {
  const made = files(run);
  const first = made.findIndex(({ fits }) => !fits);
  const last = made.findLastIndex(({ fits }) => fits);
  if (first < 0 || last < first) return undefined;
  const between = made.slice(first, last + 1);
  const good = between.filter(({ fits }) => fits).length;
  return {
    text: `From the first file that does not fit to the last one that does, ${between.length} files are made. How many of them fit?`,
    fact: `${good}. Each is made from a shard that is picked at random, so errors come and go without a pattern: from outside it looks like somebody's doing.`,
    about: [between[0] as File, between.at(-1) as File].map(({ event }) => event),
    answer: { number: good, tolerance: 0, unit: '' },
  };
});

const lastGood = question('last-good', (run) => {
  const good = files(run).findLast(({ fits }) => fits);
  if (good === undefined) return undefined;
  return {
    text: 'At which event is the last file that fits made?',
    fact: `At #${good.event.number}, from shard ${good.shard}. After it the network is down for good, until people bring back an older file.`,
    about: [good.event],
    answer: { event: good.event },
  };
});

/** A bad file that was never made: edges go on with the one before. */
const ifLost = question('if-lost', async (run) => {
  const made = files(run);
  const i = made.findIndex(({ fits }, n) => n > 0 && !fits && made[n - 1]?.fits);
  const bad = made[i];
  if (bad === undefined) return undefined;
  const send = run
    .all('send', GENERATOR)
    .findLast(({ facts, number }) => facts.method === 'features' && number < bad.event.number);
  if (send === undefined) return undefined;
  const atMs = bad.event.atMs + EVERY_MS / 2;
  const other = await run.again({ drop: [send.facts.message ?? 0] });
  const [now, then] = [measured(run, 0, atMs), measured(other, 0, atMs)].map(inWords);
  return {
    text: `#${send.number} asks the database for the features of file ${bad.version}. Ten seconds later, ${now} of the visitors are answered. How many would be, had the network lost #${send.number}?`,
    fact: `Run again that way: ${then}. No file is made, and the edges go on with the one that they have.`,
    about: [send, bad.event],
    answer: {
      choice: then as string,
      wrong: ['none', 'about half', 'all'],
    },
  };
});

const inWords = (percent: number) => (percent < 10 ? 'none' : percent > 90 ? 'all' : 'about half');

/** No more files: nothing goes down, and nobody knows the new bots. */
const frozen = question('frozen', async (run) => {
  const made = files(run);
  const first = made.findIndex(({ fits }) => !fits);
  const good = made[first - 1];
  if (good === undefined) return undefined;
  const atMs = Math.round(good.event.atMs / 1000) * 1000 + 5000;
  const before = (cluster: Cluster) => cluster.after(atMs, () => cluster.pause(GENERATOR));
  const other = await run.again({ before });
  const [answered, rightly] = [measured(other, 0), measured(other, 1)];
  return {
    text: `If the generator had been stopped for good at ${atMs / 1000} s, all visitors would be answered at the end of this run. What percentage of them would be judged rightly?`,
    fact: `${rightly.toFixed(0)} % in the last seconds, of ${answered.toFixed(0)} % that are answered: people pass, and so do all bots that are newer than the file. Freezing it is a way out, not a repair.`,
    about: [good.event],
    answer: { number: Math.round(rightly), tolerance: 15, unit: '%' },
  };
});

export const questions = [whichShard, different, howManyFit, lastGood, ifLost, frozen];
