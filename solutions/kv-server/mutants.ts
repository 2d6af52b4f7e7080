/**
 * Bugs that people write around timeouts, retries, locks and leases, planted in the solution. Each
 * must be killed by the scenario it names.
 */
import { defineMutants, plantIn } from 'faultlab';

const server = plantIn('server.ts');
const client = plantIn('client.ts');
const lock = plantIn('lock.ts');
const lease = plantIn('lease.ts');
const storage = plantIn('storage.ts');

export default defineMutants([
  // ── The server ──────────────────────────────────────────────────────────────────────────────
  server('version-not-compared', {
    bug: 'A put overwrites whatever is there.',
    by: 'A1',
    find: "if (entry !== undefined && entry.version !== version) return { ok: false, error: 'version' };",
    put: '',
  }),
  server('version-not-counted', {
    bug: 'A put stores the version it was given.',
    by: 'A1',
    find: 'this.#entries.set(key, { value, version: version + 1 });',
    put: 'this.#entries.set(key, { value, version });',
  }),
  server('missing-key-created', {
    bug: 'A put at any version creates a key that was never written.',
    by: 'A1',
    find: "if (entry === undefined && version > 0) return { ok: false, error: 'no-key' };",
    put: '',
  }),
  server('older-versions-only', {
    bug: 'A put is refused only if it is older, so one that names a future version happens.',
    by: 'A1',
    find: 'entry.version !== version',
    put: 'entry.version > version',
  }),
  {
    name: 'await-between-compare-and-write',
    bug: 'The server compares the version, awaits something, and writes: two puts pass the comparison.',
    killedBy: 'A2',
    common: true,
    edit: [
      {
        file: 'server.ts',
        find: 'import type { GetArgs',
        replace: "import { sleep } from 'faultlab/node';\nimport type { GetArgs",
      },
      {
        file: 'server.ts',
        find: '#put({ key, value, version }: PutArgs): PutReply {',
        replace: 'async #put({ key, value, version }: PutArgs): Promise<PutReply> {',
      },
      {
        file: 'server.ts',
        find: 'this.#entries.set(key,',
        replace: 'await sleep(2);\n    this.#entries.set(key,',
      },
    ],
  },
  // ── The client ──────────────────────────────────────────────────────────────────────────────
  client('lost-reply-is-failure', {
    bug: 'After a second attempt "version" is passed on as if there had been no first.',
    by: 'B2',
    common: true,
    shown: true,
    find: "return reply.ok || attempts === 1 ? reply : { ok: false, error: 'maybe' };",
    put: 'void attempts;\n    return reply;',
  }),
  client('every-failure-is-maybe', {
    bug: 'Every put that did not succeed is answered with maybe.',
    by: 'B3',
    find: "return reply.ok || attempts === 1 ? reply : { ok: false, error: 'maybe' };",
    put: "return reply.ok || attempts === 0 ? reply : { ok: false, error: 'maybe' };",
  }),
  client('every-retry-is-maybe', {
    bug: 'After a second attempt every answer is maybe, even success.',
    by: 'B3',
    find: 'return reply.ok || attempts === 1 ?',
    put: 'return attempts === 1 ?',
  }),
  client('timeout-rejects', {
    bug: 'A timeout is passed on to the caller as an exception.',
    by: 'B1',
    find: '} catch {',
    put: '} catch (error) {\n        if (attempts > 0) throw error;',
  }),
  client('gives-up', {
    bug: 'After four attempts the client stops trying, and never answers.',
    by: 'B5',
    find: '      } catch {',
    put: '      } catch {\n        if (attempts === 4) await new Promise(() => {});',
  }),
  {
    name: 'impatient-client',
    bug: 'The client waits only briefly for the reply, and as briefly before it tries again.',
    killedBy: 'B5',
    common: true,
    edit: [
      { file: 'client.ts', find: 'TIMEOUT_MS_MIN = 150', replace: 'TIMEOUT_MS_MIN = 30' },
      { file: 'client.ts', find: 'TIMEOUT_MS_MAX = 1500', replace: 'TIMEOUT_MS_MAX = 30' },
      { file: 'client.ts', find: 'PAUSE_MS_MAX = 500', replace: 'PAUSE_MS_MAX = 20' },
    ],
  },
  client('no-key-is-definite', {
    bug: 'After a second attempt "no-key" is passed on, although the first may still arrive.',
    by: 'B4',
    find: 'return reply.ok || attempts === 1 ?',
    put: "return reply.ok || attempts === 1 || reply.error === 'no-key' ?",
  }),
  client('timeout-never-grows', {
    bug: 'Each attempt waits as briefly as the first, so a slow network is never heard.',
    by: 'B7',
    common: true,
    find: 'const TIMEOUT_MS_MAX = 1500;',
    put: 'const TIMEOUT_MS_MAX = TIMEOUT_MS_MIN;',
  }),
  client('pause-without-limit', {
    bug: 'The pause between attempts grows without limit, so the server is not found again.',
    by: 'B5',
    find: 'pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);',
    put: 'pauseMs = Math.min(5 * pauseMs, 50 * PAUSE_MS_MAX);',
  }),
  client('retries-at-the-new-version', {
    bug: 'A put that meets another version fetches it and tries again there.',
    by: 'A2',
    common: true,
    find: "return reply.ok || attempts === 1 ? reply : { ok: false, error: 'maybe' };",
    put: "if (!reply.ok && reply.error === 'version') {\n      const now = await this.get(key);\n      return this.put(key, value, now.ok ? now.version : 0);\n    }\n    return reply.ok || attempts === 1 ? reply : { ok: false, error: 'maybe' };",
  }),
  client('timeout-is-no-key', {
    bug: 'A get that hears nothing says that the key was never written.',
    by: 'B1',
    common: true,
    find: "const { reply } = await this.#insist((timeoutMs) => {\n      return this.#node.call(SERVER, 'get', { key }, { timeoutMs });\n    });\n    return reply;",
    put: "try {\n      return await this.#node.call(SERVER, 'get', { key }, { timeoutMs: 150 });\n    } catch {\n      return { ok: false, error: 'no-key' };\n    }",
  }),
  // ── The lock ────────────────────────────────────────────────────────────────────────────────
  lock('put-not-looked-at', {
    bug: 'A client that finds the lock free writes its name there, and takes it without looking at the answer.',
    by: 'C1',
    common: true,
    find: 'if (result.ok) return;\n        if (result.error === ',
    put: 'return;\n        if (result.error === ',
  }),
  lock('maybe-is-success', {
    bug: 'A put that says maybe is taken for success.',
    by: 'C4',
    common: true,
    find: "if (result.error === 'maybe') continue;",
    put: "if (result.error === 'maybe') return;",
  }),
  lock('own-name-not-recognised', {
    bug: 'A client that finds its own name in the lock waits for itself.',
    by: 'C2',
    common: true,
    find: 'if (holder === this.#owner) return;',
    put: '',
  }),
  lock('same-name-for-all', {
    bug: 'The lock says that it is taken, but not by whom.',
    by: 'C1',
    find: 'this.#owner = options.owner;',
    put: "this.#owner = options.owner === '' ? '' : 'taken';",
  }),
  lock('releases-whatever-it-finds', {
    bug: 'A retried release frees the lock, even if it is another client’s by then.',
    by: 'C3',
    common: true,
    find: 'if (holder !== this.#owner) return;',
    put: '',
  }),
  {
    name: 'releases-what-it-finds-and-looks-rarely',
    bug: 'A retried release frees whatever it finds, and a waiting client looks once a second.',
    killedBy: 'C3',
    edit: [
      { file: 'lock.ts', find: 'if (holder !== this.#owner) return;', replace: '' },
      {
        file: 'lock.ts',
        find: 'await sleep(waitMs * (0.5 + Math.random()));',
        replace: 'await sleep(1000);',
      },
    ],
  },
  lock('looks-every-two-seconds', {
    bug: 'A client that waits looks every two seconds, however long the lock has been free by then.',
    by: 'C5',
    find: 'await sleep(waitMs * (0.5 + Math.random()));',
    put: 'await sleep(2000);',
  }),
  lock('impatient', {
    bug: 'A client that waits looks all the time.',
    by: 'C5',
    find: 'await sleep(waitMs * (0.5 + Math.random()));',
    put: 'await sleep(1);',
  }),
  lock('waits-longer-and-longer', {
    bug: 'A client that waits looks more and more rarely, without limit.',
    by: 'C6',
    find: 'const WAIT_MS_MAX = 160;',
    put: 'const WAIT_MS_MAX = 60_000;',
  }),
  lock('never-released', {
    bug: 'A release does nothing.',
    by: 'C1',
    find: 'async release(): Promise<void> {',
    put: "async release(): Promise<void> {\n    if (FREE === '') return;",
  }),
  // ── The lease ───────────────────────────────────────────────────────────────────────────────
  lease('lease-without-end', {
    bug: 'A lock is free only when its holder gives it back.',
    by: 'D2',
    find: 'nowMs - seen.sinceMs >= this.#leaseMs',
    put: 'nowMs < seen.sinceMs',
  }),
  lease('lease-by-wall-clock', {
    bug: 'A client that waits measures the lease with Date.now().',
    by: 'D3',
    common: true,
    find: 'const nowMs = performance.now();',
    put: 'const nowMs = Date.now();',
  }),
  lease('renewal-not-seen', {
    bug: 'The lease is measured from when the waiter first saw it, whether it was renewed or not.',
    by: 'D3',
    find: 'if (seen?.version !== version) seen = { version, sinceMs: nowMs };',
    put: 'seen ??= { version, sinceMs: nowMs };',
  }),
  lease('not-waited-for', {
    bug: 'The lock is taken from a holder that is alive.',
    by: 'D3',
    find: "state.owner === '' ||",
    put: "state.owner !== '-' ||",
  }),
  lease('renewal-without-version', {
    bug: 'A renewal fetches the version first, and so takes the lock back from its new holder.',
    by: 'D4',
    common: true,
    find: 'const { state, version } = this.#held;\n    return this.#write({ ...state, beat: ++this.#beats }, version);',
    put: 'const { state } = this.#held;\n    const { version } = parse(await this.#kv.get(this.#name));\n    return this.#write({ ...state, beat: ++this.#beats }, version);',
  }),
  lease('lease-of-an-earlier-life', {
    bug: 'A client that finds its own name in the lease takes it for its own, even after a crash.',
    by: 'D2',
    find: 'const nowMs = performance.now();',
    put: 'const nowMs = performance.now();\n      if (state.owner === this.#owner) return state.token;',
  }),
  lease('always-renewed', {
    bug: 'renew says yes, whatever the server says.',
    by: 'D4',
    find: 'return this.#write({ ...state, beat: ++this.#beats }, version);\n  }\n\n  async release',
    put: 'await this.#write({ ...state, beat: ++this.#beats }, version);\n    return true;\n  }\n\n  async release',
  }),
  lease('token-from-wall-clock', {
    bug: 'The token is the time of day.',
    by: 'D6',
    common: true,
    find: 'const token = version + 1;',
    put: 'const token = Math.round(Date.now());',
  }),
  lease('tokens-begin-anew', {
    bug: 'After a release the tokens start again at 1.',
    by: 'D1',
    find: 'const token = version + 1;',
    put: "const token = state.owner === '' ? 1 : state.token + 1;",
  }),
  lease('maybe-is-held', {
    bug: 'A put that says maybe is taken for a lease that is held.',
    by: 'D6',
    find: 'isWritten = now.ok && now.value === text;',
    put: 'isWritten = now.ok;',
  }),
  // ── The storage ─────────────────────────────────────────────────────────────────────────────
  storage('token-not-looked-at', {
    bug: 'The storage takes every write.',
    by: 'D4',
    common: true,
    find: 'if (args.token < this.#highestToken) return { ok: false };',
    put: '',
  }),
  storage('one-write-for-each-token', {
    bug: 'The storage takes one write from each holder, and no more.',
    by: 'D4',
    find: 'args.token < this.#highestToken',
    put: 'args.token <= this.#highestToken',
  }),
  storage('token-of-a-refused-write-remembered', {
    bug: 'The storage remembers the last token, not the highest.',
    by: 'D5',
    find: 'if (args.token < this.#highestToken) return { ok: false };\n    this.#highestToken = args.token;',
    put: 'const isLate = args.token < this.#highestToken;\n    this.#highestToken = args.token;\n    if (isLate) return { ok: false };',
  }),
]);
