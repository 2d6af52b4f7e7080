// A class of 30 made-up students – good, partial, broken, hostile, absent – graded twice, once in two
// parts and merged: equal results, each student with what they deserve. Run by `npm run test:long`.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const base = mkdtempSync(join(tmpdir(), 'class-'));
const from = (...names) => join(root, ...names);
const inClass = (...names) => join(base, 'class', ...names);

const solved = (to) => cpSync(from('solutions', 'kv-server'), to, { recursive: true });
const begun = (to) => cpSync(from('labs', 'kv-server', 'skeleton'), to, { recursive: true });
/** The solution with `text` in front of one of its files. */
const with_ = (file, text) => (to) => {
  solved(to);
  writeFileSync(join(to, file), text + readFileSync(join(to, file), 'utf8'));
};
/** The solution, with this file still as in the skeleton. */
const without = (file) => (to) => {
  solved(to);
  cpSync(from('labs', 'kv-server', 'skeleton', file), join(to, file));
};

/** The solution with a bug that only a history of many operations shows. */
const interleaves = (to) => {
  solved(to);
  const path = join(to, 'server.ts');
  const text = readFileSync(path, 'utf8')
    .replace('#put({ key, value, version }: PutArgs): PutReply {', (line) =>
      `async ${line}`.replace('PutReply', 'Promise<PutReply>'),
    )
    .replace('this.#entries.set(', (line) => `await sleep(1); ${line}`);
  writeFileSync(path, `import { sleep } from 'faultlab/node';\n${text}`);
};

const linked = (to) => {
  mkdirSync(to, { recursive: true });
  symlinkSync('/etc/passwd', join(to, 'server.ts'));
};

/** What is handed in, and the points it must get: a number, or a range for what is partly right. */
const KINDS = [
  ['good', solved, 100],
  ['begun', begun, 0],
  ['no-lease', without('lease.ts'), [60, 80]],
  ['no-lock', without('lock.ts'), [40, 75]],
  ['interleaves', interleaves, [60, 95]],
  ['syntax', with_('server.ts', 'export {'), 0],
  ['dynamic', with_('client.ts', "const fs = await import('node:fs');\n"), 0],
  ['loops', with_('server.ts', 'for (;;) {}\n'), 0],
  ['eval', with_('server.ts', "new Function('return process')().exit(0);\n"), 0],
  ['exits', with_('server.ts', 'declare const process: any; process.exit(0);\n'), 0],
  ['throws', with_('server.ts', 'throw null;\n'), 0],
  [
    'hoards',
    with_('server.ts', 'const a = []; for (;;) a.push(new Uint8Array(1e8).fill(1));\n'),
    0,
  ],
  ['links', linked, 0],
  ['prints', with_('server.ts', 'console.log("::error::\\u001b[2Jpassed 100/100");\n'), 100],
  ['absent', (to) => mkdirSync(dirname(to), { recursive: true }), undefined],
];

function lab(args, code = 0) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [from('bin/lab.mjs'), ...args], {
    encoding: 'utf8',
    cwd: base,
  });
  if (status !== code)
    throw new Error(`${args.join(' ')}: ${status}, not ${code}\n${stdout}${stderr}`);
  return stdout;
}
const resultsOf = (folder) =>
  readFileSync(join(base, folder, 'results.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .sort();

try {
  for (const half of ['a', 'b']) {
    for (const [name, make] of KINDS) make(inClass(`${name}-${half}`, 'kv-server'));
  }
  const options = ['--seeds', '1', '--lab', 'kv-server'];
  lab(['batch', 'class', '--out', 'whole', ...options]);
  for (const part of [1, 2])
    lab(['batch', 'class', '--out', `part${part}`, '--shard', `${part}/2`, ...options]);
  lab(['merge', 'part1', '--roster', 'class', '--out', 'merged'], 2);
  lab(['merge', 'part1', 'part2', '--roster', 'class', '--out', 'merged']);
  const [whole, merged] = [resultsOf('whole'), resultsOf('merged')];
  const other = whole.find((text, i) => text !== merged[i]);
  if (other !== undefined) {
    throw new Error(`two gradings differ:\n${other}\n${merged[whole.indexOf(other)]}`);
  }
  console.log(`ok: ${whole.length} students graded twice, byte for byte the same`);
  if (!lab(['compare', 'whole', 'merged']).includes('No difference'))
    throw new Error('compare differs');
  for (const text of whole) {
    const { student, report } = JSON.parse(text);
    const wanted = KINDS.find(([name]) => student === `${name}-a` || student === `${name}-b`)[2];
    const [least, most] = Array.isArray(wanted) ? wanted : [wanted, wanted];
    const earned = report?.earned;
    const isRight = least === undefined ? earned === undefined : earned >= least && earned <= most;
    if (!isRight) throw new Error(`${student} has ${earned} points, not ${wanted}`);
  }
  console.log('ok: each has the points that they deserve');
  const again = lab(['batch', 'class', '--out', 'whole', ...options]);
  if (resultsOf('whole').length !== whole.length + 2) throw new Error(`graded again: ${again}`);
  console.log(`${whole.length} submissions passed`);
} finally {
  rmSync(base, { recursive: true, force: true });
}
