/**
 * Correct implementations that decide otherwise where the contract leaves it open, as edits of the
 * reference; and the reference on other correct Rafts. None may be accused.
 */
import type { Variant } from 'faultlab';
import rafts from '../raft/variants.ts';

function vary(
  name: string,
  what: string,
  edit: Variant['edit'],
  mayFail: Variant['mayFail'] = {},
): Variant {
  return { name, what, edit, mayFail };
}

const client = (find: string, replace: string) => ({ file: 'client.ts', find, replace });
const server = (find: string, replace: string) => ({ file: 'server.ts', find, replace });

const READ = "if (args.operation.kind === 'get') return this.#read(args.operation.key);";

/** Without an entry of its own term, no leader can know how far the one before has committed. */
const NEEDS_NO_OP = 'reads by ReadIndex need a leader that begins its term with an entry (Part D)';
const mayHang = Object.fromEntries(
  ['A1', 'A2', 'B7', 'B8', 'C2', 'C4', 'C5', 'D2', 'D3', 'D5', 'D6'].map((id) => [id, NEEDS_NO_OP]),
);

/** Same edits, but of the Raft that the store is built on. */
const onOtherRafts = rafts.map(({ name, what, edit }): Variant => {
  return vary(
    `on-${name}`,
    what,
    edit.map((one) => ({ ...one, file: `../raft/${one.file}` })),
    name === 'no-no-op' ? mayHang : {},
  );
});

const variants: readonly Variant[] = [
  vary('hasty-client', 'The client waits 150 ms for a reply.', [
    client('const REPLY_MS = 300;', 'const REPLY_MS = 150;'),
  ]),
  vary('patient-client', 'The client waits a second for a reply.', [
    client('const REPLY_MS = 300;', 'const REPLY_MS = 1000;'),
  ]),
  vary('random-client', 'After a failure the client asks any server.', [
    client(
      'this.#leader = (this.#leader + 1) % peers.length;',
      'this.#leader = Math.floor(Math.random() * peers.length);',
    ),
  ]),
  vary('slow-rounds', 'The client pauses for 200 ms when nobody leads.', [
    client('const PAUSE_MS = 50;', 'const PAUSE_MS = 200;'),
  ]),
  vary('numbers-of-the-clock', 'The numbers of requests are times, followed by a count.', [
    client('seq: ++this.#seq', 'seq: Math.floor(performance.now() * 1000) * 1000 + ++this.#seq'),
  ]),
  vary('reads-by-the-log', 'A get is an entry like any other.', [server(READ, '')], {
    D1: 'part D asks for gets that write nothing',
  }),
  vary('many-snapshots', 'A snapshot after every ten entries.', [
    server('index - this.#snapshotAt >= SNAPSHOT_EVERY', 'index - this.#snapshotAt >= 10'),
  ]),
  vary('answers-known-requests-at-once', 'A repetition is answered without the log.', [
    server(
      READ,
      `${READ}
    const known = this.#sessions.get(args.client);
    if (known?.seq === args.seq) return Promise.resolve({ ok: true, result: known.result });`,
    ),
  ]),
  vary('forgets-who-waited', 'After a snapshot from the leader, those who waited get no answer.', [
    server('      answer(NOT_LEADER);\n    }\n  }', '      void answer;\n    }\n  }'),
  ]),
  ...onOtherRafts,
];

export default variants;
