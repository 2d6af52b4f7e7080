// Your work on this lab, scenario by scenario, in an editor. The command: npx lab test kv-server
import { labAsTests } from 'faultlab/vitest';

await labAsTests('kv-server');
