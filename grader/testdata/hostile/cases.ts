/**
 * The catalogue of hostile and broken submissions: what each does, and how its grading must end. One row
 * per case; `hostile.test.ts` tries them, docs/courses.md shows them.
 */
import { LIMITS } from '../../submission/collect.ts';
import {
  all,
  atLoad,
  atStart,
  edited,
  file,
  type HandIn,
  hardLink,
  inGet,
  link,
  server,
} from './hand-in.ts';

/** How the grading of a submission ends. */
export type End =
  /** As if nothing had been tried. */
  | { readonly as: 'honest' }
  /** The scenario fails with this rule; the evidence contains `says`. */
  | { readonly as: 'fails'; readonly rule: RegExp; readonly says?: string }
  /** It does not build, and the problem contains `says`. */
  | { readonly as: 'unbuilt'; readonly says: string }
  /** Nothing of it is taken in, and the problem contains `says`. */
  | { readonly as: 'refused'; readonly says: string };

export interface Case {
  readonly no: number;
  readonly does: string;
  readonly handIn: HandIn;
  readonly end: End;
  /** It takes down the process that it runs in, or takes minutes: worker processes grade it. */
  readonly isHeavy?: true;
}

/** Code that is outside its realm from the start: throws or returns false when it was prevented. */
export interface Escaped {
  readonly no: number;
  readonly does: string;
  readonly attempt: string;
  /** The lowest level that prevents it. */
  readonly from: 'course' | 'official';
  /** Where the grader is not root, not even that level does. */
  readonly needs?: 'root';
}

const ok: End = { as: 'honest' };
const fails = (rule: RegExp, says?: string): End => ({
  as: 'fails',
  rule,
  ...(says ? { says } : {}),
});
const unbuilt = (says: string): End => ({ as: 'unbuilt', says });
const refused = (says: string): End => ({ as: 'refused', says });
const sent = (says: string) => fails(/^contract$/, says);
const threw = (says?: string) => fails(/^(node-threw|unhandled-rejection)$/, says);
const loops = fails(/^endless-loop$/);
/** Which limit is reached first depends on the machine; that one is does not. */
const bombs = fails(/^(out-of-memory|endless-loop)$/);

const reach = (what: string) => `(${what}).constructor.constructor('return process')().exit(0);`;
const say = (text: string) => atStart(`throw new Error(${JSON.stringify(text)});`);
const log = (code: string) => atStart(`console.log(${code});`);
const MANY = 'for (let i = 0; i < 3e5; i++)';

const c = (no: number, does: string, handIn: HandIn, end: End): Case => ({ no, does, handIn, end });
const heavy = (...args: Parameters<typeof c>): Case => ({ ...c(...args), isHeavy: true });

const e = (
  no: number,
  does: string,
  from: Escaped['from'],
  attempt: string,
  needs?: 'root',
): Escaped => ({
  ...{ no, does, from, attempt },
  ...(needs ? { needs } : {}),
});

