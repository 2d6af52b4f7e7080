// What `npm pack` makes: small enough, and it works where it is installed, without the development tools.
// Run by `npm run test:long`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BYTES_MAX = 3e6;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const base = mkdtempSync(join(tmpdir(), 'pack-'));

function run(command, args, cwd, code = 0) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === code) return stdout;
  throw new Error(
    `${command} ${args.join(' ')} ended with ${status}, not ${code}\n${stdout}${stderr}`,
  );
}

try {
  const name = run('npm', ['pack', '--silent', '--pack-destination', base], root).trim();
  const { size } = statSync(join(base, name));
  if (size > BYTES_MAX)
    throw new Error(`${name} has ${size} bytes; at most ${BYTES_MAX} are allowed`);
  console.log(`ok: ${name} has ${(size / 1e6).toFixed(2)} MB (bar: 3)`);

  writeFileSync(join(base, 'package.json'), '{"private":true}');
  run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', `./${name}`], base);
  const lab = (args, code) => run('npx', ['lab', ...args], base, code);
  lab(['start', 'kv-server']);
  if (!existsSync(join(base, 'work', 'kv-server', 'server.ts'))) {
    throw new Error('the work is not in the project that the package is installed in');
  }
  lab(['test', 'kv-server', 'A1', '--seeds', '1'], 1);
  writeFileSync(join(base, 'roster.csv'), 'student,dir\nada,work\n');
  lab(['batch', 'roster.csv', '--lab', 'kv-server', '--seeds', '1']);
  console.log('ok: installed without development tools, a lab begins, is tested, and is graded');
} finally {
  rmSync(base, { recursive: true, force: true });
}
