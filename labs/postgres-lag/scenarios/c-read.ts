/** Part C: reads from standbys that never show less than was promised. */
import type { Drill, ServerScenario } from 'faultlab';
import { caughtUp, createTables } from './faults.ts';

const ROUNDS = 20;
/** More than a healthy standby lags: an answer that takes longer has waited in vain. */
const ANSWER_WITHIN_MS = 3000;

/** Sessions that write, and then read what they wrote with the token that they were given. */
async function readYourWrites(drill: Drill): Promise<void> {
  const timed = async (key: string, token: string) => {
    const startMs = performance.now();
    const value = await drill.call<unknown>('read', [key, token]);
    expectBounded(drill, key, token, performance.now() - startMs);
    return value;
  };
  const session = async (name: string) => {
    for (let round = 1; round <= ROUNDS; round++) {
      const key = `${name}-${round % 4}`;
      const value = `${name} ${round}`;
      const token = await drill.call<string>('write', [key, value]);
      drill.expect(/^[0-9A-F]+\/[0-9A-F]+$/i.test(String(token)), {
        kind: 'contract',
        ruleId: 'no-token',
        rule: 'write returns an LSN as text (handout, The contract)',
        evidence: `write("${key}", "${value}") returned ${JSON.stringify(token)}`,
        lookAt: 'which function tells where the WAL ends?',
      });
      const seen = await timed(key, token);
      drill.expect(seen === value, {
        ruleId: 'stale-read',
        rule: 'A read shows at least what its token promises (Terry et al. 1994: read your writes)',
        evidence: `write("${key}", "${value}") returned ${token}; read("${key}", "${token}") returned ${JSON.stringify(seen)}`,
        lookAt:
          'which position had the node that answered replayed, and was the token taken before the commit or after it?',
      });
    }
  };
  await Promise.all(['ann', 'bob', 'eve'].map(session));
}

function expectBounded(drill: Drill, key: string, token: string, tookMs: number): void {
  drill.expect(tookMs <= ANSWER_WITHIN_MS, {
    kind: 'liveness',
    ruleId: 'slow-read',
    rule: `A read is answered within ${ANSWER_WITHIN_MS / 1000} s (handout, The contract)`,
    evidence: `read("${key}", "${token}") took ${(tookMs / 1000).toFixed(1)} s`,
    lookAt: 'how long is a standby worth waiting for, and who can answer instead?',
  });
}

/** Reads that every standby could serve. */
async function oldReads(drill: Drill, count: number): Promise<number> {
  const before = drill.requests.get('n1') ?? 0;
  for (let i = 0; i < count; i++) await drill.call('read', [`ann-${i % 4}`, '0/1']);
  return (100 * ((drill.requests.get('n1') ?? 0) - before)) / count;
}

const fresh: ServerScenario = {
  id: 'C1',
  title: 'a session reads its own writes, and standbys do most of the reading',
  points: 15,
  nodes: 3,
  lookAt: 'what must a standby have replayed before it may answer?',
  async run(drill) {
    await createTables(drill);
    await caughtUp(drill);
    for (const standby of drill.cluster.standbys) {
      await standby.configure({ recovery_min_apply_delay: '40ms' });
    }
    drill.note('both standbys replay 40 ms late');
    await drill.submission();
    await readYourWrites(drill);
    const share = await oldReads(drill, 50);
    drill.tell(
      `${share.toFixed(0)} statements on the primary for 100 reads that any node could serve`,
    );
    drill.expect(share <= 20, {
      ruleId: 'primary-reads',
      rule: 'Standbys serve what they can: at most 20 of 100 such reads touch n1 (handout, The contract)',
      evidence: `50 reads of what all nodes had replayed long ago sent ${share / 2} statements to n1`,
      lookAt: 'who could have answered these reads?',
    });
  },
};

const oneStuck: ServerScenario = {
  id: 'C2',
  title: 'a standby that stands still, or is down, costs neither freshness nor time',
  points: 10,
  nodes: 3,
  lookAt: 'what does the router do about a node that does not get there?',
  async run(drill) {
    await createTables(drill);
    await caughtUp(drill);
    const [victim] = drill.draw.shuffle(drill.cluster.standbys);
    if (victim === undefined) throw new Error('a standby is needed');
    await drill.submission();
    if (drill.seed % 2 === 1) {
      await victim.sql('SELECT pg_wal_replay_pause()');
      drill.note(`${victim.name}: replay paused`);
    } else {
      await victim.crash();
      drill.note(`${victim.name}: down`);
    }
    await readYourWrites(drill);
  },
};

const allStuck: ServerScenario = {
  id: 'C3',
  title: 'when no standby gets there, the primary answers',
  points: 5,
  nodes: 3,
  lookAt: 'who has every write, always?',
  async run(drill) {
    await createTables(drill);
    await caughtUp(drill);
    await drill.submission();
    for (const standby of drill.cluster.standbys) await standby.sql('SELECT pg_wal_replay_pause()');
    drill.note('both standbys: replay paused');
    await readYourWrites(drill);
  },
};

export default [fresh, oneStuck, allStuck];
