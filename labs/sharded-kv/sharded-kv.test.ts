// Your work on this lab, scenario by scenario, in an editor. The command: npx lab test sharded-kv
import { labAsTests } from 'faultlab/vitest';

await labAsTests('sharded-kv');
