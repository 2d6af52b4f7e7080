/** Two primaries, with rows of their own, and what must be true when they are one cluster again. */
import { type Drill, lsnToBytes, type PgServer, sleep } from 'faultlab';
import type { Salvaged } from '../contract.ts';

export interface Split {
  /** The one that stays, promoted while the other still took writes. */
  readonly young: PgServer;
  readonly old: PgServer;
  readonly others: readonly PgServer[];
  /** What has to be in `salvaged`. */
  readonly lost: readonly Salvaged[];
  /** Keeps trying to write to the old primary; how many of its writes have been acknowledged so far. */
  readonly stubborn: { acknowledged: number; stop(): Promise<void> };
}

const ACCOUNTS = 200;

/** Splits the cluster: `n1` goes on beside a promoted standby. The seed chooses the standby and the rows. */
export async function split(drill: Drill): Promise<Split> {
  const { primary: old, standbys } = drill.cluster;
  const young = standbys[drill.seed % standbys.length];
  if (young === undefined) throw new Error('a standby is needed');
  const others = standbys.filter((node) => node !== young);
  await old.sql(`
    CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL);
    INSERT INTO accounts SELECT i, 100 FROM generate_series(1, ${ACCOUNTS}) AS i;
    CREATE TABLE inventory (node text PRIMARY KEY, purpose text NOT NULL);`);
  await old.sql('INSERT INTO inventory VALUES ($1, $2), ($3, $4)', [
    ...[young.name, 'primary since the failover; it stays'],
    ...[old.name, 'was the primary'],
  ]);
  const [end] = await old.sql<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  for (const standby of standbys) {
    await drill.assume(`${standby.name} to have everything`, async () => {
      const [row] = await standby.sql<{ done: boolean }>(
        'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done',
        [end?.lsn],
      );
      return row?.done === true;
    });
  }
  await cutOff(drill, old, young, others);
  await young.sql('SELECT pg_promote()');
  await drill.assume(`${young.name} to be a primary`, async () => {
    const [row] = await young.sql('SELECT NOT pg_is_in_recovery() AS primary');
    return row?.primary === true;
  });
  for (const other of others) {
    await other.configure({ primary_conninfo: other.conninfo(young.name) });
  }
  await drill.cluster.streaming(
    others.map(({ name }) => name),
    young,
  );
  drill.note(`${old.name} is cut off, and ${young.name} is promoted; ${old.name} does not know`);
  // How many rows only the old one has, and how many both change.
  const shift = (drill.seed % 5) * 3;
  const [onlyOld, both] = [12 + shift, 5 + (drill.seed % 3)];
  await young.sql(`INSERT INTO accounts SELECT i, 300 FROM generate_series(1001, 1020) AS i`);
  await old.sql(
    `INSERT INTO accounts SELECT i, 500 FROM generate_series(2001, ${2000 + onlyOld}) AS i`,
  );
  // Changed on both: only a person can decide about these.
  await young.sql(`UPDATE accounts SET balance = balance - 30 WHERE id <= ${both}`);
  await old.sql(`UPDATE accounts SET balance = balance - 70 WHERE id <= ${both}`);
  // A decoy: changed on the young one only, so there is nothing to save.
  await young.sql('UPDATE accounts SET balance = balance + 1 WHERE id BETWEEN 100 AND 120');
  drill.cluster.links.heal();
  drill.note('the network is whole again; both take writes');
  const lost: Salvaged[] = [
    ...range(1, both).map((id) => ({ id, kind: 'conflict' as const, balance: 30 })),
    ...range(2001, 2000 + onlyOld).map((id) => ({ id, kind: 'missing' as const, balance: 500 })),
  ];
  return { young, old, others, lost, stubborn: stubborn(drill, old) };
}

