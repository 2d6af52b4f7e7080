/** Part A: make the anomaly. The database itself makes sure that it is a real one. */
import type { Drill, ServerScenario } from 'faultlab';

/** Refuses what is not the exercise: another level, or a change that `rule` forbids. */
const watch = (table: string, level: string, rule = '') => `
  CREATE TABLE audit (id bigserial PRIMARY KEY, xid bigint NOT NULL);
  CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF current_setting('transaction_isolation') <> '${level}' THEN
      RAISE EXCEPTION 'this exercise is at ${level}, not at %', current_setting('transaction_isolation');
    END IF;
    ${rule}
    INSERT INTO audit (xid) VALUES (pg_current_xact_id()::text::bigint);
    RETURN new;
  END $$;
  CREATE TRIGGER watch BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION watch();`;

async function committed({ cluster }: Drill): Promise<number> {
  const [row] = await cluster.primary.sql<{ n: number }>(
    'SELECT count(DISTINCT xid) AS n FROM audit',
  );
  return row?.n ?? 0;
}

const lostUpdate: ServerScenario = {
  id: 'A1',
  title: 'at READ COMMITTED two transactions add one each, and one is added',
  points: 15,
  nodes: 1,
  lookAt: 'what does each of the two know about the other when it writes?',
  async run(drill) {
    const { primary } = drill.cluster;
    const first = drill.seed * 7;
    await primary.sql(
      `CREATE TABLE counter (n int NOT NULL); INSERT INTO counter VALUES (${first});`,
    );
    // Each update adds one to what its transaction has read: anything else is no increment.
    const rule = `IF new.n > old.n + 1 THEN RAISE EXCEPTION 'from % to % is more than one', old.n, new.n; END IF;`;
    await primary.sql(watch('counter', 'read committed', rule));
    await drill.call('lostUpdate');
    const [row] = await primary.sql<{ n: number }>('SELECT n FROM counter');
    const [count, added] = [await committed(drill), (row?.n ?? 0) - first];
    drill.expect(count >= 2 && added >= 1 && added < count, {
      ruleId: 'no-lost-update',
      rule: 'More increments have committed than the counter shows (Adya 1999, P-4)',
      evidence: `${count} transactions have committed an update, and the counter went from ${first} to ${row?.n}`,
      lookAt: 'when did the second transaction read what it writes back?',
    });
  },
};

const writeSkew: ServerScenario = {
  id: 'A2',
  title:
    'at REPEATABLE READ every transaction sees two doctors on call, and in the end there is none',
  points: 15,
  nodes: 1,
  lookAt: 'which rows does each of the two read, and which does it write?',
  async run(drill) {
    const { primary } = drill.cluster;
    await primary.sql(`
      CREATE TABLE doctors (name text PRIMARY KEY, on_call boolean NOT NULL);
      INSERT INTO doctors VALUES ('alice', true), ('bob', true), ('carol', false);`);
    const rule = `IF old.on_call AND NOT new.on_call AND (SELECT count(*) FROM doctors WHERE on_call) < 2
      THEN RAISE EXCEPTION 'nobody would be on call'; END IF;`;
    await primary.sql(watch('doctors', 'repeatable read', rule));
    await drill.call('writeSkew');
    const [row] = await primary.sql<{ n: number }>(
      'SELECT count(*) AS n FROM doctors WHERE on_call',
    );
    drill.expect(row?.n === 0, {
      ruleId: 'no-write-skew',
      rule: 'The invariant is broken, though every transaction kept it (Berenson et al. 1995, A5B)',
      evidence: `${row?.n} doctors are on call; ${await committed(drill)} transactions have committed an update`,
      lookAt:
        'when does the second transaction take its snapshot, and when does the first one commit?',
    });
  },
};

export default [lostUpdate, writeSkew];
