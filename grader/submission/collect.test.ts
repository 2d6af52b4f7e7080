import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { collect, LIMITS } from './collect.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'collect-'));
  mkdirSync(join(base, 'to'));
  put('raft.ts', 'export default class {}');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const inside = (name: string) => join(base, 'from', name);
function put(name: string, text = ''): void {
  mkdirSync(dirname(inside(name)), { recursive: true });
  writeFileSync(inside(name), text);
}
const take = () => collect(join(base, 'from'), join(base, 'to'));
/** What is said of a submission that is refused and leaves nothing behind. */
function refusal(): string {
  const { problems, files } = take();
  expect([files, readdirSync(join(base, 'to'))]).toEqual([[], []]);
  return problems.map(({ where, text }) => `${where}: ${text}`).join('\n');
}

test('takes sources and texts, and leaves the rest where it is', () => {
  for (const name of ['log/wal.ts', 'explain.json', 'notes.md']) put(name, name);
  const left = ['.git/hooks/pre-commit', 'node_modules/faultlab/node.ts', 'package.json', 'a.sh'];
  for (const name of left) put(name);
  expect(take().files).toEqual(['explain.json', 'log/wal.ts', 'notes.md', 'raft.ts']);
});

test('equal submissions have equal hashes, and one more letter makes another hash', () => {
  const first = take().hash;
  rmSync(join(base, 'to'), { recursive: true });
  mkdirSync(join(base, 'to'));
  expect(take().hash).toBe(first);
  put('raft.ts', 'export default class { }');
  rmSync(join(base, 'to'), { recursive: true });
  mkdirSync(join(base, 'to'));
  expect(take().hash).not.toBe(first);
});

test('a link to a file', () => {
  symlinkSync('/etc/passwd', inside('log.ts'));
  expect(refusal()).toBe('log.ts: the submission holds a link');
});
test('a link to a folder, and one in a circle', () => {
  symlinkSync('/etc', inside('etc'));
  symlinkSync('.', inside('loop'));
  expect(refusal()).toContain('loop: the submission holds a link');
});
test('a hard link', () => {
  put('../secret.ts', 'secret');
  linkSync(join(base, 'secret.ts'), inside('log.ts'));
  expect(refusal()).toBe('log.ts: the submission holds a hard link');
});
test('a pipe, which would never end', () => {
  execFileSync('mkfifo', [inside('log.ts')]);
  expect(refusal()).toBe('log.ts: the submission holds something that is not a regular file');
});
test('a large file', () => {
  put('log.ts', ' '.repeat(LIMITS.fileBytes + 1));
  expect(refusal()).toBe('log.ts: the submission holds 1048577 bytes; a file may have 1048576');
});
test('many large files', () => {
  for (let i = 0; i < 9; i++) put(`f${i}.ts`, ' '.repeat(LIMITS.fileBytes));
  expect(refusal()).toContain(`more than ${LIMITS.totalBytes} bytes in all`);
});
test('many files', () => {
  for (let i = 0; i < LIMITS.files; i++) put(`f${i}.ts`);
  expect(refusal()).toContain('more than 200 files');
});
test('deep folders', () => {
  put(`${'d/'.repeat(LIMITS.depth + 1)}log.ts`);
  expect(refusal()).toContain('folders deeper than 8');
});
test.each(['a\nb.ts', '\u202egpj.ts', '-rf', 'a b.ts', `${'x'.repeat(120)}.ts`])(
  'the name %j',
  (name) => {
    put(name);
    expect(refusal()).toContain(`the submission holds the name ${JSON.stringify(name)}`);
  },
);
test('names that differ in case only', () => {
  put('Raft.ts');
  expect(refusal()).toMatch(/in case only/);
});