/** Isolates the old primary at a moment when no other standby has more of its log than the young one. */
async function cutOff(
  drill: Drill,
  old: PgServer,
  young: PgServer,
  others: readonly PgServer[],
): Promise<void> {
  const { links } = drill.cluster;
  const received = async (node: PgServer) => {
    const [row] = await node.sql<{ lsn: string }>('SELECT pg_last_wal_receive_lsn() AS lsn');
    return lsnToBytes(row?.lsn ?? '0/0');
  };
  await drill.assume('a clean cut', async () => {
    links.isolate(old.name);
    await sleep(50);
    const fork = await received(young);
    const all = await Promise.all(others.map(received));
    if (all.every((lsn) => lsn <= fork)) return true;
    links.heal();
    await sleep(100);
    return false;
  });
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A client that has not heard of the failover: it asks the old primary, again and again. */
function stubborn(drill: Drill, old: PgServer): Split['stubborn'] {
  let isOver = false;
  const client = {
    acknowledged: 0,
    stop: async () => {
      isOver = true;
      await done;
    },
  };
  const done = (async () => {
    while (!isOver) {
      // Changes nothing, but is a write all the same: a server that refuses it, or is down, is fenced.
      const write = old.sql('UPDATE accounts SET balance = balance WHERE id = 199');
      if (await write.then(() => true).catch(() => false)) client.acknowledged++;
      await sleep(20);
    }
  })();
  drill.atEnd(client.stop);
  return client;
}

/** All rows, as one hash. */
export async function hashOf(node: PgServer): Promise<string> {
  const [row] = await node.sql<{ hash: string }>(
    "SELECT md5(string_agg(id || ':' || balance, ',' ORDER BY id)) AS hash FROM accounts",
  );
  return row?.hash ?? '';
}

/** The claim that `salvaged` has what it must have, neither more nor less. */
export async function expectSalvaged(drill: Drill, { young, lost }: Split): Promise<void> {
  const rows = await young
    .sql<Salvaged>('SELECT id, kind, balance FROM salvaged ORDER BY id')
    .catch((error: Error) => {
      return drill.fail({
        ruleId: 'nothing-salvaged',
        rule: 'What only the old primary has is saved before it is gone (contract, Salvaged)',
        evidence: `${young.name} has no table salvaged (id, kind, balance): ${error.message}`,
        lookAt: 'where are the rows written to the old primary after the two had parted?',
      });
    });
  const words = (all: readonly Salvaged[]) => all.map((r) => `${r.id} ${r.kind} ${r.balance}`);
  const [want, got] = [words(lost), words(rows)];
  const missing = want.filter((row) => !got.includes(row));
  const extra = got.filter((row) => !want.includes(row));
  drill.expect(missing.length === 0, {
    ruleId: 'rows-lost',
    rule: 'What only the old primary has is saved before it is gone (contract, Salvaged)',
    evidence: `${missing.length} of ${want.length} rows are not in salvaged, such as: ${missing[0]}`,
    lookAt: 'which rows were inserted, and which changed, after the two had parted?',
  });
  drill.expect(extra.length === 0, {
    ruleId: 'too-much-salvaged',
    rule: 'What only the new primary has changed is nobody’s loss (contract, Salvaged)',
    evidence: `${extra.length} rows in salvaged are no loss, such as: ${extra[0]}`,
    lookAt: 'who changed this row last, and did the other one change it too?',
  });
}

/** The claim that there is one primary, and the same rows everywhere. */
export async function expectOne(drill: Drill, { young, old, others }: Split): Promise<void> {
  await young.sql('INSERT INTO accounts VALUES (9001, 1)');
  const want = await hashOf(young);
  for (const node of [old, ...others]) {
    let seen = '';
    const follows = async () => {
      if (!(await node.isRunning())) return false;
      const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
      seen = await hashOf(node);
      return row?.standby === true && seen === want;
    };
    await drill.eventually(follows, {
      ruleId: 'not-one-cluster',
      rule: 'In the end every node has the rows of the new primary (handout, The contract)',
      evidence: async () =>
        (await node.isRunning())
          ? `${node.name} is ${(await isStandby(node)) ? 'a standby' : 'a primary'} whose rows differ from those of ${young.name}`
          : `${node.name} is not running`,
      lookAt: 'on which timeline is this node, and where did it leave the other one?',
    });
  }
}

async function isStandby(node: PgServer): Promise<boolean> {
  const [row] = await node.sql<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  return row?.standby === true;
}
