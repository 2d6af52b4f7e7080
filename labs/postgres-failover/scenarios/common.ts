/** What the scenarios of this lab share. */
import {
  type Broken,
  type Drill,
  lsnToBytes,
  type Members,
  type NodeId,
  type PgServer,
  sleep,
  type Workload,
  type Write,
} from 'faultlab';

const LEASE_MS = 1500;
/** From a fault to the first write that another server acknowledges, in lease periods. */
const TAKEOVER_LEASES = 6;
/** Until all three servers follow one primary again. */
const REJOIN_LEASES = 12;

export const CLUSTER = {
  nodeSettings: { n1: { synchronous_standby_names: 'ANY 1 (n2, n3)' } },
  settings: { wal_keep_size: '64MB' },
};

export interface Story {
  readonly drill: Drill;
  readonly members: Members;
  readonly workload: Workload;
}

/** Three machines, and on each of them a client that writes to its own server and to no other. */
export async function begin(drill: Drill, tell: (story: Story) => Promise<void>): Promise<void> {
  const workload = await drill.workload({
    to: (client) => `n${client}`,
    clients: 3,
    pauseMs: 20,
  });
  const members = await drill.members({ leaseMs: LEASE_MS, run: 'control' });
  const story = { drill, members, workload };
  drill.note(`three machines, and a lease of ${(members.leaseMs / 1000).toFixed(1)} s`);
  await Promise.race([members.failure, told(story, tell)]);
}

async function told(story: Story, tell: (story: Story) => Promise<void>): Promise<void> {
  // The controllers have only just started, and have seen nothing yet.
  await sleep(1.5 * story.members.leaseMs);
  await expectLeader(story, ['n1'], 'at the beginning');
  await tell(story);
}

/** Writes that these servers acknowledged and that were asked for after a moment of the workload. */
function acksOf({ workload }: Story, nodes: readonly NodeId[], sinceMs: number): Write[] {
  return workload
    .with('ok')
    .filter(({ node, askedAtMs }) => nodes.includes(node) && askedAtMs > sinceMs);
}

/** Demands that one of these takes over; resolves to it once it has acknowledged a few writes. */
export async function expectLeader(
  story: Story,
  candidates: readonly NodeId[],
  when: string,
  leases = TAKEOVER_LEASES,
): Promise<PgServer> {
  const { drill, workload, members } = story;
  const { leaseMs } = members;
  const sinceMs = workload.nowMs;
  const few = () => acksOf(story, candidates, sinceMs);
  await drill.eventually(
    async () => few().length >= 5,
    {
      ruleId: 'no-takeover',
      rule: `Within ${leases} lease periods somebody acknowledges again (handout, The contract)`,
      evidence: async () =>
        `${when}: ${few().length} writes were acknowledged by ${candidates.join(' or ')}. ${await roles(story)}`,
      lookAt: 'who may take the lease now, and what is it still waiting for?',
    },
    { withinMs: leases * leaseMs },
  );
  const [first] = few();
  const tookMs = (first?.answeredAtMs ?? 0) - sinceMs;
  drill.note(`${first?.node} acknowledges, ${(tookMs / leaseMs).toFixed(1)} lease periods later`);
  if (tookMs > leaseMs / 10) drill.tell(`${when}: ${(tookMs / leaseMs).toFixed(1)} lease periods`);
  return drill.node(first?.node ?? '');
}

async function roles({ drill }: Story): Promise<string> {
  const words = drill.cluster.nodes.map(async (node) => {
    if (!(await node.isRunning())) return `${node.name} is down`;
    const [row] = await node
      .sql<{ standby: boolean; followers: number }>(
        `SELECT pg_is_in_recovery() AS standby,
          (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming') AS followers`,
      )
      .catch(() => []);
    if (row === undefined) return `${node.name} does not answer`;
    return row.standby
      ? `${node.name} is a standby`
      : `${node.name} is a primary with ${row.followers} standby${Number(row.followers) === 1 ? '' : 's'}`;
  });
  return (await Promise.all(words)).join(', ');
}

/**
 * The claims about every story: all three servers end up with one history; nothing that was acknowledged
 * is missing on any of them; and two primaries never acknowledged at the same time.
 */
export async function expectWhole(story: Story, lookAt: string): Promise<void> {
  const { drill, workload } = story;
  await expectOneLine(story);
  await workload.stop();
  expectOneReign(story);
  await drill.eventually(
    async () => caughtUp(story, await leaderOf(story)),
    notOneLine(story, 'hold the same'),
    {
      withinMs: REJOIN_LEASES * story.members.leaseMs,
    },
  );
  for (const { name } of drill.cluster.nodes) await drill.expectKept(workload, name, lookAt);
  const unknown = workload.with('unknown').length;
  drill.tell(`${workload.acknowledged} acknowledged writes kept, ${unknown} of unknown outcome`);
}

