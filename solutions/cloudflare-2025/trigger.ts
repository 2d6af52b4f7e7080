/** Permissions change in one shard after another, so that files are good, bad, good, … and at last bad. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [{ do: 'change-permissions', shards: 10, atMs: 60_000, everyMs: 120_000 }];

export default trigger;