/** Tried as submissions. What is prevented here, is prevented at every level. */
export const CASES: readonly Case[] = [
  c(
    1,
    'looks for `process` through the constructors of a global',
    atStart(reach('globalThis')),
    threw('EvalError'),
  ),
  c(
    2,
    'the same through a function of the context',
    atStart(reach('node.call')),
    threw('EvalError'),
  ),
  c(
    3,
    'the same through an error that the API throws',
    atStart(`try { (node as any).serve(); } catch (e: any) { ${reach('e')} }`),
    threw('EvalError'),
  ),
  c(
    4,
    'overflows the stack inside the API, and looks at the error',
    atStart(
      `let last: any; const deep = (): void => { try { deep(); } catch (e) { last = e; try { node.log('x'); } catch (f) { last = f; } } }; deep(); ${reach('last')}`,
    ),
    threw('EvalError'),
  ),
  c(
    5,
    'registers a Proxy as a handler, to catch arguments',
    atStart(
      `const f: any = () => ({ ok: true }); node.serve('spy' as never, new Proxy(f, { apply: (t, self, args) => { ${reach('args')} } }) as never);`,
    ),
    ok,
  ),
  c(
    6,
    'imports a module of Node at run time',
    atLoad(`const fs = () => import('node:fs');`),
    unbuilt('import('),
  ),
  c(7, 'makes code from text', atStart(`new Function('return 1')();`), threw('EvalError')),
  c(8, 'calls `require`', atStart(`(globalThis as any).require('fs');`), threw('not a function')),
  c(
    9,
    'walks the call sites of a stack',
    atStart(
      `(Error as any).prepareStackTrace = (_: any, sites: any) => sites; const sites: any = new Error().stack; for (const s of Array.isArray(sites) ? sites : []) { const t = s.getThis?.() ?? s.getFunction?.(); if (t?.process) throw new Error('out'); }`,
    ),
    fails(/^node-threw$/),
  ),
  c(10, 'ends the process', atStart(`(globalThis as any).process.exit(0);`), threw('undefined')),
  c(
    14,
    'prints results in the format of other graders',
    log(`'{"scores":{"kv":100}}\\nPASS\\n100/100 points'`),
    ok,
  ),
  c(
    15,
    'fails with commands for a CI runner in its message',
    say('::error::x\n::set-output name=a::b\n::add-mask::1'),
    threw('::error::'),
  ),
  c(16, 'brings a `results.json` of its own', file('results.json', '{"score":100}'), ok),
  c(
    20,
    'replaces built-in methods',
    atStart('Array.prototype.push = () => 0;'),
    threw('TypeError'),
  ),
  c(
    21,
    'puts `passed` into every object',
    atStart('(Object.prototype as any).passed = true;'),
    threw('TypeError'),
  ),
  c(
    22,
    'answers with getters and `toJSON`',
    inGet(
      `return { get ok() { return true; }, value: 'x', version: 1, toJSON() { return { ok: true }; } } as never;`,
    ),
    sent('toJSON is a function'),
  ),
  c(
    23,
    'answers with a prototype in the data',
    inGet(`return JSON.parse('{"__proto__":{"ok":true},"ok":true,"value":"x","version":1}');`),
    fails(/./),
  ),
  c(
    23,
    'answers with a million levels of nesting',
    inGet(`let nest: any = []; for (let i = 0; i < 1e6; i++) nest = [nest]; return nest;`),
    sent('nested more than'),
  ),
  c(
    23,
    'answers with NaN, Infinity and half a character',
    inGet(`return { ok: true, value: '\\ud800', version: NaN } as never;`),
    fails(/./),
  ),
  c(
    24,
    'answers with a cycle',
    inGet(`const a: any = {}; a.a = a; return a;`),
    sent('refers to itself'),
  ),
  c(
    25,
    'answers with 100 MB',
    inGet(`return { ok: true, value: 'x'.repeat(1e8), version: 1 };`),
    sent('1048576'),
  ),
  heavy(
    26,
    'sends a million messages at once',
    atStart(
      `setTimeout(() => { ${MANY} node.call('c1', 'get' as never, {} as never).catch(() => {}); });`,
    ),
    fails(/^(contract|event-storm|out-of-memory|endless-loop|node-threw)$/),
  ),
  c(
    27,
    'sets timers endlessly',
    atStart('for (;;) setTimeout(() => {}, 1000);'),
    fails(/^contract$/),
  ),
  c(28, 'never finishes loading', atLoad('for (;;);'), loops),
  c(29, 'never returns from a handler', inGet('for (;;);'), loops),
  c(
    30,
    'never returns from a microtask',
    atStart('Promise.resolve().then(() => { for (;;); });'),
    loops,
  ),
  c(
    31,
    'makes an endless chain of promises',
    atStart('(async () => { for (;;) await null; })();'),
    bombs,
  ),
  c(32, 'matches a catastrophic pattern', atStart(`/^(a+)+$/.test('a'.repeat(40) + 'b');`), loops),
  c(
    33,
    'waits forever with `Atomics.wait`',
    atStart('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'),
    threw('not defined'),
  ),
  heavy(
    34,
    'fills the heap',
    atStart(`const a: string[] = []; for (;;) a.push('x'.repeat(100) + a.length);`),
    bombs,
  ),
  heavy(
    35,
    'fills memory outside the heap',
    atStart('const a = []; for (;;) a.push(new Uint8Array(1e8).fill(1));'),
    bombs,
  ),
  c(
    36,
    'recurses endlessly',
    atStart('const f = (): number => f() + 1; f();'),
    threw('RangeError'),
  ),
  c(36, 'makes a string that is too long', atStart(`'x'.repeat(2 ** 30);`), threw('RangeError')),
  heavy(37, 'logs endlessly', atStart(`for (;;) console.log('x'.repeat(1e4));`), bombs),
  c(
    38,
    'fails with terminal escapes in its message',
    say('\u001b[2J\u001b]0;title\u0007\u001b[1APASSED \u202e'),
    threw('PASSED'),
  ),
  c(
    39,
    'fails with HTML and links in its message',
    say('<script>alert(1)</script> [x](javascript:alert(1)) </pre> ``` </details>'),
    threw('alert'),
  ),
  c(40, 'fails with a formula in its message', say('=HYPERLINK("http://x")'), threw('HYPERLINK')),
  c(
    41,
    'fails with control characters and ends of XML elements in its message',
    say('\u0000\u0008 ]]> &amp; </failure>'),
    threw(']]>'),
  ),
  c(
    43,
    'fills its simulated disk',
    atStart(
      `node.disk.append('f', new Uint8Array(1e6)).catch(() => {}); for (let i = 0; i < 2e4; i++) void node.disk.append('f', new Uint8Array(1e6)).catch(() => {});`,
    ),
    fails(/^(contract|out-of-memory|endless-loop|node-threw)$/),
  ),
  c(
    45,
    `has more than ${LIMITS.files} files`,
    all((folder) => {
      for (let i = 0; i < LIMITS.files; i++) file(`f${i}.ts`, '')(folder);
    }),
    refused(`more than ${LIMITS.files} files`),
  ),
  c(
    45,
    'has a large file',
    file('big.ts', Buffer.alloc(LIMITS.fileBytes + 1, 32)),
    refused('a file may have'),
  ),
  c(
    45,
    'has folders nested too deep',
    file(`${'d/'.repeat(LIMITS.depth + 1)}a.ts`, ''),
    refused('folders deeper'),
  ),
  c(
    46,
    'holds a link to a file on the machine',
    link('notes.md', '/etc/passwd'),
    refused('a link'),
  ),
  c(46, 'holds a link that leads in a circle', link('loop', '.'), refused('a link')),
  c(47, 'holds a hard link', hardLink('notes.md'), refused('a hard link')),
  c(49, 'has a name with a line feed', file('a\nb.ts', ''), refused('the name "a\\nb.ts"')),
  c(49, 'has a name that reads backwards', file('\u202egpj.ts', ''), refused('the name')),
  c(49, 'has a name that looks like an option', file('-rf', ''), refused('the name "-rf"')),
  c(49, 'has a name of 300 characters', file(`${'x'.repeat(240)}.ts`, ''), refused('the name')),
  c(49, 'has Git hooks', file('.git/hooks/pre-commit', 'exit 1'), ok),
  c(50, 'changes files that the lab gives', file('contract.ts', `export const SERVER = 'c1';`), ok),
  c(
    51,
    'brings npm scripts and a registry',
    all(
      file('package.json', '{"scripts":{"postinstall":"exit 1"}}'),
      file('.npmrc', 'registry=http://x'),
    ),
    ok,
  ),
  c(
    52,
    'brings tool configuration',
    all(file('tsconfig.json', '{"extends":"/etc/passwd"}'), file('.env', 'NODE_OPTIONS=--inspect')),
    ok,
  ),
  c(53, 'brings a package under our name', file('node_modules/faultlab/node.ts', 'throw 1;'), ok),
  c(
    54,
    'imports a file of the grader',
    atLoad(`import '../../../grader/checkers/models.ts';`),
    unbuilt('grader'),
  ),
  c(
    55,
    'reads secrets from the environment',
    atStart(`(globalThis as any).process.env.SECRET;`),
    threw('undefined'),
  ),
  c(
    62,
    'shares an object with other nodes',
    atStart('(globalThis as any).shared = {};'),
    threw('TypeError'),
  ),
  c(
    63,
    'measures real time to talk to another node',
    atStart(
      `const t = performance.now(); for (let i = 0; i < 1e5; i++) Math.sqrt(i); if (performance.now() !== t) throw new Error('real time');`,
    ),
    ok,
  ),
  c(
    65,
    'hides state in the symbol registry',
    atLoad(
      `if ((Symbol.for('s') as any).seen) throw new Error('seen'); try { (Symbol.for('s') as any).seen = 1; } catch {} if ((Object as any).kept) throw new Error('kept'); try { (Object as any).kept = 1; } catch {}`,
    ),
    ok,
  ),
  c(
    66,
    "uses the machine's time and randomness",
    atStart(`if (Date.now() > Date.UTC(2025)) throw new Error('real time'); Math.random();`),
    ok,
  ),
  c(
    67,
    'refuses everything, which is always safe',
    inGet(`return { ok: false, error: 'no-key' };`),
    fails(/./),
  ),
  c(68, 'says that it is done, but has done nothing', inGet(`this.#entries.clear();`), fails(/./)),
  c(
    69,
    'changes its answer after giving it',
    inGet(
      `const answer: any = { ok: false, error: 'no-key' }; if (!this.#entries.has(key)) { queueMicrotask(() => { answer.ok = true; }); return answer; }`,
    ),
    ok,
  ),
  c(
    70,
    'imports our solution',
    atLoad(`import '../../solutions/kv-server/server.ts';`),
    unbuilt('solutions'),
  ),
  c(76, 'has a syntax error', atLoad('export {'), unbuilt('Expected')),
  c(76, 'is an empty file', server(''), fails(/^contract$/, 'default export')),
  c(76, 'is not text', server(Buffer.from([0xff, 0xfe, 0, 1])), unbuilt('')),
  c(76, 'exports something else', server('export default 7;'), fails(/./)),
  c(
    76,
    'has a byte order mark and Windows line endings',
    edited((text) => `\ufeff${text.replaceAll('\n', '\r\n')}`),
    ok,
  ),
  c(76, 'lacks a file', server(`export { default } from './lost.ts';`), unbuilt('lost')),
  c(77, 'throws `null`', atStart('throw null;'), threw('null')),
  c(
    77,
    'throws a Proxy whose traps throw',
    atStart('throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 1; } });'),
    threw('cannot be read'),
  ),
  c(
    77,
    'rejects a promise that nobody awaits',
    atStart(`Promise.reject(new Error('lost'));`),
    threw('lost'),
  ),
  c(
    78,
    'awaits at the top level of a file',
    atLoad('await new Promise(() => {});'),
    unbuilt('await'),
  ),
  c(
    80,
    'fails with its stack in its message',
    atStart(`throw new Error(String(new Error('x').stack));`),
    threw('server.ts'),
  ),
];

