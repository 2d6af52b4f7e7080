import type { Scenario } from 'faultlab';
export const failover: readonly Scenario[] = [];
