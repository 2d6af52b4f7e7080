import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { record, whereItDiffers } from './recording.ts';

test('the first event that an edit has changed is named', () => {
  const root = mkdtempSync(join(tmpdir(), 'faultlab-'));
  const trace = (text: string) => [
    { atMs: 0, node: 'n1', kind: 'boot', text: 'boots' },
    { atMs: 5, node: 'n1', kind: 'log', text },
  ];
  try {
    expect(whereItDiffers(root, 'raft-A1-1', trace('one'))).toBeUndefined();
    record(root, 'raft-A1-1', trace('one'));
    expect(whereItDiffers(root, 'raft-A1-1', trace('one'))).toBeUndefined();
    expect(whereItDiffers(root, 'raft-A1-1', trace('two'))).toEqual([
      'Since the last replay the run has changed, first at event 2 of 2:',
      '  was  0.005  n1  log      one',
      '  is   0.005  n1  log      two',
    ]);
    expect(whereItDiffers(root, 'raft-A1-1', trace('one').slice(0, 1))).toEqual([
      'Since the last replay the run has changed, first where it ends now, after 1 event:',
      '  was  0.005  n1  log      one',
      '  is   over',
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