/** Tried by programs that are outside a realm from the start. */
export const ESCAPED: readonly Escaped[] = [
  e(56, 'reads a file', 'course', "fs.readFileSync('/etc/passwd')"),
  e(
    55,
    'finds a secret in its environment',
    'course',
    "return Object.keys(process.env).some((n) => !['TZ', 'LC_ALL', 'PATH'].includes(n))",
  ),
  e(
    56,
    'reads the environment of the grader',
    'course',
    "fs.readFileSync('/proc/' + process.ppid + '/environ')",
  ),
  e(44, 'writes a file', 'course', "fs.writeFileSync('/tmp/faultlab-escaped', '')"),
  e(17, 'changes the permissions of a file', 'course', "fs.chmodSync('/tmp', 0o1777)"),
  e(42, 'starts processes', 'course', "return child.spawnSync('true').status === 0"),
  e(
    18,
    'leaves a process behind that waits for the results',
    'course',
    "child.spawn('true', { detached: true }).unref()",
  ),
  e(
    19,
    'leaves a process behind that holds the output',
    'course',
    "child.spawn('true', { stdio: 'inherit' })",
  ),
  e(62, 'starts a thread', 'course', "new threads.Worker('', { eval: true })"),
  e(8, 'loads a library', 'course', "process.dlopen({ exports: {} }, '/usr/lib/libc.so')"),
  e(7, 'makes code from text', 'course', "new Function('return 1')"),
  e(11, 'signals the grader', 'official', 'process.kill(process.ppid, 0)', 'root'),
  e(
    59,
    'sees a network',
    'official',
    'return Object.keys(os.networkInterfaces()).length > 0',
    'root',
  ),
  e(42, 'runs as the user who grades', 'official', 'return process.getuid() === 0', 'root'),
];

