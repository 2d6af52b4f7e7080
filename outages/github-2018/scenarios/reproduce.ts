/**
 * Part R: the trigger. Writes can be lost in many ways; in this one each side has taken writes that the
 * other lacks, nothing is broken any more, and there is no way back.
 */
import { type Budget, type Cluster, readTrigger } from 'faultlab';
import type { Disturbance, Trigger } from '../contract.ts';
import { Sites } from '../sites.ts';

const TIMES = { atMs: [60_000, 90_000], forMs: [0, 60_000] } as const;

export const BUDGET: Budget = {
  eventsMax: 1,
  kinds: { 'cut-east': TIMES, 'hang-east': TIMES, 'hang-primary': TIMES, 'cut-controller': TIMES },
};

/** Writes on each side that the other lacks. */
const MANY = 50;
const SPLIT_MS = 25_000;
const AFTER_MS = 60_000;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The regions a minute after the trigger. */
function trigger(cluster: Cluster): { sites: Sites; waitedMs: number } {
  const sites = new Sites(cluster);
  const events = readTrigger(cluster, BUDGET) as unknown as Trigger;
  const [first] = events as readonly [Disturbance];
  for (const event of events) cluster.after(event.atMs, () => sites.disturb(event));
  cluster.run(first.atMs - 1);
  cluster.sometimes('all is well before the trigger', sites.lost.length === 0);
  const waitedMs = sites.eastWaitsMs(10_000);
  const overAtMs = Math.max(...events.map((event) => event.atMs + event.forMs));
  cluster.run(overAtMs + AFTER_MS - cluster.nowMs);
  const [onlyEast, onlyWest] = parted(sites);
  cluster.expect(onlyEast >= MANY && onlyWest >= MANY, {
    ruleId: 'not-parted',
    rule: `Each side has ${MANY} writes or more that the other lacks (handout, Part R)`,
    evidence: `at ${at(cluster.nowMs)} ${onlyEast} writes are only in the East, and ${onlyWest} only in the West; ${promoted(sites)}`,
    lookAt: 'who must be promoted, and who must not hear of it for a long time?',
  });
  return { sites, waitedMs };
}

function parted(sites: Sites): readonly [number, number] {
  const { east, west } = sites;
  return [sites.onlyIn(east, west).length, sites.onlyIn(west, east).length];
}

const promoted = ({ promotions }: Sites) =>
  promotions.length === 0
    ? 'nobody was promoted'
    : promotions.map(({ name, atMs }) => `${name} was promoted at ${at(atMs)}`).join(', ');

export function noWayBack(cluster: Cluster): void {
  const { sites, waitedMs } = trigger(cluster);
  const [onlyEast, onlyWest] = parted(sites);
  const { splits } = sites;
  const splitMs = (splits.at(-1)?.old.atMs ?? 0) - (splits[0]?.new.atMs ?? 0);
  const waitsMs = sites.eastWaitsMs(10_000);
  cluster.tell(
    `${onlyEast} writes only in the East, ${onlyWest} only in the West; two primaries for ${at(splitMs)}; a write in the East takes ${waitsMs} ms, ${waitedMs} before`,
  );
  cluster.expect(sites.otherCause === undefined, {
    ruleId: 'other-cause',
    rule: 'The network between the regions failed, and nothing else (handout, Part R)',
    evidence: `the regions have parted, but ${sites.otherCause}`,
    lookAt: 'who could reach whom on 21 October 2018?',
  });
  cluster.expect(splitMs >= SPLIT_MS, {
    ruleId: 'no-two-primaries',
    rule: `Two primaries take writes for ${at(SPLIT_MS)} or longer (handout, Part R)`,
    evidence: `both took writes for ${at(splitMs)}; ${promoted(sites)}`,
    lookAt: 'when does the old primary learn that there is a new one?',
  });
  const stuck = sites.behind(MANY).filter((name) => sites.east.includes(name));
  cluster.expect(stuck.length === sites.east.length, {
    ruleId: 'way-back',
    rule: 'A minute after the network is back, no database in the East follows the primary (handout, Part R)',
    evidence: `${stuck.length} of ${sites.east.length} are behind`,
    lookAt: 'what do databases in the East have that the primary lacks?',
  });
  cluster.expect(waitsMs >= 10 * waitedMs, {
    ruleId: 'no-wait',
    rule: 'A write in the East takes ten times as long as before (handout, Part R)',
    evidence: `half of them take ${waitsMs} ms or less, and ${waitedMs} ms before`,
    lookAt: 'where is the primary now?',
  });
}

/** What people did in the end: nothing was lost, but it took them a day. */
export function repairedByHand(cluster: Cluster): void {
  const { sites } = trigger(cluster);
  sites.repairByHand();
  cluster.run(30_000);
  const behind = sites.behind(MANY);
  const { lost } = sites;
  cluster.tell(`${sites.setAside} writes are to be brought back in by hand`);
  cluster.expect(behind.length === 0 && lost.length === 0, {
    ruleId: 'not-repaired',
    rule: 'Once the writes of the East are set aside, its databases follow again (handout, Part R)',
    evidence: `${behind.length === 0 ? 'no database' : behind.join(', ')} behind, ${lost.length} writes lost`,
    lookAt: 'is your trigger over by then?',
  });
}
