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

const caller = (find: string, replace: string) => ({ file: 'caller.ts', find, replace });
const client = (find: string, replace: string) => ({ file: 'client.ts', find, replace });
const server = (find: string, replace: string) => ({ file: 'server.ts', find, replace });
const coordinator = (find: string, replace: string) => ({ file: 'coordinator.ts', find, replace });
const assignment = (find: string, replace: string) => ({ file: 'assignment.ts', find, replace });

/** All but the one whose leader begins without an entry: there ReadIndex waits until somebody writes. */
const onOtherRafts = rafts
  .filter(({ name }) => name !== 'no-no-op')
  .map(({ name, what, edit }): Variant => {
    const files = edit.map((one) => ({ ...one, file: `../raft/${one.file}` }));
    return vary(`on-${name}`, what, files);
  });

const variants: readonly Variant[] = [
  vary('hasty', 'A caller waits 150 ms for a reply.', [
    caller('const REPLY_MS = 300;', 'const REPLY_MS = 150;'),
  ]),
  vary('patient', 'A caller waits 800 ms for a reply.', [
    caller('const REPLY_MS = 300;', 'const REPLY_MS = 800;'),
  ]),
  vary('slow-rounds', 'The client pauses for 150 ms when nobody led.', [
    client('const PAUSE_MS = 50;', 'const PAUSE_MS = 150;'),
  ]),
  vary('slow-ticks', 'Leaders look every 150 ms for something to do.', [
    server('const TICK_MS = 50;', 'const TICK_MS = 150;'),
  ]),
  vary(
    'slower-ticks',
    'Leaders look every 200 ms for something to do: a move takes longer than many faults.',
    [server('const TICK_MS = 50;', 'const TICK_MS = 200;')],
  ),
  vary('reads-by-the-log', 'A get is an entry like any other.', [
    server("if (operation.kind === 'get') {", "if (operation.kind === 'get' && args.seq < 0) {"),
  ]),
  vary('other-ties', 'Of groups with equally many shards, the last by name is first.', [
    assignment('(a < b ? -1 : 1)', '(a < b ? 1 : -1)'),
  ]),
  vary('only-the-leader-gives', 'Only the leader of a group gives a frozen shard away.', [
    server(
      'const state = this.#leaving.get(nameOf(move));',
      'const state = this.#log.isLeader ? this.#leaving.get(nameOf(move)) : undefined;',
    ),
  ]),
  vary(
    'deletes-when-asked-by-anybody',
    'A delete is answered at once when there is nothing left.',
    [
      server(
        "const done = await this.#submit({ kind: 'delete', num, shard });",
        `if (this.#config.num >= num && this.#log.isLeader && !this.#leaving.has(nameOf({ num, shard })))
      return { ok: true };
    const done = await this.#submit({ kind: 'delete', num, shard });`,
      ),
    ],
  ),
  vary('wrong-group-meanwhile', 'A shard that is awaited is refused like another group’s.', [
    server(
      "refuse(this.#awaited.has(shard) ? 'not-ready' : 'wrong-group')",
      "refuse('wrong-group')",
    ),
  ]),
  vary('asks-again-first', 'A client that was refused pauses before it asks the controllers.', [
    client('if (count > 1) await sleep(PAUSE_MS);', 'await sleep(PAUSE_MS);'),
  ]),
  vary('impatient-parts', 'A part that has promised inquires after 100 ms.', [
    coordinator('const PATIENCE_MS = 500;', 'const PATIENCE_MS = 100;'),
  ]),
  vary('one-part-after-the-other', 'The coordinator asks for one promise after the other.', [
    coordinator(
      `const asked = parts.map((part) => this.#client.prepare(attempt, part));
    const times = (await Promise.all(asked)).flat();`,
      `const times: (Timestamp | undefined)[] = [];
    for (const part of parts) times.push(...(await this.#client.prepare(attempt, part)));`,
    ),
  ]),
  vary('split-when-nothing-is-promised', 'A shard with locks in it is split once they have gone.', [
    server(
      '    this.#config = config;\n    const split = config.splits?.[before.splits?.length ?? 0];\n',
      `    const split = config.splits?.[before.splits?.length ?? 0];
    const parted = split && this.#shards.get(split.of);
    if (parted !== undefined && parted.transactions.promised.size > 0) return;
    this.#config = config;
`,
    ),
  ]),
  vary('reads-key-by-key', 'A snapshot asks for each key separately, even for two in one shard.', [
    client(
      'const results = await this.#inEach(keys, read, SKEWS_MAX);',
      'const each = keys.map((key) => this.#inEach([key], read, SKEWS_MAX));\n    const results = (await Promise.all(each)).flat();',
    ),
  ]),
  ...onOtherRafts,
];

export default variants;
