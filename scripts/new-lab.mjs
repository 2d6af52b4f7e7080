// The tutorial of labs/AUTHORING.md, typed by a machine: in a copy of the project, a new lab works at
// once, `lab check` says what is missing when something is taken away, and the other checks (types,
// format, lint) have no complaints. Run by `npm run test:long`.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const copy = mkdtempSync(join(tmpdir(), 'new-lab-'));

function run(command, args, code = 0) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: 'utf8' });
  if (status === code) return stdout;
  throw new Error(
    `${command} ${args.join(' ')} ended with ${status}, not ${code}\n${stdout}${stderr}`,
  );
}
const lab = (args, code) => run(process.execPath, ['bin/lab.mjs', ...args], code);
const edit = (file, find, replace) => {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(find)) throw new Error(`${file} has no ${find}`);
  writeFileSync(path, text.replace(find, replace));
  return () => writeFileSync(path, text);
};
const expectSaid = (text, words) => {
  if (!text.includes(words)) throw new Error(`not said: ${words}\n${text}`);
  console.log(`ok: ${words}`);
};

try {
  const files = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter(Boolean)) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  lab(['new', 'two-phase']);
  expectSaid(lab(['check', 'two-phase', '--seeds', '20']), 'Ready for students.');
  run('npx', ['biome', 'ci', 'labs', 'solutions']);
  run('npx', ['tsc', '--noEmit']);

  const spoiled = [
    ['labs/two-phase/lab.ts', 'points: 100', 'points: 99', 'they sum to 99'],
    ['labs/two-phase/hints.md', '### 3', '', 'A1 has 2 hints'],
    ['labs/two-phase/README.md', '## The contract', '## Rules', 'no section "## The contract"'],
    ['solutions/two-phase/mutants.ts', 'toUpperCase', 'toString', 'shouts survives A1'],
    [
      'solutions/two-phase/two-phase.ts',
      'return text;',
      'return text + Math.random() * 0;',
      'A1 failed with seed 1',
    ],
    ['labs/two-phase/skeleton/two-phase.ts', "return '';", 'return text;', 'points for nothing'],
  ];
  for (const [file, find, replace, words] of spoiled) {
    const restore = edit(file, find, replace);
    expectSaid(lab(['check', 'two-phase', '--seeds', '2'], 1), words);
    restore();
  }
  console.log('1 tutorial passed');
} finally {
  rmSync(copy, { recursive: true, force: true });
}
