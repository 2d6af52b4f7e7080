/** Bugs that people write around logs, disks and replicas. Each must be killed by the scenario it names. */
import { defineMutants, plantIn } from 'faultlab';

const records = plantIn('records.ts');
const wal = plantIn('wal.ts');
const store = plantIn('store.ts');
const log = plantIn('log.ts');
const replica = plantIn('replica.ts');
const office = plantIn('office.ts');
const choose = plantIn('choose.ts');
const client = plantIn('client.ts');

export default defineMutants([
  // ── Records ─────────────────────────────────────────────────────────────────────────────────
  records('payload-not-checked', {
    bug: 'The checksum is written, and never compared.',
    by: 'A4',
    find: 'if (crc32(text) !== textSum)',
    put: "if (textSum === '')",
  }),
  records('length-not-checked', {
    bug: 'Only the payload has a checksum: a length that has rotted looks like a torn tail.',
    by: 'A4',
    common: true,
    find: 'if (crc32(length) !== lengthSum)',
    put: "if (lengthSum === '')",
  }),
  records('rot-cut-away', {
    bug: 'Whatever does not match its checksum is taken for a torn tail, and cut away with all that follows.',
    by: 'A4',
    common: true,
    shown: true,
    find: 'if (crc32(text) !== textSum) throw',
    put: 'if (crc32(text) !== textSum) break;\n    if (at < 0) throw',
  }),
  records('rot-skipped', {
    bug: 'A record that has rotted is left out, and the rest is served.',
    by: 'A4',
    find: 'if (crc32(text) !== textSum) throw',
    put: 'if (crc32(text) !== textSum) {\n      at = end;\n      continue;\n    }\n    if (at < 0) throw',
  }),
  records('torn-is-corrupt', {
    bug: 'A record that was never finished is called corrupt, so the store does not start after a crash.',
    by: 'A3',
    common: true,
    find: 'if (content.length < end) break;',
    put: "if (content.length < end) throw new CorruptLog('cut short');",
  }),
  records('not-ascii', {
    bug: 'The length counts characters, but the file has bytes.',
    by: 'A1',
    find: '/[\\u0080-\\uffff]/g',
    put: '/[\\uffff]/g',
  }),
  // ── The log ─────────────────────────────────────────────────────────────────────────────────
  wal('no-fsync', {
    bug: 'A put is acknowledged when it is written, not when it is durable.',
    by: 'A2',
    common: true,
    find: '        await disk.fsync(file);\n',
    put: '',
  }),
  wal('torn-tail-left', {
    bug: 'A torn tail is not read, and not removed either: the next record is appended to it.',
    by: 'A3',
    common: true,
    find: 'if (wholeBytes < bytes.length) await disk.truncate(file, wholeBytes);',
    put: '',
  }),
  wal('one-fsync-each', {
    bug: 'Each put has an fsync of its own.',
    by: 'A5',
    common: true,
    find: 'const batch = this.#waiting;\n      this.#waiting = [];',
    put: 'const batch = this.#waiting.splice(0, 1);',
  }),
  wal('waits-for-company', {
    bug: 'The worker sleeps before each batch, to make it larger.',
    by: 'A5',
    find: 'const batch = this.#waiting;',
    put: 'await new Promise((resolve) => setTimeout(resolve, 50));\n      const batch = this.#waiting;',
  }),
  wal('log-grows', {
    bug: 'The log is never rewritten.',
    by: 'A6',
    find: 'GROWTH * this.#baseBytes)) {',
    put: 'GROWTH * this.#baseBytes) && GROWTH === 0) {',
  }),
  wal('always-rewritten', {
    bug: 'The log is rewritten after each batch.',
    by: 'A6',
    find: 'if (this.#bytes > Math.max(LOG_BYTES_MIN, GROWTH * this.#baseBytes)) {',
    put: 'if (GROWTH > 0) {',
  }),
  wal('checkpoint-not-synced', {
    bug: 'The new log is renamed over the old one before it is durable.',
    by: 'A9',
    common: true,
    find: '      await disk.fsync(next);\n',
    put: '',
  }),
  wal('directory-not-synced', {
    bug: 'The rename is not made durable: after a crash the old log is there again.',
    by: 'A6',
    common: true,
    find: '    await disk.fsyncDirectory();\n',
    put: '',
  }),
  wal('rewritten-in-place', {
    bug: 'The new log is written over the old one, not beside it.',
    by: 'A9',
    find: 'await disk.write(next, text);\n      await disk.fsync(next);',
    put: 'await disk.write(file, text);\n      await disk.fsync(file);\n      await disk.write(next, text);\n      await disk.fsync(next);',
  }),
  wal('removed-before-rename', {
    bug: 'The old log is removed before the new one takes its name.',
    by: 'A9',
    find: '    await disk.rename(next, file);',
    put: '    await disk.remove(file);\n    await disk.fsyncDirectory();\n    await disk.rename(next, file);',
  }),
  wal('fsync-tried-again', {
    bug: 'A failed fsync is called again, and the second answer believed.',
    by: 'A7',
    common: true,
    find: '        await disk.fsync(file);\n        this.#bytes',
    put: '        await disk.fsync(file).catch(() => disk.fsync(file));\n        this.#bytes',
  }),
  wal('appended-after-failed-fsync', {
    bug: 'A failed fsync is reported to those who wait, and the next records go into the same file.',
    by: 'A7',
    common: true,
    find: '      } catch {\n        this.#isSuspect = true;\n      }',
    put: '      } catch (error) {\n        this.#bytes += text.length;\n        throw error;\n      }',
  }),
  wal('failed-fsync-ignored', {
    bug: 'A failed fsync is caught, and the put acknowledged.',
    by: 'A7',
    find: '      } catch {\n        this.#isSuspect = true;',
    put: '      } catch {\n        return;',
  }),
  wal('rejection-stops-the-worker', {
    bug: 'After a failed write the worker never writes again.',
    by: 'A8',
    find: 'for (const { reject } of batch) reject(error);\n        continue;',
    put: 'for (const { reject } of batch) reject(error);\n        return;',
  }),
  wal('refused-put-remembered', {
    bug: 'What the disk has refused is shown all the same.',
    by: 'A8',
    find: 'for (const { reject } of batch) reject(error);',
    put: 'this.#options.durable(records);\n        for (const { reject } of batch) reject(error);',
  }),
  // ── The store ───────────────────────────────────────────────────────────────────────────────
  store('not-recovered', {
    bug: 'Nobody reads the log after a boot.',
    by: 'A1',
    find: 'this.#apply(await this.#wal.open());',
    put: 'await this.#wal.open();',
  }),
  store('shown-before-safe', {
    bug: 'A put changes the map first and the log afterwards, so reads show what a crash takes back.',
    by: 'A2',
    common: true,
    find: 'await this.#wal.append({ key, value });',
    put: 'this.#values.set(key, value);\n      await this.#wal.append({ key, value });',
  }),
  store('applied-after-await', {
    bug: 'A checkpoint can miss a put that is durable, but not yet in the map.',
    by: 'A6',
    find: 'durable: (items) => this.#apply(items),',
    put: 'durable: (items) => void setTimeout(() => this.#apply(items), 2),',
  }),
  store('corrupt-is-empty', {
    bug: 'A log that has rotted is treated as empty.',
    by: 'A4',
    find: 'if (error instanceof CorruptLog) return false;',
    put: 'if (error instanceof CorruptLog) return true;',
  }),
  // ── Copies ──────────────────────────────────────────────────────────────────────────────────
  replica('follower-replies-before-durable', {
    bug: 'A follower replies as soon as it has the entry in memory.',
    by: 'B1',
    common: true,
    find: '    await this.#written;\n    if (epoch < this.#promised) return this.#reply(false);\n    this.#commit',
    put: '    this.#commit',
  }),
  office('sync-counts-one', {
    bug: 'In mode sync the primary waits for one follower, not for all.',
    by: 'B2',
    find: 'sync: others.length }',
    put: 'sync: 1 }',
  }),
  office('quorum-without-follower', {
    bug: 'The primary counts itself twice.',
    by: 'B3',
    common: true,
    find: 'quorum: Math.floor(replicas.length / 2)',
    put: 'quorum: Math.floor(replicas.length / 2) - 1',
  }),
  replica('own-disk-not-waited-for', {
    bug: 'The primary counts its own copy before it is durable.',
    by: 'B4',
    common: true,
    find: 'void durable.then(() => office.wrote(index));',
    put: 'office.wrote(index);\n    void durable;',
  }),
  replica('gap-taken', {
    bug: 'A follower appends without looking at what comes before.',
    by: 'C2',
    common: true,
    find: 'if (!this.#log.has(prev) || isOurs) return this.#reply(false);',
    put: 'if (isOurs) return this.#reply(false);',
  }),
  office('commit-not-told', {
    bug: 'A follower learns of a commit only with the next entry.',
    by: 'B5',
    find: 'const args = { epoch, prev, entries, commit };',
    put: 'const args = { epoch, prev, entries, commit: entries.length > 0 ? commit : 0 };',
  }),
  office('no-pause-between-heartbeats', {
    bug: 'The primary sends heartbeats as fast as they are answered.',
    by: 'B5',
    find: 'const HEARTBEAT_MS = 50;',
    put: 'const HEARTBEAT_MS = 1;',
  }),
  office('whole-log-again', {
    bug: 'A follower whose log is not as expected is sent everything from the beginning, entry by entry.',
    by: 'B6',
    find: '      if (reply.ok) toldCommit = sentCommit;',
    put: '      if (reply.ok) toldCommit = sentCommit;\n      follower.next = Math.min(follower.next, this.#log.base.index + 1);',
  }),
  office('snapshot-never-sent', {
    bug: 'The primary has thrown away what a follower lacks, and sends what it still has.',
    by: 'B7',
    common: true,
    find: 'if (follower.next <= this.#log.base.index) {',
    put: 'if (follower.next < 0) {',
  }),
  replica('snapshot-without-values', {
    bug: 'A follower takes over the index of the snapshot, but not its values.',
    by: 'B7',
    find: '    this.#values = new Map(Object.entries(snapshot.values));\n    this.#applied',
    put: '    this.#applied',
  }),
  replica('snapshot-not-written', {
    bug: 'A snapshot that was received is kept in memory only.',
    by: 'B7',
    find: 'void this.#write({ snapshot });',
    put: '',
  }),
  replica('commit-to-the-end', {
    bug: 'A follower takes everything in its log for committed.',
    by: 'D4',
    find: 'this.#commit(Math.min(commit, prev.index + entries.length));',
    put: 'this.#commit(this.#log.last.index);',
  }),
  log('appended-at-the-end', {
    bug: 'An entry is appended at the end of the log, whatever its index.',
    by: 'C6',
    find: '    this.#entries.length = entry.index - this.base.index - 1;\n',
    put: '',
  }),
  replica('late-append-cuts', {
    bug: 'An append that comes late, or twice, cuts away what has followed it.',
    by: 'B8',
    common: true,
    find: 'conflict === undefined ? [] : entries.slice(conflict.index - prev.index - 1);',
    put: 'entries.filter(({ index }) => index > this.#applied);',
  }),
  {
    name: 'late-snapshot-taken',
    bug: 'A snapshot replaces the whole log, even when it comes late.',
    killedBy: 'B7',
    edit: [
      {
        file: 'replica.ts',
        find: 'if (isWrong || snapshot.index > this.#applied) {',
        replace: 'if (isWrong || snapshot.index > 0) {',
      },
      {
        file: 'replica.ts',
        find: '      this.#restore(snapshot);\n      void',
        replace:
          '      this.#log.rebase({ index: -1, epoch: -1, values: {} });\n      this.#restore(snapshot);\n      void',
      },
    ],
  },
  replica('restore-not-reported', {
    bug: 'A replica that begins with a snapshot from its disk tells nobody.',
    by: 'B7',
    find: "this.#node.emit('restore', { index: snapshot.index });",
    put: "if (this.#serving > 0) this.#node.emit('restore', { index: snapshot.index });",
  }),
  office('ok-counts-for-all', {
    bug: 'The reply to an append counts for all that the primary has in its log by then.',
    by: 'B3',
    find: 'if (reply.ok) this.#agree(follower, prev.index + entries.length);',
    put: 'if (reply.ok) this.#agree(follower, this.#log.last.index);',
  }),
  replica('failed-write-forgotten', {
    bug: 'A replica takes a failed write for done.',
    by: 'B9',
    find: '          await sleep(DISK_PAUSE_MS);',
    put: '          return;',
  }),
  // ── Failover ────────────────────────────────────────────────────────────────────────────────
  choose('first-to-answer', {
    bug: 'The first replica that has reported is promoted.',
    by: 'C2',
    common: true,
    find: 'b.last.epoch - a.last.epoch || b.last.index - a.last.index',
    put: 'a.last.epoch * 0 + b.last.index * 0',
  }),
  choose('longest-log', {
    bug: 'The longest log is promoted, even if it ends in an earlier epoch.',
    by: 'C2',
    common: true,
    find: 'b.last.epoch - a.last.epoch || b.last.index - a.last.index',
    put: 'b.last.index - a.last.index',
  }),
  {
    name: 'stale-epoch-taken',
    bug: 'A follower takes appends of an epoch that is over.',
    killedBy: 'C3',
    common: true,
    edit: [
      {
        file: 'replica.ts',
        find: '    if (epoch < this.#promised) return this.#reply(false);\n    void this.#promise(epoch);\n    const conflict',
        replace: '    void this.#promise(epoch);\n    const conflict',
      },
      {
        file: 'replica.ts',
        find: '    if (epoch < this.#promised) return this.#reply(false);\n    this.#commit',
        replace: '    this.#commit',
      },
      {
        file: 'replica.ts',
        find: 'return { ok, epoch: this.#promised, agreed',
        replace: 'return { ok, epoch: ok ? 0 : this.#promised, agreed',
      },
    ],
  },
  office('get-not-confirmed', {
    bug: 'A primary answers a get without asking whether it still is primary.',
    by: 'C4',
    common: true,
    find: 'const isAsync = this.#view.mode ===',
    put: "const isAsync = this.#view.mode !== 'sync' || this.#view.mode ===",
  }),
  office('old-confirmation-counted', {
    bug: 'A get is confirmed by a reply to something that was sent before it began.',
    by: 'C4',
    find: 'const round = ++this.#round;',
    put: 'const round = this.#round;',
  }),
  replica('promise-not-written', {
    bug: 'The promise to a new epoch is kept in memory only.',
    by: 'C5',
    common: true,
    find: '      void this.#write({ promised: epoch });\n',
    put: '',
  }),
  replica('promised-after-telling', {
    bug: 'The reply to a fence leaves before the promise is durable.',
    by: 'C5',
    find: 'if (ok) await this.#promise(epoch);',
    put: 'if (ok) void this.#promise(epoch);',
  }),
  replica('promise-not-in-checkpoint', {
    bug: 'The promise is left out when the log is rewritten.',
    by: 'C5',
    find: 'return [{ promised: this.#promised }, { snapshot }, ',
    put: 'return [{ snapshot }, ',
  }),
  replica('promise-not-kept', {
    bug: 'The promise is written, but nobody looks at it before the next boot.',
    by: 'C12',
    find: 'if (ok) await this.#promise(epoch);',
    put: 'if (ok) await this.#write({ promised: epoch });',
  }),
  replica('fence-tells-commit', {
    bug: 'A replica answers a fence with the last entry that it knows to be committed, not the last it has.',
    by: 'C2',
    common: true,
    find: 'return { ok, last: this.#log.place(this.#log.last.index) };',
    put: 'return { ok, last: this.#log.place(this.#applied) };',
  }),
  office('older-epochs-counted', {
    bug: 'Entries of an older epoch are committed by counting their copies.',
    by: 'C11',
    common: true,
    find: 'if (copied >= this.#first && copied > this.#duties.applied()) {',
    put: 'if (copied > this.#duties.applied()) {',
  }),
  replica('all-committed-when-promoted', {
    bug: 'A new primary takes everything in its log for committed.',
    by: 'C11',
    find: '    this.#office.wrote(first.index);',
    put: '    this.#commit(first.index - 1);\n    this.#office.wrote(first.index);',
  }),
  replica('open-puts-not-done', {
    bug: 'A primary that is replaced answers its open puts with "certainly not done".',
    by: 'C13',
    common: true,
    find: "{ ok: false, error: 'maybe' };",
    put: "{ ok: false, error: 'not-primary' };",
  }),
  replica('same-epoch-after-restart', {
    bug: 'A primary that has restarted goes on in the same epoch.',
    by: 'C10',
    find: '    if (this.#log.last.epoch >= view.epoch) return;\n',
    put: '',
  }),
  replica('waiting-puts-forgotten', {
    bug: 'A primary that is deposed leaves its open puts without an answer, and goes on counting.',
    by: 'C3',
    find: '      this.#office?.close();\n      this.#office = undefined;\n',
    put: '',
  }),
  replica('fence-refused', {
    bug: 'A replica that follows a living primary refuses the fence.',
    by: 'C1',
    find: 'const ok = epoch > this.#promised;',
    put: 'const ok = epoch > this.#promised && this.#promised === 0;',
  }),
  // ── Sessions ────────────────────────────────────────────────────────────────────────────────
  client('put-not-remembered', {
    bug: 'The session remembers what it has read, but not what it has put.',
    by: 'D1',
    common: true,
    find: '      if (reply?.ok) return this.#seen(reply);\n      this.#view = undefined;\n      if (reply?.error',
    put: '      if (reply?.ok) return reply;\n      this.#view = undefined;\n      if (reply?.error',
  }),
  client('read-not-remembered', {
    bug: 'The session remembers what it has put, but not what it has read.',
    by: 'D2',
    common: true,
    find: 'return reply.ok ? this.#seen(reply) : reply;',
    put: 'return reply;',
  }),
  client('get-not-remembered', {
    bug: 'The session does not remember what it got from the primary.',
    by: 'D2',
    find: '      if (reply?.ok) return this.#seen(reply);\n      this.#view = undefined;\n      await',
    put: '      if (reply?.ok) return reply;\n      this.#view = undefined;\n      await',
  }),
  replica('version-not-looked-at', {
    bug: 'A replica answers at once, however far it is.',
    by: 'D1',
    find: 'while (this.#applied < version) {',
    put: 'while (version < 0) {',
  }),
  replica('version-of-the-log', {
    bug: 'A replica compares the version with the end of its log, not with what it has applied.',
    by: 'D4',
    find: '    return { ok: true, value: this.#values.get(key) ?? null, version: this.#applied };\n  }\n}',
    put: '    const entries = this.#log.from(this.#applied + 1).reverse();\n    const value = entries.find((entry) => entry.key === key)?.value ?? this.#values.get(key);\n    return { ok: true, value: value ?? null, version: this.#log.last.index };\n  }\n}',
  }),
  replica('never-waits', {
    bug: 'A replica that is behind answers after a while with what it has.',
    by: 'D1',
    find: "if (performance.now() > endMs) return { ok: false, error: 'behind' };",
    put: 'if (performance.now() > endMs) break;',
  }),
]);
