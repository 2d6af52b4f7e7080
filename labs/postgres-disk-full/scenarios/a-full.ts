/** Part A: the disk is full, and the primary is down. */
import { type Drill, type PgServer, type ServerScenario, sleep } from 'faultlab';
import {
  beside,
  DISK_MB,
  freeShare,
  hasReplayed,
  percent,
  settings,
  slotsOf,
  walMb,
  writeWal,
} from './disk.ts';

const LOOK_AT = 'what on this disk is not PostgreSQL’s, and for whom is the rest kept?';
const WAL_MB_MAX = 24;
/** With this much room left the standby is cut off: until it is back, only the primary has what follows. */
const LAST_MB = 14;

const CORES = Array.from({ length: 24 }, (_, i) => `core.${4711 + i}`);

interface Variant {
  readonly ghost: string;
  readonly mayGo: string;
  readonly needed: string;
}

function variantOf(seed: number): Variant {
  const [mayGo = '', needed = ''] =
    seed % 2 === 1 ? ['dump-2019.sql', 'exports.csv'] : ['exports.csv', 'dump-2019.sql'];
  return { ghost: ['reports', 'n3', 'old_standby'][seed % 3] as string, mayGo, needed };
}

/** Files beside the data directory, and the note that says what they are. */
async function furnish({ cluster }: Drill, { mayGo, needed }: Variant): Promise<void> {
  const { primary } = cluster;
  for (const name of [mayGo, needed]) {
    await primary.sql(
      `COPY (SELECT repeat('x', 1000000) FROM generate_series(1, 6)) TO '${beside(primary, name)}'`,
    );
  }
  const cores = CORES.map((name) => `file  ${name}  may go`);
  const notes = [
    ...cores,
    `file  ${mayGo}  may go`,
    `file  ${needed}  needed`,
    'slot  n2  the standby n2',
  ];
  await primary.writeFile(beside(primary, 'NOTES'), `${notes.sort().join('\n')}\n`);
}

/** Writes until the server is down and cannot be started. */
async function fill(drill: Drill): Promise<void> {
  const { primary, links } = drill.cluster;
  let isCut = false;
  const fillMore = async () => {
    try {
      await writeWal(primary, 1);
      if (!isCut && (await freeShare(primary)) * DISK_MB < LAST_MB) {
        isCut = true;
        links.cut('n1', 'n2');
        drill.note('n2 is cut off');
      }
      return false;
    } catch {
      // It may come back on its own as long as there is a little room.
      if (!isCut) return false;
      if (!(await isOfNoUse(primary))) return !(await canStart(primary));
      await primary.stop('immediate');
      return true;
    }
  };
  await drill.assume('the disk to be full', fillMore, { withinMs: 180_000 });
  // Core files take up whatever room the failed starts have freed.
  for (const name of CORES) {
    await primary.writeFile(beside(primary, name), 'core '.repeat(12_000)).catch(() => {});
  }
  await drill.assume('n1 to fail to start', async () => !(await canStart(primary)));
}

/** It runs, but has no room for the file that a connection begins with: nobody gets in any more. */
async function isOfNoUse(node: PgServer): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    const isUseful = await node.sql('SELECT 1').then(
      () => true,
      () => false,
    );
    if (isUseful || !(await node.isRunning())) return false;
    await sleep(100);
  }
  return true;
}

async function canStart(node: PgServer): Promise<boolean> {
  if (await node.isRunning()) return true;
  return node.start().then(
    () => true,
    () => false,
  );
}

