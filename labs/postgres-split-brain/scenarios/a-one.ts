/** From two primaries to one cluster, with nothing lost silently. */
import { type Drill, type ServerScenario, sleep } from 'faultlab';
import { expectOne, expectSalvaged, type Split, split } from './brain.ts';

/** What may travel to the old primary for it to come back: its differences, not its data. */
const REJOIN_MB_MAX = 20;
const BULK_MB = 24;

async function expectFenced(drill: Drill, { old, stubborn }: Split, from: number): Promise<void> {
  await sleep(400);
  await stubborn.stop();
  const since = stubborn.acknowledged - from;
  drill.expect(since === 0, {
    ruleId: 'not-fenced',
    rule: 'Once it is fenced, the old primary takes no write, not even for a moment (handout, The contract)',
    evidence: `${old.name} acknowledged ${since} writes of a client that has not heard of the failover`,
    lookAt: 'who can reach the old primary while you work on it, and with what rights?',
  });
}

const both: ServerScenario = {
  id: 'A1',
  title: 'both run: the old one is fenced, what only it has is saved, and all are the same',
  points: 40,
  nodes: 3,
  cluster: { settings: { wal_keep_size: '64MB' } },
  requires: ['pg_rewind'],
  byHand: true,
  lookAt: 'what does the old primary have that nobody else has, and who may still write to it?',
  async run(drill) {
    const parted = await split(drill);
    await drill.repair();
    await expectFenced(drill, parted, parted.stubborn.acknowledged);
    await expectSalvaged(drill, parted);
    await expectOne(drill, parted);
    drill.tell(`${parted.lost.length} rows of ${parted.old.name} are saved`);
  },
};

const dead: ServerScenario = {
  id: 'A2',
  title: 'the old one has crashed: to be read, it must run, and nobody may write to it',
  points: 30,
  nodes: 3,
  cluster: { settings: { wal_keep_size: '64MB' } },
  requires: ['pg_rewind'],
  byHand: true,
  lookAt: 'what must be set before the old primary is started?',
  async run(drill) {
    const parted = await split(drill);
    await parted.old.crash();
    drill.note(`${parted.old.name} crashes`);
    // An answer that was on its way has arrived by then.
    await sleep(200);
    const { acknowledged } = parted.stubborn;
    await drill.repair();
    await expectFenced(drill, parted, acknowledged);
    await expectSalvaged(drill, parted);
    await expectOne(drill, parted);
  },
};

const cheap: ServerScenario = {
  id: 'B1',
  title: 'the old one comes back by copying what differs, not everything',
  points: 30,
  nodes: 3,
  cluster: { settings: { wal_keep_size: '64MB' } },
  requires: ['pg_rewind'],
  byHand: true,
  lookAt: 'which blocks differ, and which tool finds out?',
  async run(drill) {
    const { primary, links } = drill.cluster;
    await primary.sql(`
      CREATE TABLE bulk AS SELECT i, repeat(md5(i::text), 30) AS body
      FROM generate_series(1, ${BULK_MB * 1000}) AS i`);
    // The WAL of this table is of no more use, and what is kept of it would travel with the differences.
    await drill.cluster.streaming(drill.cluster.standbys.map(({ name }) => name));
    await sleep(500);
    for (const node of drill.cluster.nodes) {
      await node.configure({ wal_keep_size: '6MB' });
      await node.sql('CHECKPOINT');
    }
    const parted = await split(drill);
    const { young, old } = parted;
    const before = links.bytes(young.name, old.name);
    await drill.repair();
    await expectFenced(drill, parted, parted.stubborn.acknowledged);
    await expectSalvaged(drill, parted);
    await expectOne(drill, parted);
    const megabytes = (links.bytes(young.name, old.name) - before) / 1024 / 1024;
    const words = `${megabytes.toFixed(1)} MB went from ${young.name} to ${old.name}`;
    drill.tell(`${words}; a copy of everything is more than 40 MB`);
    drill.expect(megabytes <= REJOIN_MB_MAX, {
      ruleId: 'copied-all',
      rule: `Coming back costs only what differs: at most ${REJOIN_MB_MAX} MB here (handout, The contract)`,
      evidence: words,
      lookAt: 'how much of the two data directories is the same?',
    });
  },
};

export const one = [both, dead];
export const differences = [cheap];
