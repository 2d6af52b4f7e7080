// Your Raft, scenario by scenario, in an editor: grades work/raft. The command: npx lab test raft
import { labAsTests } from 'faultlab/vitest';

await labAsTests('raft');