/** Outside its realm, too: graded as official, each fails its own run and nothing else. */
export const BREAKS: readonly Omit<Escaped, 'from'>[] = [
  { no: 10, does: 'ends its process, as if all were well', attempt: 'process.exit(0);' },
  { no: 12, does: 'kills its process group', attempt: "process.kill(0, 'SIGKILL');" },
  {
    no: 13,
    does: 'writes something that is not a frame to the pipe',
    attempt: "fs.writeSync(4, 'HTTP/1.1 200 OK\\r\\n\\r\\n');",
  },
  {
    no: 13,
    does: 'writes an endless frame',
    attempt: 'fs.writeSync(4, Buffer.from([255, 255, 255, 255]));',
  },
  {
    no: 13,
    does: 'writes a result with a prototype',
    attempt:
      'const b = Buffer.from(\'{"__proto__":{"passed":true}}\'); fs.writeSync(4, Buffer.from([b.length, 0, 0, 0])); fs.writeSync(4, b);',
  },
  {
    no: 13,
    does: 'writes endless nesting',
    attempt:
      "const b = Buffer.from('['.repeat(1e6)); const h = Buffer.alloc(4); h.writeUInt32LE(b.length); fs.writeSync(4, h); let a = 0; while (a < b.length) a += fs.writeSync(4, b, a);",
  },
];

