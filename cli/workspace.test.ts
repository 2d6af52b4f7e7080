import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeState, labState, readState, stateFile } from './state.ts';
import {
  backUp,
  filesIn,
  findWorkspace,
  reset,
  start,
  startedFolder,
  workFolder,
  writeLaunchFile,
  writeTypeSettings,
} from './workspace.ts';

const lab = { slug: 'toy', given: ['contract.ts'], entry: 'toy.ts' };
let root: string;
let from: string;

const put = (path: string, text: string) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};
const textOf = (path: string) => readFileSync(path, 'utf8');
const work = (name: string) => join(workFolder(root, 'toy'), name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'faultlab-workspace-'));
  from = join(root, 'labs', 'toy');
  put(join(from, 'skeleton', 'toy.ts'), 'skeleton');
  put(join(from, 'skeleton', 'sub', 'log.ts'), 'log');
  put(join(from, 'skeleton', 'contract.ts'), 're-export');
  put(join(from, 'contract.ts'), 'contract');
});
afterEach(() => rmSync(root, { recursive: true }));

it('start fills the folder, with the given files', () => {
  const { created, kept } = start(root, lab, from);
  expect(created.sort()).toEqual(['contract.ts', 'sub/log.ts', 'toy.ts']);
  expect(kept).toEqual([]);
  expect(textOf(work('contract.ts'))).toBe('contract');
});

it('start never overwrites', () => {
  put(work('toy.ts'), 'mine');
  const { created, kept } = start(root, lab, from);
  expect(kept).toEqual(['toy.ts']);
  expect(created).toContain('contract.ts');
  expect(textOf(work('toy.ts'))).toBe('mine');
});

it('reset begins again and keeps everything in a backup', () => {
  start(root, lab, from);
  put(work('toy.ts'), 'mine');
  put(work('notes/own.md'), 'notes');
  const backup = reset(root, lab, from);
  expect(textOf(work('toy.ts'))).toBe('skeleton');
  expect(filesIn(workFolder(root, 'toy'))).not.toContain('notes/own.md');
  expect(textOf(join(backup, 'toy.ts'))).toBe('mine');
  expect(textOf(join(backup, 'notes', 'own.md'))).toBe('notes');
});

it('two backups of one second are two folders', () => {
  start(root, lab, from);
  const now = new Date('2026-11-24T10:00:00Z');
  expect(backUp(root, 'toy', now)).not.toBe(backUp(root, 'toy', now));
  expect(readdirSync(join(root, '.lab', 'backups')).sort()).toEqual([
    'toy-2026-11-24T10-00-00',
    'toy-2026-11-24T10-00-00-2',
  ]);
});

it('says what to do when a lab was not started', () => {
  expect(() => startedFolder(root, lab)).toThrow('lab start toy');
});

it('the workspace is the checkout around the current folder', () => {
  put(join(root, 'package.json'), '{"name":"faultlab"}');
  expect(findWorkspace(from)).toBe(root);
});

it('the launch file of a student is kept', () => {
  expect(writeLaunchFile(root)).toBe(true);
  expect(JSON.parse(textOf(join(root, '.vscode', 'launch.json'))).configurations).toHaveLength(1);
  put(join(root, '.vscode', 'launch.json'), 'mine');
  expect(writeLaunchFile(root)).toBe(false);
  expect(textOf(join(root, '.vscode', 'launch.json'))).toBe('mine');
});

it('editors read work/ as the course does, where there is a course', () => {
  const file = join(root, 'work', 'tsconfig.json');
  writeTypeSettings(root);
  expect(existsSync(file)).toBe(false);
  put(join(root, 'tsconfig.json'), '{}');
  writeTypeSettings(root);
  expect(JSON.parse(textOf(file))).toMatchObject({ extends: '../tsconfig.json' });
  put(file, 'mine');
  writeTypeSettings(root);
  expect(textOf(file)).toBe('mine');
});

it('the state survives, and a broken one says what to do', () => {
  changeState(root, (state) => {
    labState(state, 'toy').hints.A1 = 2;
  });
  expect(readState(root).labs.toy?.hints).toEqual({ A1: 2 });
  expect(readdirSync(join(root, '.lab'))).toEqual(['state.json']);
  writeFileSync(stateFile(root), '{"version":9}');
  expect(() => readState(root)).toThrow('has version 9');
  writeFileSync(stateFile(root), '{');
  expect(() => readState(root)).toThrow('is not JSON');
});
