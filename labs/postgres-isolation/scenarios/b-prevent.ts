/** Part B: transactions under load, judged by their history. */
import {
  checkListAppend,
  type Drill,
  type History,
  type ServerScenario,
  sleep,
  tellTransactions,
} from 'faultlab';
import type { Ended, ListOperation } from '../contract.ts';

type Transaction = readonly ListOperation[];
type Recorded = History<Transaction, Transaction>[number];

/** A statement that writes takes a while, so that transactions overlap. */
const CREATE = `
  CREATE TABLE lists (key int PRIMARY KEY, items int[] NOT NULL);
  CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN PERFORM pg_sleep(0.004); RETURN new; END $$;
  CREATE TRIGGER linger BEFORE INSERT OR UPDATE ON lists FOR EACH ROW EXECUTE FUNCTION linger();`;

interface Load {
  readonly clients: number;
  readonly rounds: number;
  readonly keys: number;
}

type Perform = (operations: Transaction) => Promise<Ended>;

/** Clients that read two lists and append to one of them: each may miss what another writes. */
async function record(drill: Drill, load: Load, perform: Perform): Promise<Recorded[]> {
  const history: Recorded[] = [];
  let next = 1;
  const client = async (name: string, number: number) => {
    let asked = name;
    for (let round = 0; round < load.rounds; round++) {
      const from = (number + round) % load.keys;
      const to = (from + 1 + (round % (load.keys - 1))) % load.keys;
      const input: Transaction = [
        ['r', from, null],
        ['r', to, null],
        ['append', to, next++],
      ];
      const callAt = drill.nowMs;
      const ended = await perform(input);
      const isOk = Array.isArray(ended);
      const outcome = isOk ? 'ok' : ended === 'aborted' ? 'fail' : 'unknown';
      const returnAt = outcome === 'unknown' ? Number.POSITIVE_INFINITY : drill.nowMs;
      const output = isOk ? { output: ended as Transaction } : {};
      history.push({ client: asked, input, outcome, callAt, returnAt, ...output });
      await sleep(2);
      // A client that does not know goes on under another name: its operation may still take effect.
      if (outcome === 'unknown') asked = `${name}-${round}`;
    }
  };
  const names = Array.from({ length: load.clients }, (_, i) => `c${i + 1}`);
  await Promise.all(names.map(client));
  // A last read of every list sees everything that was committed.
  const rows = await drill.cluster.primary.sql<{ key: number; items: number[] }>(
    'SELECT * FROM lists',
  );
  const last: Transaction = rows.map(({ key, items }) => ['r', key, items] as const);
  const [callAt, returnAt] = [drill.nowMs, drill.nowMs + 1];
  history.push({ client: 'end', input: last, output: last, outcome: 'ok', callAt, returnAt });
  return history.sort((a, b) => a.callAt - b.callAt);
}

/** The same transactions at a given level: how the grader shows that this load has teeth. */
const careless =
  (drill: Drill, level: string): Perform =>
  async (operations) => {
    const session = await drill.cluster.primary.connect('careless');
    try {
      await session.query(`BEGIN ISOLATION LEVEL ${level}`);
      const output: ListOperation[] = [];
      for (const operation of operations) {
        if (operation[0] === 'append') {
          await session.query(
            'INSERT INTO lists VALUES ($1, ARRAY[$2::int]) ON CONFLICT (key) DO UPDATE SET items = lists.items || excluded.items',
            [operation[1], operation[2]],
          );
          output.push(operation);
        } else {
          const { rows } = await session.query('SELECT items FROM lists WHERE key = $1', [
            operation[1],
          ]);
          output.push(['r', operation[1], rows[0]?.items ?? []]);
        }
      }
      await session.query('COMMIT');
      return output;
    } catch {
      return 'aborted';
    } finally {
      await session.close();
    }
  };

function judge(drill: Drill, history: readonly Recorded[]) {
  try {
    return checkListAppend(history as never, { level: 'serializable' });
  } catch (error) {
    return drill.fail({
      kind: 'contract',
      ruleId: 'malformed',
      rule: 'A committed transaction is returned as it was requested, with what its reads saw (contract, Ended)',
      evidence: (error as Error).message,
      lookAt: 'which operations does transact return, and in which order?',
    });
  }
}

