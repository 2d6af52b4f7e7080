/** Bugs that people make with logs, disks and replicas. Each must be killed by the scenario it names. */
import { defineMutants, plantIn } from 'faultlab';

const records = plantIn('records.ts');
const wal = plantIn('wal.ts');
const store = plantIn('store.ts');

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
    find: 'if (crc32(text) !== textSum) throw new CorruptLog(`the record at byte ${at} has rotted`);',
    put: 'if (crc32(text) !== textSum) break;',
  }),
  records('rot-skipped', {
    bug: 'A record that has rotted is left out, and the rest is served.',
    by: 'A4',
    find: 'if (crc32(text) !== textSum) throw new CorruptLog(`the record at byte ${at} has rotted`);',
    put: 'if (crc32(text) !== textSum) {\n      at = end;\n      continue;\n    }',
  }),
  records('torn-is-corrupt', {
    bug: 'A record that was never finished is called corrupt, so the store does not start after a crash.',
    by: 'A3',
    common: true,
    find: 'if (content.length < end) break;',
    put: "if (content.length < end) throw new CorruptLog('cut short');",
  }),
  records('not-ascii', {
    bug: 'The length counts characters, and the file has bytes.',
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
    bug: 'The log is never written anew.',
    by: 'A6',
    find: 'GROWTH * this.#baseBytes)) {',
    put: 'GROWTH * this.#baseBytes) && GROWTH === 0) {',
  }),
  wal('always-rewritten', {
    bug: 'The log is written anew after each batch.',
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
    bug: 'The new log is written over the old one, and not beside it.',
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
    bug: 'An fsync that failed is called again, and the second answer believed.',
    by: 'A7',
    common: true,
    find: '        await disk.fsync(file);\n        this.#bytes',
    put: '        await disk.fsync(file).catch(() => disk.fsync(file));\n        this.#bytes',
  }),
  wal('failed-fsync-ignored', {
    bug: 'An fsync that failed is caught, and the put acknowledged.',
    by: 'A7',
    find: '      } catch {\n        this.#isSuspect = true;',
    put: '      } catch {\n        return;',
  }),
  wal('rejection-stops-the-worker', {
    bug: 'After a write that failed the worker never writes again.',
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
    bug: 'A put changes the map first and the log afterwards, so reads tell of what a crash takes back.',
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
    bug: 'A log that has rotted counts as none.',
    by: 'A4',
    find: 'if (error instanceof CorruptLog) return false;',
    put: 'if (error instanceof CorruptLog) return true;',
  }),
]);
