/** Part D: timestamps are in the order of real time, and a snapshot holds all that it should. */
import type { Invariant, NodeId, Watch } from 'faultlab';
import type { Interval, Version } from '../contract.ts';
import { s } from './events.ts';
import { timeOfDay } from './words.ts';

/** What the programs report; `id` names the call. */
interface Began extends Interval {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  /** Of snapshot reads: the timestamp asked for. */
  readonly at?: number;
}

interface Commit {
  readonly node: NodeId;
  readonly key: string;
  readonly value: string;
  readonly beganMs: number;
  /** Of what anybody had seen before it began, the version with the highest timestamp. */
  readonly after: Seen | undefined;
  at?: number;
}

interface Seen {
  readonly key: string;
  readonly value: string;
  readonly at: number;
  readonly atMs: number;
  readonly how: string;
}

interface Read {
  readonly node: NodeId;
  readonly key: string;
  readonly at: number | undefined;
  readonly beganMs: number;
  /** The newest version of this key that had been seen before. */
  readonly after: Seen | undefined;
}

/** `00:00:01.204`, or `00:00:01.204375` with a fraction. */
function show(at: number): string {
  const micros = Math.floor((at % 1) * 1000);
  return micros === 0 ? timeOfDay(at) : `${timeOfDay(at)}${String(micros).padStart(3, '0')}`;
}

export function externalConsistency(): Invariant {
  const commits = new Map<string, Commit>();
  const byValue = new Map<string, Commit>();
  const reads = new Map<string, Read>();
  const snapshots: { readonly read: Read; readonly version: Version | null }[] = [];
  const newest = new Map<string, Seen>();
  let highest: Seen | undefined;

  const see = (seen: Seen) => {
    if (seen.at > (highest?.at ?? Number.NEGATIVE_INFINITY)) highest = seen;
    const known = newest.get(seen.key);
    if (seen.at > (known?.at ?? Number.NEGATIVE_INFINITY)) newest.set(seen.key, seen);
  };

  const onCommit = (id: string, at: number, watch: Watch) => {
    const commit = commits.get(id) as Commit;
    expectTimestamp(commit, at, watch);
    expectUnique(commit, at, commits.values(), watch);
    expectLater(commit, at, watch);
    commit.at = at;
    for (const { read, version } of snapshots) expectNotMissed(commit, read, version, watch);
    const { key, value, node } = commit;
    see({ key, value, at, atMs: watch.nowMs, how: `was answered by ${node}` });
  };

  const onSight = (id: string, version: Version | null, watch: Watch) => {
    const read = reads.get(id) as Read;
    if (version !== null) expectWritten(read, version, byValue.get(version?.value), watch);
    if (read.at === undefined) expectFresh(read, version, watch);
    else {
      expectUpTo(read, version, watch);
      for (const commit of commits.values()) expectNotMissed(commit, read, version, watch);
      snapshots.push({ read, version });
    }
    if (version === null) return;
    const how = `was read on ${read.node}`;
    see({ key: read.key, ...version, atMs: watch.nowMs, how });
  };

  return {
    name: 'external consistency',
    onEmit(node, name, value, watch) {
      const began = value as Began;
      const beganMs = watch.nowMs;
      if (name === 'begins') {
        const commit = { node, key: began.key, value: began.value, beganMs, after: highest };
        commits.set(began.id, commit);
        byValue.set(began.value, commit);
      }
      if (name === 'reads') {
        const after = newest.get(began.key);
        reads.set(began.id, { node, key: began.key, at: began.at, beganMs, after });
      }
      if (name === 'commits') onCommit(began.id, began.at as number, watch);
      if (name === 'sees') {
        const { id, version } = value as { id: string; version: Version | null };
        onSight(id, version, watch);
      }
    },
  };
}

const nameOf = ({ key, value }: { readonly key: string; readonly value: string }) =>
  `${key}=${value}`;

function expectTimestamp(commit: Commit, at: unknown, watch: Watch): void {
  if (Number.isFinite(at)) return;
  watch.fail({
    kind: 'contract',
    ruleId: 'no-timestamp',
    rule: 'commit resolves to a timestamp, a number of milliseconds (contract, StoreLike)',
    evidence: `the commit of ${nameOf(commit)} on ${commit.node} resolved to ${JSON.stringify(at) ?? at}`,
  });
}

