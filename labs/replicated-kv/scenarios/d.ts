import type { Scenario } from 'faultlab';
export const sessions: readonly Scenario[] = [];
