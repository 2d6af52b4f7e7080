/** Part B: what does "committed" mean? */
import { type Drill, type ServerScenario, sleep } from 'faultlab';
import type { Outcome } from '../contract.ts';

const ANSWER_WITHIN_MS = 3000;
/** For a machine that is busy with something else. */
const SLACK_MS = 2000;

interface Said {
  readonly id: number;
  readonly outcome: Outcome;
}

/** Calls `write`, and holds it to its time limit. */
async function write(drill: Drill, node: string, id: number): Promise<Said> {
  const startMs = performance.now();
  const outcome = await drill.call<Outcome>('write', [node, id, `payment ${id}`]);
  const tookMs = performance.now() - startMs;
  drill.expect(tookMs < ANSWER_WITHIN_MS + SLACK_MS, {
    kind: 'liveness',
    ruleId: 'slow-write',
    rule: `A write says something within ${ANSWER_WITHIN_MS / 1000} s (handout, The contract)`,
    evidence: `write of ${id} to ${node} took ${(tookMs / 1000).toFixed(1)} s`,
    lookAt: 'who ends the wait when the server does not?',
  });
  drill.expect(['ok', 'fail', 'unknown'].includes(outcome), {
    kind: 'contract',
    ruleId: 'no-outcome',
    rule: 'A write is ok, fail or unknown (contract, Outcome)',
    evidence: `write of ${id} to ${node} returned ${JSON.stringify(outcome)}`,
    lookAt: 'which of the three is it?',
  });
  return { id, outcome };
}

/** Compares what was said with what a node holds. */
async function expectHonest(drill: Drill, node: string, all: readonly Said[]): Promise<void> {
  const rows = await drill.node(node).sql<{ id: number }>('SELECT id FROM payments');
  const there = new Set(rows.map(({ id }) => id));
  const lost = all.find(({ id, outcome }) => outcome === 'ok' && !there.has(id));
  drill.expect(lost === undefined, {
    ruleId: 'ok-lost',
    rule: 'What is ok is there after a failover (contract, Outcome)',
    evidence: `payment ${lost?.id} was said to be ok, and ${node} does not have it`,
    lookAt: 'what else did the server say, and on how many nodes was it true?',
  });
  const ghost = all.find(({ id, outcome }) => outcome === 'fail' && there.has(id));
  drill.expect(ghost === undefined, {
    ruleId: 'fail-there',
    rule: 'What has failed has not happened (contract, Outcome)',
    evidence: `payment ${ghost?.id} was said to have failed, and ${node} has it`,
    lookAt: 'had the statement reached the server when the connection broke?',
  });
}

function expectOutcome(drill: Drill, said: Said, wanted: Outcome, why: string): void {
  drill.expect(said.outcome === wanted, {
    ruleId: 'wrong-outcome',
    rule: 'What can be known is said (contract, Outcome)',
    evidence: `${why}: payment ${said.id} was said to be ${said.outcome}, not ${wanted}`,
    lookAt: 'what does each class of SQLSTATE say about the transaction?',
  });
}

const CREATE = 'CREATE TABLE payments (id bigint PRIMARY KEY, body text NOT NULL)';

const localOnly: ServerScenario = {
  id: 'B1',
  title: 'a commit that is on one node only is not called ok',
  points: 20,
  nodes: 2,
  cluster: { settings: { synchronous_standby_names: 'n2' } },
  lookAt: 'what else does the server say when a wait for a standby is cancelled?',
  async run(drill) {
    const { primary, links } = drill.cluster;
    const standby = drill.node('n2');
    await primary.sql(CREATE);
    const said: Said[] = [];
    for (let id = 1; id <= 5; id++) said.push(await write(drill, primary.name, id));
    for (const each of said) expectOutcome(drill, each, 'ok', 'all is well');
    links.cut('n1', 'n2');
    drill.note('the link to the synchronous standby is cut');
    // An administrator sees writes that hang, and cancels them.
    let isOver = false;
    const administrator = (async () => {
      await sleep(600);
      while (!isOver && drill.seed % 2 === 1) {
        await primary.sql(
          "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
        );
        await sleep(100);
      }
    })();
    const cut: Said[] = [];
    for (let id = 11; id <= 13; id++) cut.push(await write(drill, primary.name, id));
    isOver = true;
    await administrator;
    await primary.crash();
    await standby.sql('SELECT pg_promote()');
    drill.note('n1 is gone; n2 is promoted');
    await expectHonest(drill, 'n2', [...said, ...cut]);
  },
};

const definite: ServerScenario = {
  id: 'B2',
  title: 'what has certainly failed is called failed, and what may have happened is not',
  points: 15,
  nodes: 2,
  lookAt: 'what does each class of SQLSTATE say about the transaction?',
  async run(drill) {
    const { primary } = drill.cluster;
    const standby = drill.node('n2');
    await primary.sql(CREATE);
    await primary.sql("INSERT INTO payments VALUES (7, 'somebody else''s')");
    const ok = await write(drill, 'n1', 1);
    expectOutcome(drill, ok, 'ok', 'all is well');
    const twice = await drill.call<Outcome>('write', ['n1', 7, 'mine']);
    expectOutcome(drill, { id: 7, outcome: twice }, 'fail', 'the number is taken (23505)');
    await drill.assume('the table to be on n2', async () => {
      const [row] = await standby.sql("SELECT to_regclass('payments') IS NOT NULL AS there");
      return row?.there;
    });
    const onStandby = await write(drill, 'n2', 2);
    expectOutcome(drill, onStandby, 'fail', 'n2 is read-only (25006)');
    // The session is ended by an administrator while the statement waits for a lock.
    const lock = await primary.connect('administrator');
    await lock.query('BEGIN; LOCK TABLE payments');
    const ending = write(drill, 'n1', 3);
    await drill.assume('a write to be blocked', async () => {
      const rows = await primary.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    });
    await lock.query('COMMIT');
    await lock.close();
    const ended = await ending;
    drill.expect(ended.outcome !== 'ok', {
      ruleId: 'wrong-outcome',
      rule: 'What can be known is said (contract, Outcome)',
      evidence:
        'the session was ended before it had an answer (57P01), and the write was said to be ok',
      lookAt: 'who said that it was committed?',
    });
    await primary.crash();
    drill.note('n1 is gone');
    const refused = await write(drill, 'n1', 4);
    expectOutcome(drill, refused, 'fail', 'nobody listens on n1');
    await standby.sql('SELECT pg_promote()');
  },
};

export default [localOnly, definite];
