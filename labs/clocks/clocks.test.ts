// Your work on this lab, scenario by scenario, in an editor. The command: npx lab test clocks
import { labAsTests } from 'faultlab/vitest';

await labAsTests('clocks');