/** What is not a submission of a simulated lab, or is tried elsewhere. */
export const OTHERS: readonly {
  readonly no: number;
  readonly does: string;
  readonly ends: string;
  readonly tried: string;
}[] = [
  {
    no: 48,
    does: 'is an archive with names that lead out of it',
    ends: 'no archives are taken, only folders',
    tried: '',
  },
  {
    no: 57,
    does: 'puts hidden seeds into its failure message',
    ends: 'with a seed set, students see only the rule (`--detail`)',
    tried: 'report/formats/formats.test.ts',
  },
  {
    no: 58,
    does: 'learns hidden seeds from many gradings, one bit at a time',
    ends: '**not resisted**: limit how often you grade, and use a new secret each term',
    tried: '',
  },
  {
    no: 60,
    does: 'behaves differently when it is graded',
    ends: 'a node sees neither seed nor scenario, and gets the same names and values in both',
    tried: '',
  },
  {
    no: 61,
    does: 'knows the answers for the public seeds',
    ends: 'other seeds, with a seed set',
    tried: 'seed-set.test.ts',
  },
  {
    no: 64,
    does: 'keeps state across a crash',
    ends: 'each life begins with new modules',
    tried: 'realm/realm.test.ts',
  },
  {
    no: 71,
    does: 'is a copy with other names',
    ends: 'graded; `--export-for` hands the class to Dolos or JPlag',
    tried: 'batch/batch.test.ts',
  },
  {
    no: 74,
    does: 'writes an account for a reader that can be talked round',
    ends: 'facts are compared with the run, prose is for people',
    tried: 'explain/claims.test.ts',
  },
  {
    no: 75,
    does: 'gives other results for the same seed',
    ends: 'undecided, with the first event that differs',
    tried: 'explore/explore.test.ts',
  },
  {
    no: 79,
    does: 'is right, but fifty times slower',
    ends: 'limits count events and virtual time',
    tried: 'starved.test.ts',
  },
];
