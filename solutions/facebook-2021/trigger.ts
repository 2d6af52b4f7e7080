/** The command takes every site off the backbone. */
import type { Trigger } from './contract.ts';

const trigger: Trigger = [{ do: 'run-command', share: 1, atMs: 60_000 }];

export default trigger;