const full: ServerScenario = {
  id: 'A1',
  title:
    'the disk is full and the primary down: it runs again, with every row, and no WAL is missing',
  points: 50,
  nodes: 2,
  requires: ['disk-limit'],
  cluster: { diskMb: { n1: DISK_MB }, settings, slots: true },
  byHand: true,
  lookAt: LOOK_AT,
  async run(drill) {
    const { primary, standbys, links } = drill.cluster;
    const [standby] = standbys as [PgServer];
    const variant = variantOf(drill.seed);
    const workload = await drill.workload({ to: () => primary.name });
    await furnish(drill, variant);
    await primary.sql('SELECT pg_create_physical_replication_slot($1, true)', [variant.ghost]);
    const before = await identityOf(primary);
    const standbyBefore = await identityOf(standby);
    await fill(drill);
    await workload.stop();
    drill.note(`n1 is down, its disk is full; ${workload.acknowledged} writes were acknowledged`);

    await drill.repair();
    drill.expect(await primary.isRunning(), {
      kind: 'liveness',
      ruleId: 'primary-down',
      rule: 'The primary runs again (handout, The contract)',
      evidence: 'n1 is not running',
      lookAt: 'how much room does a server need to start, and where can it come from?',
    });
    const now = await identityOf(primary);
    drill.expect(now.systemId === before.systemId && !now.isStandby, {
      ruleId: 'another-primary',
      rule: 'It is the same database (handout, The contract)',
      evidence: `n1 ${now.isStandby ? 'is a standby' : `has the system identifier ${now.systemId}; it was ${before.systemId}`}`,
      lookAt: 'whose data directory is running now?',
    });
    await drill.expectKept(
      workload,
      'n1',
      'what is lost with a piece of WAL that was never replayed?',
    );
    await expectFile(drill, variant.needed);
    const slots = await slotsOf(primary);
    drill.expect(slots.includes('n2'), {
      ruleId: 'live-slot-dropped',
      rule: 'What a standby needs is kept for it (handout, The contract)',
      evidence: `the slots of n1 are ${slots.join(', ') || 'gone'}; that of n2, which is only cut off, is missing`,
      lookAt: 'which slot belongs to nobody, and which to somebody who is away?',
    });
    links.heal();
    drill.note('n2 is no longer cut off');
    await drill.eventually(() => hasReplayed(drill, standby), {
      ruleId: 'wal-missing',
      rule: 'No WAL that somebody needs is missing (handout, The contract)',
      evidence: async () => `n2 does not follow; its log ends: ${await standby.logTail(1)}`,
      lookAt: 'who needs a segment of WAL after the primary itself has no use for it?',
    });
    const standbyNow = await identityOf(standby);
    drill.expect(standbyNow.startedAt === standbyBefore.startedAt, {
      ruleId: 'bystander-touched',
      rule: 'A standby that is well is left alone (handout, The contract)',
      evidence: 'n2 was restarted during the repair',
      lookAt: 'on which node does each of your steps run?',
    });
    await drill.expectKept(workload, 'n2');
    await expectRoom(drill);
  },
};

async function expectFile(drill: Drill, name: string): Promise<void> {
  const { primary } = drill.cluster;
  const { output } = await primary.run('ls', beside(primary, ''));
  drill.expect(output.split(/\s+/).includes(name), {
    ruleId: 'needed-file-gone',
    rule: 'What is needed stays (handout, The contract)',
    evidence: `${name} is no longer on n1, though NOTES says that it is needed`,
    lookAt: 'what does NOTES say of each file?',
  });
}

/** The cause is gone as well: the next checkpoint removes the WAL. */
async function expectRoom(drill: Drill): Promise<void> {
  const { primary } = drill.cluster;
  let wal = 0;
  await drill.eventually(
    async () => {
      await primary.sql('CHECKPOINT');
      wal = await walMb(primary);
      return wal < WAL_MB_MAX;
    },
    {
      ruleId: 'still-kept',
      rule: `Afterwards there is less than ${WAL_MB_MAX} MB of WAL (handout, The contract)`,
      evidence: async () =>
        `with n2 back, and after a checkpoint, n1 has ${wal.toFixed(0)} MB of WAL, and ${percent(await freeShare(primary))} of its disk is free`,
      lookAt: 'for whom is this WAL kept?',
    },
  );
}

async function identityOf(node: PgServer) {
  const [row] = await node.sql<{ id: string; at: string; standby: boolean }>(
    `SELECT system_identifier::text AS id, pg_postmaster_start_time()::text AS at,
      pg_is_in_recovery() AS standby FROM pg_control_system()`,
  );
  return { systemId: row?.id, startedAt: row?.at, isStandby: row?.standby === true };
}

export default [full];
