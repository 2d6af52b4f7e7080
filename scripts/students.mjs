// The copy of the course that students get works on its own, and holds no solution that was not asked
// for. Run by `npm run test:long`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const copy = mkdtempSync(join(tmpdir(), 'students-'));

function run(cwd, command, args, code, words) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  const said = `${stdout}${stderr}`;
  if (status !== code || !said.includes(words)) {
    throw new Error(`${args.join(' ')}: ${status}, not ${code} with "${words}"\n${said}`);
  }
  console.log(`ok: ${args.join(' ')}`);
}
const lab = (args, code, words) =>
  run(copy, process.execPath, ['bin/lab.mjs', ...args], code, words);

try {
  const labs = ['--labs', 'kv-server,raft,kv-raft', '--keep-reference', 'raft'];
  run(root, process.execPath, ['bin/lab.mjs', 'export', copy, ...labs], 0, '3 labs');
  run(copy, 'npm', ['ci', '--no-audit', '--no-fund'], 0, ''); // mute below `npm run --silent`
  lab(['list'], 0, 'kv-raft');
  lab(['start', 'kv-server'], 0, 'work/kv-server');
  lab(['start', 'kv-raft'], 0, 'work/kv-raft');
  lab(['test', 'kv-server', '--part', 'A'], 1, 'Broken rule');
  lab(['test', 'kv-raft', 'A1', '--with-reference', 'raft'], 1, 'Broken rule');
  lab(['hint', 'kv-server', 'A1'], 0, 'On the rule that broke');
  lab(['replay', 'kv-server', 'A1', '--solution'], 2, 'has no solution to kv-server');
  lab(['grade', '.', '--seeds', '1'], 1, 'Part A');
  lab(['status', '--markdown'], 0, '| A key-value server and a lock |');
  lab(['pack', 'gradescope', 'kv-server'], 2, 'made for students');
  const files = readdirSync(copy, { recursive: true }).filter((f) => !f.startsWith('node_modules'));
  const secret = files.filter((f) => /(^|\/)(mutants|variants)\.|solutions\/(?!raft)/.test(f));
  if (secret.length > 0) throw new Error(`handed out: ${secret.join(', ')}`);
  console.log('1 copy for students passed');
} finally {
  rmSync(copy, { recursive: true, force: true });
}
