// Your work on this lab, scenario by scenario, in an editor. The command: npx lab test kv-raft
import { labAsTests } from 'faultlab/vitest';

await labAsTests('kv-raft');
