/**
 * Correct implementations that decide differently where the contract leaves it open: edits of the
 * reference, and a second implementation. None may be accused.
 */
import type { Variant } from 'faultlab';

const file = (name: string) => (find: string, replace: string) => ({ file: name, find, replace });
const choose = file('choose.ts');
const client = file('client.ts');
const office = file('office.ts');
const replica = file('replica.ts');
const wal = file('wal.ts');

const HEARTBEAT = 'const HEARTBEAT_MS = 50;';
const TIMEOUT = 'const TIMEOUT_MS = 150;';
const BATCH = 'const BATCH = 100;';
const READ = `    try {
      const reply = await this.#node.call(replica, 'read', { key, version }, { timeoutMs });
      return reply.ok ? this.#seen(reply) : reply;
    } catch {
      return { ok: false, error: 'unavailable' };
    }`;

const variants: readonly Variant[] = [
  {
    name: 'second',
    what: 'Another replica, written from the handout alone: second.ts.',
    edit: [
      replica(
        '/**\n * A replica: primary',
        "export { default } from './second.ts';\n/**\n * A replica: primary",
      ),
      replica('export default class Replica', 'export class FirstReplica'),
    ],
  },
  {
    name: 'no-first-entry',
    what: 'A new primary begins with the first put; until then it answers no gets.',
    edit: [
      replica('  #serving = 0;', '  #serving = 0;\n  #promisedAtBoot = 0;'),
      replica(
        '    this.#started();\n',
        '    this.#promisedAtBoot = this.#promised;\n    this.#started();\n',
      ),
      replica('this.#log.last.epoch >= view.epoch', 'this.#promisedAtBoot >= view.epoch'),
      replica(
        "    const first = this.#newEntry(view.epoch, null, '');\n    await this.#write(first);\n",
        '    const { index } = this.#log.last;\n',
      ),
      replica('this.#office.wrote(first.index);', 'this.#office.wrote(index);'),
      office('this.#first = log.last.index;', 'this.#first = log.last.index + 1;'),
    ],
  },
  {
    name: 'heartbeats-25',
    what: 'Heartbeats every 25 ms.',
    edit: [office(HEARTBEAT, 'const HEARTBEAT_MS = 25;')],
  },
  {
    name: 'heartbeats-120',
    what: 'Heartbeats every 120 ms.',
    edit: [office(HEARTBEAT, 'const HEARTBEAT_MS = 120;')],
  },
  {
    name: 'hasty-primary',
    what: 'The primary waits 50 ms for a reply.',
    edit: [office(TIMEOUT, 'const TIMEOUT_MS = 50;')],
  },
  {
    name: 'patient-primary',
    what: 'The primary waits 300 ms for a reply.',
    edit: [office(TIMEOUT, 'const TIMEOUT_MS = 300;')],
  },
  {
    name: 'one-by-one',
    what: 'One entry per request.',
    edit: [office(BATCH, 'const BATCH = 1;')],
  },
  {
    name: 'all-at-once',
    what: 'A request carries all that the follower lacks.',
    edit: [office(BATCH, 'const BATCH = 10_000;')],
  },
  {
    name: 'disk-first',
    what: 'The primary sends an entry only when it is on its own disk.',
    edit: [
      replica(
        '    office.send();\n    void durable',
        '    void durable.then(() => office.send());\n    void durable',
      ),
    ],
  },
  {
    name: 'gets-by-the-log',
    what: 'A get is an entry that changes nothing, and is answered when that is committed.',
    edit: [
      replica(
        "if (!(await office.confirmed())) return { ok: false, error: 'unavailable' };",
        `const { index } = this.#newEntry(this.#promised, null, '');
    void this.#write(this.#log.at(index) as Entry).then(() => office.wrote(index));
    office.send();
    const isKnown = await Promise.race([office.committed(index), sleep(400).then(() => false)]);
    if (!isKnown) return { ok: false, error: 'unavailable' };`,
      ),
    ],
  },
  {
    name: 'silent-when-deposed',
    what: 'A primary that is replaced does not answer its open puts.',
    edit: [office('    for (const { done } of this.#waiting) done(false);\n', '')],
  },
  {
    name: 'last-of-equals',
    what: 'Of several with the most data the last is promoted.',
    edit: [choose('reports.toSorted(', '[...reports].reverse().toSorted(')],
  },
  {
    name: 'snapshot-of-the-base',
    what: 'A follower gets the snapshot that the log begins with, and entries from there.',
    edit: [
      replica(
        '        return { ...this.#log.place(this.#applied), values: Object.fromEntries(this.#values) };',
        '        return this.#log.base;',
      ),
    ],
  },
  {
    name: 'reads-never-wait',
    what: 'A replica that is behind says so at once, and the client asks again.',
    edit: [
      replica('const READ_WAIT_MS = 200;', 'const READ_WAIT_MS = -1;'),
      client(
        READ,
        `const endMs = performance.now() + 1000;
    for (;;) {
      try {
        const reply = await this.#node.call(replica, 'read', { key, version }, { timeoutMs });
        if (reply.ok) return this.#seen(reply);
        if (performance.now() > endMs) return reply;
      } catch {
        if (performance.now() > endMs) return { ok: false, error: 'unavailable' };
      }
      await sleep(30);
    }`,
      ),
    ],
  },
  {
    name: 'asks-rarely',
    what: 'The view service is asked every 120 ms.',
    edit: [replica('const ASK_EVERY_MS = 50;', 'const ASK_EVERY_MS = 120;')],
  },
  {
    name: 'log-anew-after-a-torn-tail',
    what: 'A torn tail is not cut off: the next write goes into a new log.',
    edit: [
      wal(
        'if (wholeBytes < bytes.length) await disk.truncate(file, wholeBytes);',
        'if (wholeBytes < bytes.length) this.#isSuspect = true;',
      ),
    ],
  },
  {
    name: 'refuses-once-after-a-failed-fsync',
    what: 'Callers whose fsync failed are told so; the next write makes a new log.',
    edit: [
      wal(
        '      } catch {\n        this.#isSuspect = true;',
        '      } catch (error) {\n        this.#isSuspect = true;\n        throw error;',
      ),
    ],
  },
  {
    name: 'short-logs',
    what: 'The log is rewritten when it exceeds 6 KiB.',
    edit: [wal('const LOG_BYTES_MIN = 16 * 1024;', 'const LOG_BYTES_MIN = 6 * 1024;')],
  },
];

export default variants;
