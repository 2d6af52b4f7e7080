/** Part R: a standby that is lost to load alone, a backup that nobody made, and the wrong host. */
import { type Budget, callTrigger, type Drill, type ServerScenario, type Workload } from 'faultlab';
import { begin, dumpsOf, more, PATIENT, restored, snapshot } from '../site.ts';
import { pgDump } from '../skeleton/omnibus.ts';

const BUDGET: Budget = {
  eventsMax: 4,
  kinds: {
    load: { megabytes: [1, 64] },
    'backup-on-app': {},
    'backup-on-db': {},
    'wipe-n1': {},
    'wipe-n2': {},
    'stop-n2': {},
    'cut-n2': {},
  },
};

/** What gets through to the standby while n1 is busy. */
const BUSY_KB_PER_SECOND = 50;
const LOST_MIN = 50;
const GAP = /requested WAL segment \w+ has already been removed/;

/** What the events have brought about. */
interface Day {
  /** The standby asked for WAL that the primary had removed; nobody had touched it. */
  isLostToLoad: boolean;
  /** What the nightly job ended with, while the primary served. */
  job?: { readonly exitCode: number; readonly output: string };
  /** Nothing gets from n1 to n2 any more. */
  isCut: boolean;
  readonly wiped: string[];
}

async function happen(drill: Drill, workload: Workload): Promise<Day> {
  const { primary, links } = drill.cluster;
  const [standby, app] = [drill.node('n2'), drill.node('n3')];
  const day: Day = { isLostToLoad: false, isCut: false, wiped: [] };
  for (const event of await callTrigger(drill, BUDGET)) {
    drill.note(event.do === 'load' ? `${event.megabytes} MB of load` : event.do);
    if (day.wiped.includes('n1') && /load|backup/.test(event.do)) continue;
    if (event.do === 'load') await load(drill, day, Number(event.megabytes));
    else if (event.do === 'stop-n2') await standby.stop();
    else if (event.do === 'cut-n2') {
      links.cut('n1', 'n2');
      day.isCut = true;
    } else if (event.do.startsWith('wipe')) {
      const host = event.do === 'wipe-n1' ? primary : standby;
      day.wiped.push(host.name);
      await host.remove();
      await host.crash();
    } else {
      const host = event.do === 'backup-on-app' ? app : primary;
      day.job = await pgDump(host, primary, `${dumpsOf(drill)}/nightly.sql`);
      // The mail about an error is rejected: there is nothing else to see.
      drill.note(`the nightly job ends with ${day.job.exitCode}`);
    }
    if (day.wiped.length === 0) await more(drill, workload, 10);
  }
  return day;
}

/** Writes as fast as it can, and waits until the standby has caught up, or never will. */
async function load(drill: Drill, day: Day, megabytes: number): Promise<void> {
  const { primary, links } = drill.cluster;
  const standby = drill.node('n2');
  if (!day.isCut) links.shape('n1', 'n2', { kbPerSecond: BUSY_KB_PER_SECOND });
  for (let i = 0; i < megabytes * 8; i++) {
    await primary.sql(
      'INSERT INTO spam SELECT repeat(md5($1::text || i), 16) FROM generate_series(1, 220) AS i',
      [i],
    );
  }
  const [row] = await primary.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  // What n1 does not keep is gone before n2 gets more, however fast or slow this machine is.
  await primary.sql('CHECKPOINT');
  if (day.isCut) return;
  links.heal('n1', 'n2');
  if (!(await standby.isRunning())) return;
  await drill.assume('the standby to follow, or to be lost', async () => {
    day.isLostToLoad ||= GAP.test(await standby.logTail(20));
    if (day.isLostToLoad || day.wiped.includes('n2')) return true;
    const [at] = await standby.sql<{ done: boolean }>(
      'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done',
      [row?.lsn],
    );
    return at?.done === true;
  });
  if (day.isLostToLoad) drill.note('n2 asks for WAL that n1 has removed');
}

const theDay: ServerScenario = {
  id: 'R1',
  title: 'load alone takes out the standby, the backup is none, and the wrong host is wiped',
  points: 20,
  nodes: 3,
  cluster: { settings: { wal_keep_size: '8MB', ...PATIENT } },
  requires: ['pg_basebackup', 'pg_dump'],
  lookAt: 'what was each of the four copies good for, and who could have known?',
  async run(drill) {
    const { primary } = drill.cluster;
    const [standby, app] = [drill.node('n2'), drill.node('n3')];
    await app.stop('immediate');
    await app.remove();
    const workload = await begin(drill);
    await primary.sql('CREATE TABLE spam (body text)');
    const staging = await snapshot(drill, workload, '01-31T17.20', { forStaging: true });
    drill.note('a snapshot is taken, to try something out in staging');
    await more(drill, workload, 40);
    const day = await happen(drill, workload);
    await workload.stop();

    drill.expect(day.isLostToLoad, {
      ruleId: 'not-lost-to-load',
      rule: 'The standby is lost because the primary removed WAL that it still needed (handout, Part R)',
      evidence: (await standby.isRunning())
        ? 'n2 was connected as long as it ran, or has all that n1 has written'
        : 'n2 did not ask for anything that n1 had removed',
      lookAt: 'how much does n1 keep, and how fast does n2 get it?',
    });
    drill.expect(day.job !== undefined, {
      ruleId: 'no-nightly-job',
      rule: 'The nightly backup has run while the primary served, and nobody was told of a failure (handout, Part R)',
      evidence: 'no backup ran before n1 was gone',
      lookAt: 'what did everybody believe they had that night?',
    });
    drill.expect(day.job?.exitCode !== 0, {
      ruleId: 'there-is-a-backup',
      rule: 'There is nothing in the bucket (handout, Part R)',
      evidence: `the nightly job has left ${(await app.list(dumpsOf(drill))).join(', ')}, from which everything can be restored`,
      lookAt: 'on which host did the job find the wrong pg_dump?',
    });
    const left = ['n1', 'n2'].filter((name) => !day.wiped.includes(name));
    drill.expect(left.length === 0, {
      ruleId: 'data-left',
      rule: 'The data directories of both hosts are gone (handout, Part R)',
      evidence: `${left.join(' and ')} still ${left.length === 1 ? 'has its' : 'have their'} data directory: an old standby is a copy, too`,
      lookAt: 'what was done to the standby before anybody was on the wrong host?',
    });
    const ids = await restored(standby, app, staging.path);
    if (typeof ids === 'string') throw new Error(`the snapshot of staging: ${ids}`);
    const kept = new Set(ids);
    const lost = workload.with('ok').filter(({ id }) => !kept.has(id)).length;
    drill.tell(`restored from the snapshot, ${lost} acknowledged writes are gone`);
    drill.expect(lost >= LOST_MIN, {
      ruleId: 'little-lost',
      rule: `${LOST_MIN} acknowledged writes or more are lost (handout, Part R)`,
      evidence: `only ${lost} acknowledged writes are not in the snapshot`,
      lookAt: 'how old is the newest copy?',
    });
  },
};

export default [theDay];
