/** Part B: next time somebody is told in time, and it cannot get that far. */
import type { Drill, PgServer, ServerScenario } from 'faultlab';
import { type Alarm, FREE_SHARE_MIN } from '../contract.ts';
import { DISK_MB, freeShare, hasReplayed, percent, settings, walMb, writeWal } from './disk.ts';

const guarded: ServerScenario = {
  id: 'B1',
  title:
    'a slot that nobody reads cannot fill the disk; a standby that was away for a moment is not lost',
  points: 25,
  nodes: 2,
  requires: ['disk-limit'],
  cluster: { diskMb: { n1: DISK_MB }, settings, slots: true },
  lookAt: 'how much WAL may a slot keep, and what happens to the slot beyond that?',
  async run(drill) {
    const { primary, standbys, links } = drill.cluster;
    const [standby] = standbys as [PgServer];
    const workload = await drill.workload({ to: () => primary.name });
    await drill.assume('some writes', async () => workload.acknowledged > 10);
    await drill.call('protect');
    drill.note('protect returned');
    const away = 4 + (drill.seed % 3);
    links.cut('n1', 'n2');
    await writeWal(primary, away);
    await primary.sql('CHECKPOINT');
    links.heal();
    links.reset('n1', 'n2');
    drill.note(`n2 was cut off for ${away} MB of WAL`);
    await drill.eventually(() => hasReplayed(drill, standby), {
      ruleId: 'standby-lost',
      rule: 'A standby that has missed 8 MB of WAL still finds it (handout, The contract)',
      evidence: async () =>
        `n2 was cut off while ${away} MB were written, and does not follow: ${await standby.logTail(1)}`,
      lookAt: 'how long an absence does a slot’s limit cover?',
    });
    await primary.sql("SELECT pg_create_physical_replication_slot('forgotten', true)");
    drill.note('somebody creates a slot that nobody reads');
    const seen = workload.acknowledged;
    const written = await writtenBeforeEnd(primary, DISK_MB);
    drill.expect(written === DISK_MB && (await primary.isRunning()), {
      ruleId: 'full-again',
      rule: 'A slot that nobody reads cannot fill the disk (handout, The contract)',
      evidence: `after ${written} MB of WAL n1 is ${(await primary.isRunning()) ? 'up, but takes no more writes' : 'down'}; its disk has ${DISK_MB} MB`,
      lookAt: 'what limits the WAL that a slot keeps?',
    });
    await drill.eventually(async () => workload.acknowledged > seen + 20, {
      ruleId: 'writes-stand',
      rule: 'Writes go on (handout, The contract)',
      evidence: () => `only ${workload.acknowledged - seen} more writes have been acknowledged`,
      lookAt: 'what is the primary waiting for?',
    });
    await workload.stop();
    drill.tell(
      `${(await walMb(primary)).toFixed(0)} MB of WAL, ${percent(await freeShare(primary))} of the disk free`,
    );
    await drill.eventually(() => hasReplayed(drill, standby), {
      ruleId: 'standby-lost',
      rule: 'A standby that follows is not lost (handout, The contract)',
      evidence: async () => `n2 does not follow: ${await standby.logTail(1)}`,
      lookAt: 'whose slot was given up?',
    });
    await drill.expectKept(workload, 'n1');
  },
};

/** How many megabytes of WAL could be written. */
async function writtenBeforeEnd(node: PgServer, sizeMb: number): Promise<number> {
  for (let written = 0; written < sizeMb; written++) {
    try {
      await writeWal(node, 1);
    } catch {
      return written;
    }
  }
  return sizeMb;
}