function expectSerializable(drill: Drill, history: readonly Recorded[]): void {
  const verdict = judge(drill, history);
  const [head = '', ...picture] = tellTransactions(verdict, { width: 78, whole: true });
  drill.expect(verdict.verdict !== 'violated', {
    ruleId: 'not-serializable',
    rule: 'Transactions behave as if run one after another (Adya 1999, PL-3)',
    evidence: head,
    picture,
    lookAt:
      'at which level did these transactions run, and what was read again when one was tried again?',
  });
  drill.expect(verdict.verdict === 'ok', {
    kind: 'contract',
    ruleId: 'not-serializable',
    rule: 'Transactions behave as if run one after another (Adya 1999, PL-3)',
    evidence: head,
    lookAt: 'what does transact say about transactions that have happened?',
  });
}

const perform =
  (drill: Drill): Perform =>
  async (operations) => {
    const ended = await drill.call<Ended>('transact', [operations]);
    const isKnown = Array.isArray(ended) || ended === 'aborted' || ended === 'unknown';
    drill.expect(isKnown, {
      kind: 'contract',
      ruleId: 'malformed',
      rule: 'transact returns operations, aborted or unknown (contract, Ended)',
      evidence: `transact returned ${JSON.stringify(ended)}`,
      lookAt: 'what has become of the transaction?',
    });
    return ended;
  };

function expectCommitted(drill: Drill, history: readonly Recorded[], share: number): void {
  const all = history.length - 1;
  const ok = history.filter(({ outcome }) => outcome === 'ok').length - 1;
  drill.tell(`${ok} of ${all} transactions committed`);
  drill.expect(ok >= share * all, {
    kind: 'liveness',
    ruleId: 'gives-up',
    rule: `At least ${share * 100} of 100 transactions commit (handout, The contract)`,
    evidence: `${ok} of ${all} transactions have committed`,
    lookAt: 'what should follow a serialization failure, and how often?',
  });
}

const serializable: ServerScenario = {
  id: 'B1',
  title: 'under a load that breaks REPEATABLE READ, the history is serializable',
  points: 35,
  nodes: 1,
  lookAt: 'at which level must these transactions run?',
  async run(drill) {
    await drill.cluster.primary.sql(CREATE);
    const load = { clients: 6, rounds: 14, keys: 4 };
    const weak = await record(drill, load, careless(drill, 'REPEATABLE READ'));
    const anomalies = checkListAppend(weak as never, { level: 'serializable' }).anomalies;
    await drill.assume('the load to break REPEATABLE READ', async () => anomalies.length > 0);
    drill.note(`the same load at REPEATABLE READ: ${anomalies[0]?.name}`);
    await drill.cluster.primary.sql('TRUNCATE lists');
    const history = await record(drill, load, perform(drill));
    expectSerializable(drill, history);
    expectCommitted(drill, history, 0.9);
  },
};

/** How many sessions the administrator ends, at most, in eighty transactions. */
const ENDED_MAX = 10;

const once: ServerScenario = {
  id: 'B2',
  title: 'while sessions are ended by an administrator, nothing happens twice',
  points: 20,
  nodes: 2,
  cluster: { settings: { synchronous_standby_names: 'n2' } },
  lookAt: 'after which errors may a transaction be tried again?',
  async run(drill) {
    const { primary } = drill.cluster;
    await primary.sql(CREATE);
    // A commit waits for the standby, whose word is slow to come: it has happened, and is not answered yet.
    drill.cluster.links.shape('n2', 'n1', { delayMs: 20 });
    let isOver = false;
    let ended = 0;
    const administrator = (async () => {
      while (!isOver && ended < ENDED_MAX) {
        await sleep(60);
        const rows = await primary.sql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'runbook' AND wait_event = 'SyncRep' LIMIT 1",
        );
        ended += rows.length;
      }
    })();
    drill.atEnd(async () => {
      isOver = true;
      await administrator.catch(() => {});
    });
    const history = await record(drill, { clients: 8, rounds: 10, keys: 4 }, perform(drill));
    isOver = true;
    await administrator;
    expectCommitted(drill, history, 0.7);
    await drill.assume('sessions to be ended', async () => ended > 3, { withinMs: 0 });
    drill.note(`an administrator has ended ${ended} sessions`);
    expectSerializable(drill, history);
  },
};

const hot: ServerScenario = {
  id: 'B3',
  title: 'eight clients on two lists: everybody gets through',
  points: 15,
  nodes: 1,
  lookAt: 'what should clients do when they collide again and again?',
  async run(drill) {
    await drill.cluster.primary.sql(CREATE);
    const history = await record(drill, { clients: 8, rounds: 5, keys: 2 }, perform(drill));
    expectSerializable(drill, history);
    expectCommitted(drill, history, 1);
  },
};

export default [serializable, once, hot];
