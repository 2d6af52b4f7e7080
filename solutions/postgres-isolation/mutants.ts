import { defineMutants, plantIn } from 'faultlab';

const runbook = plantIn('runbook.ts');
const client = plantIn('client.ts');

export default defineMutants([
  runbook('adds-in-the-database', {
    bug: 'SET n = n + 1 reads what it writes: nothing is lost, and nothing is shown.',
    by: 'A1',
    common: true,
    find: "'UPDATE counter SET n = $1', [(seen[i] ?? 0) + 1]",
    put: "'UPDATE counter SET n = n + 1 + 0 * $1::int', [seen[i]]",
  }),
  runbook('same-row', {
    bug: 'Both write the same row: first-committer-wins ends one of them.',
    by: 'A2',
    find: "WHERE name = 'bob'",
    put: "WHERE name = 'alice' AND false",
  }),
  client('repeatable-read', {
    bug: 'REPEATABLE READ is taken for serializable: it is snapshot isolation, and has write skew.',
    by: 'B1',
    common: true,
    shown: true,
    find: "const LEVEL = 'SERIALIZABLE';",
    put: "const LEVEL = 'REPEATABLE READ';",
  }),
  client('default-level', {
    bug: 'The default level is used: READ COMMITTED.',
    by: 'B1',
    common: true,
    find: '`BEGIN ISOLATION LEVEL $' + '{LEVEL}`',
    put: "LEVEL && 'BEGIN'",
  }),
  client('gives-up-at-once', {
    bug: 'A serialization failure is passed on to the caller.',
    by: 'B1',
    common: true,
    find: 'const ATTEMPTS_MAX = 60;',
    put: 'const ATTEMPTS_MAX = 1;',
  }),
  {
    name: 'remembers-reads',
    bug: 'Reads of the first attempt are kept for the next ones, when they are out of date.',
    killedBy: 'B1',
    edit: [
      {
        file: 'client.ts',
        find: "output.push(['r', key, rows[0]?.items ?? []]);",
        replace: `const name = JSON.stringify(operations) + key;
      output.push(REMEMBERED.get(name) ?? ['r', key, rows[0]?.items ?? []]);
      REMEMBERED.set(name, output.at(-1) as ListOperation);`,
      },
      {
        file: 'client.ts',
        find: 'const ATTEMPTS_MAX = 60;',
        replace: 'const ATTEMPTS_MAX = 60;\nconst REMEMBERED = new Map<string, ListOperation>();',
      },
    ],
  },
  client('tries-everything-again', {
    bug: 'Whatever the error, the transaction is tried again, even when its commit was interrupted.',
    by: 'B2',
    common: true,
    find: '      if (!AGAIN.includes(code)) {',
    put: '      if (code === "99999") {',
  }),
  client('an-end-is-an-abort', {
    bug: 'A transaction whose session ended while it committed is called aborted.',
    by: 'B2',
    find: "return isCommitting ? 'unknown' : 'aborted';",
    put: "return isCommitting && !code ? 'unknown' : 'aborted';",
  }),
  client('few-attempts', {
    bug: 'Three attempts are enough for everybody but eight clients on two lists.',
    by: 'B3',
    find: 'const ATTEMPTS_MAX = 60;',
    put: 'const ATTEMPTS_MAX = 3;',
  }),
]);