async function expectAlarms(drill: Drill, wanted: readonly Alarm[], when: string): Promise<void> {
  const got = await drill.call<readonly Alarm[]>('alarms');
  const words = (alarms: unknown) =>
    JSON.stringify(alarms) === '[]' ? 'no alarm' : JSON.stringify(alarms);
  const free = percent(await freeShare(drill.cluster.primary));
  const isRight =
    Array.isArray(got) &&
    got.length === wanted.length &&
    wanted.every((alarm, i) => {
      const { node, cause, slot } = (got[i] ?? {}) as Partial<Alarm>;
      return node === alarm.node && cause === alarm.cause && slot === alarm.slot;
    });
  drill.expect(isRight, {
    ruleId: wanted.length === 0 ? 'false-alarm' : 'wrong-alarm',
    rule: 'An alarm comes when less than 40 % of a disk is free, and names the cause (contract, Alarm)',
    evidence: `${when}, with ${free} of the disk of n1 free: ${words(got)} instead of ${words(wanted)}`,
    lookAt:
      wanted.length === 0
        ? 'does what you measure tell how much room is left?'
        : 'what fills the disk, and for whom is each part of it kept?',
  });
}

const fillsBelow = async (drill: Drill, more: () => Promise<void>) => {
  const { primary } = drill.cluster;
  for (let i = 0; i < DISK_MB && (await freeShare(primary)) > FREE_SHARE_MIN - 0.08; i++)
    await more();
  await drill.assume(
    'the disk to fill',
    async () => (await freeShare(primary)) < FREE_SHARE_MIN - 0.05,
  );
};

const told: ServerScenario = {
  id: 'B2',
  title: 'an alarm comes in time, names what fills the disk, and is silent otherwise',
  points: 25,
  nodes: 2,
  requires: ['disk-limit'],
  cluster: { diskMb: { n1: DISK_MB }, settings, slots: true, archive: true },
  lookAt: 'what fills the disk, and for whom is each part of it kept?',
  async run(drill) {
    const { primary } = drill.cluster;
    const [archive] = await primary.sql<{ command: string }>(
      "SELECT current_setting('archive_command') AS command",
    );
    const slot = ['reports', 'n3', 'old_standby'][drill.seed % 3] as string;
    await expectAlarms(drill, [], 'with all well');

    await primary.sql('SELECT pg_create_physical_replication_slot($1, true)', [slot]);
    await writeWal(primary, 3);
    await expectAlarms(drill, [], `with the slot ${slot} keeping 3 MB`);
    await fillsBelow(drill, () => writeWal(primary, 1));
    drill.note(`the slot ${slot} keeps WAL`);
    await expectAlarms(
      drill,
      [{ node: 'n1', cause: 'slot', slot }],
      `with WAL kept for the slot ${slot}`,
    );
    await primary.sql('SELECT pg_drop_replication_slot($1)', [slot]);
    await emptied(drill);
    await expectAlarms(drill, [], 'with the slot gone');

    await primary.configure({ archive_command: 'false' });
    await fillsBelow(drill, () => writeWal(primary, 1));
    drill.note('nothing can be archived');
    await expectAlarms(
      drill,
      [{ node: 'n1', cause: 'archive' }],
      'with WAL that cannot be archived',
    );
    await primary.configure({ archive_command: archive?.command ?? '' });
    await emptied(drill);

    await primary.sql('CREATE TABLE pictures (bytes text)');
    await primary.sql('ALTER TABLE pictures ALTER bytes SET STORAGE EXTERNAL');
    await fillsBelow(drill, async () => {
      await primary.sql("INSERT INTO pictures VALUES (repeat('x', 1000000))");
    });
    await primary.sql('CHECKPOINT');
    drill.note('a table has grown');
    await expectAlarms(drill, [{ node: 'n1', cause: 'data' }], 'with a table that has grown');
  },
};

/** Waits until the WAL that nobody needs is gone. */
async function emptied(drill: Drill): Promise<void> {
  const { primary } = drill.cluster;
  await drill.assume(
    'the disk to have room again',
    async () => {
      await primary.sql('CHECKPOINT');
      return (await freeShare(primary)) > FREE_SHARE_MIN + 0.05;
    },
    { withinMs: 30_000 },
  );
}

export default [guarded, told];