function expectUnique(commit: Commit, at: number, all: Iterable<Commit>, watch: Watch): void {
  for (const other of all) {
    if (other === commit || other.node !== commit.node || other.at !== at) continue;
    watch.fail({
      kind: 'safety',
      ruleId: 'timestamp-twice',
      rule: 'No two commits of one node have the same timestamp (contract, StoreLike.commit)',
      evidence: `${nameOf(other)} and ${nameOf(commit)}, both on ${commit.node}, have ${show(at)}`,
      lookAt: 'what if two commits begin in the same millisecond?',
    });
  }
}

function expectLater(commit: Commit, at: number, watch: Watch): void {
  const { after } = commit;
  if (after === undefined || at > after.at) return;
  const difference =
    at === after.at ? 'which is the same' : `${(after.at - at).toFixed(1)} ms less`;
  watch.fail({
    kind: 'safety',
    ruleId: 'external-consistency',
    rule: 'External consistency (Spanner §4.1.2): what begins after a commit was seen gets a later timestamp',
    evidence: `${nameOf(after)} has ${show(after.at)}, and ${after.how} at ${s(after.atMs)};  then ${nameOf(commit)} began on ${commit.node}, at ${s(commit.beganMs)}, and has ${show(at)}: ${difference}`,
    lookAt: 'how far apart may two clocks be that both tell the truth, and who waits that long?',
  });
}

function expectNotMissed(commit: Commit, read: Read, version: Version | null, watch: Watch): void {
  if (commit.at === undefined || commit.key !== read.key || read.at === undefined) return;
  if (commit.at > read.at || (version !== null && version.at >= commit.at)) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'snapshot-incomplete',
    rule: 'A snapshot at t holds every commit up to t, for good (Spanner §4.1.3)',
    evidence: `the read of ${read.key} at ${show(read.at)} on ${read.node}, asked at ${s(read.beganMs)}, returned ${version === null ? 'nothing' : `${nameOf({ key: read.key, value: version.value })} of ${show(version.at)}`};  ${nameOf(commit)} began at ${s(commit.beganMs)} and has ${show(commit.at)}`,
    lookAt: 'which commits may still get a timestamp up to the one that is asked for?',
  });
}

function expectWritten(
  read: Read,
  version: Version,
  commit: Commit | undefined,
  watch: Watch,
): void {
  if (commit?.key === read.key && (commit.at === undefined || commit.at === version.at)) return;
  const truth =
    commit?.key === read.key
      ? `its commit has ${show(commit.at ?? 0)}`
      : `nobody wrote that to ${read.key}`;
  watch.fail({
    kind: 'safety',
    ruleId: 'read-unwritten',
    rule: 'A read returns a version that was written, with its timestamp (contract, Version)',
    evidence: `a read of ${read.key} on ${read.node} returned ${JSON.stringify(version)}; ${truth}`,
  });
}

function expectFresh(read: Read, version: Version | null, watch: Watch): void {
  const { after } = read;
  if (after === undefined || (version !== null && version.at >= after.at)) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'stale-read',
    rule: 'A read returns the newest version that may be seen (contract, StoreLike.read)',
    evidence: `${nameOf(after)} ${after.how} at ${s(after.atMs)};  a read of ${read.key} that began at ${s(read.beganMs)} returned ${version === null ? 'nothing' : version.value}`,
    lookAt: 'when may a version first be seen, and when must it be?',
  });
}

function expectUpTo(read: Read, version: Version | null, watch: Watch): void {
  if (version === null || version.at <= (read.at as number)) return;
  watch.fail({
    kind: 'safety',
    ruleId: 'snapshot-from-the-future',
    rule: 'A snapshot at t holds no commit after t (contract, StoreLike.readAt)',
    evidence: `the read of ${read.key} at ${show(read.at as number)} on ${read.node} returned ${version.value} of ${show(version.at)}`,
    lookAt: 'which of the versions of this key is asked for?',
  });
}