async function leaderOf({ drill }: Story): Promise<PgServer> {
  for (const node of drill.cluster.nodes) if (await isPrimary(node)) return node;
  return drill.cluster.primary;
}

async function isPrimary(node: PgServer): Promise<boolean> {
  if (!(await node.isRunning())) return false;
  const [row] = await node
    .sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby')
    .catch(() => []);
  return row?.standby === false;
}

async function streamsFromOne({ drill }: Story): Promise<boolean> {
  const { nodes } = drill.cluster;
  const primaries = [];
  for (const node of nodes) if (await isPrimary(node)) primaries.push(node);
  const [only] = primaries;
  if (only === undefined || primaries.length > 1) return false;
  const rows = await only
    .sql<{ name: string }>(
      "SELECT application_name AS name FROM pg_stat_replication WHERE state = 'streaming'",
    )
    .catch(() => []);
  const names = new Set(rows.map(({ name }) => name));
  return nodes.every((node) => node === only || names.has(node.name));
}

const notOneLine = (
  story: Story,
  what: string,
): Omit<Broken, 'evidence'> & {
  evidence: () => Promise<string>;
} => ({
  ruleId: 'not-rejoined',
  rule: `Within ${REJOIN_LEASES} lease periods all servers follow one primary (handout, The contract)`,
  evidence: async () => `the three do not ${what}: ${await roles(story)}`,
  lookAt: 'what must a server give up before it can follow one that went another way?',
});

/** One primary, and the two others stream from it. */
export async function expectOneLine(story: Story): Promise<void> {
  await story.drill.eventually(
    () => streamsFromOne(story),
    notOneLine(story, 'all follow one primary'),
    { withinMs: REJOIN_LEASES * story.members.leaseMs },
  );
}

async function caughtUp({ drill }: Story, leader: PgServer): Promise<boolean> {
  const [row] = await leader
    .sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn')
    .catch(() => []);
  if (row === undefined) return false;
  for (const node of drill.cluster.nodes) {
    if (node === leader) continue;
    const [other] = await node
      .sql<{ lsn: string | null }>('SELECT pg_last_wal_replay_lsn() AS lsn')
      .catch(() => []);
    if (lsnToBytes(other?.lsn ?? '0/0') < lsnToBytes(row.lsn)) return false;
  }
  return true;
}

/** Timelines only grow, in the order of acknowledgements, and each belongs to one server. */
export function expectOneReign({ drill, workload }: Story): void {
  const acks = workload.with('ok').sort((a, b) => a.answeredAtMs - b.answeredAtMs);
  const at = (ms: number) => `${(ms / 1000).toFixed(3)} s`;
  const rule = 'Two primaries never acknowledge at the same time (handout, The contract)';
  const lookAt = 'what stops the standbys of the old primary from confirming its commits?';
  const owner = new Map<number, Write>();
  for (const ack of acks) {
    const { timeline = 0, node } = ack;
    const first = owner.get(timeline) ?? ack;
    owner.set(timeline, first);
    drill.expect(first.node === node, {
      ruleId: 'two-primaries',
      rule,
      evidence: `${first.node} acknowledged number ${first.id} at ${at(first.answeredAtMs)} of the workload and ${node} number ${ack.id} at ${at(ack.answeredAtMs)}, both on timeline ${timeline}: both were promoted from the same earlier one`,
      lookAt: 'what did each of them know when it promoted its server?',
    });
  }
  let newest: Write | undefined;
  for (const ack of acks) {
    const { timeline = 0 } = ack;
    if (newest && timeline < (newest.timeline ?? 0) && ack.askedAtMs > newest.answeredAtMs) {
      drill.fail({
        ruleId: 'two-primaries',
        rule,
        evidence: `${newest.node}, on timeline ${newest.timeline}, had acknowledged number ${newest.id} at ${at(newest.answeredAtMs)} of the workload; ${ack.node}, on timeline ${timeline}, was asked to write number ${ack.id} at ${at(ack.askedAtMs)} and acknowledged it at ${at(ack.answeredAtMs)}`,
        lookAt,
      });
    }
    if (newest === undefined || timeline > (newest.timeline ?? 0)) newest = ack;
  }
}

/** Claims that nobody acknowledges, once what was on its way has had time to end. */
export async function expectSilence(story: Story, why: string, lookAt: string): Promise<void> {
  const { drill, workload, members } = story;
  const { leaseMs } = members;
  await sleep(2 * leaseMs);
  const sinceMs = workload.nowMs;
  await sleep(leaseMs);
  const late = acksOf(story, ['n1', 'n2', 'n3'], sinceMs);
  drill.expect(late.length === 0, {
    ruleId: 'acknowledged-alone',
    rule: 'Without a majority of the store nobody acknowledges (handout, The contract)',
    evidence: `${why}; three lease periods later ${late[0]?.node} still acknowledges: ${late.length} writes in ${leaseMs / 1000} s`,
    lookAt,
  });
}
