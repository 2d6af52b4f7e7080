/**
 * What lateness costs. A pure function of times: the grader's points stay as they are, and the
 * course's arithmetic goes beside them and can be redone.
 */
export interface LatePolicy {
  /** ISO 8601. */
  readonly due: string;
  /** Hours that cost nothing. */
  readonly graceHours: number;
  /** Of the points earned, for each day begun. */
  readonly percentPerDay: number;
  /** Never more than this is deducted. */
  readonly percentMax: number;
}

export interface Lateness {
  /** Days begun after the deadline with its extension and grace; 0 when in time. */
  readonly daysLate: number;
  readonly percentTaken: number;
  readonly points: number;
}

const DAY_MS = 24 * 3600 * 1000;

export function afterLateness(
  earned: number,
  { submittedAt, extensionDays }: { submittedAt?: string; extensionDays: number },
  policy: LatePolicy | undefined,
): Lateness {
  if (policy === undefined || submittedAt === undefined) {
    return { daysLate: 0, percentTaken: 0, points: earned };
  }
  const dueMs = Date.parse(policy.due) + extensionDays * DAY_MS;
  const lateMs = Date.parse(submittedAt) - dueMs;
  const daysLate = lateMs <= policy.graceHours * 3600 * 1000 ? 0 : Math.ceil(lateMs / DAY_MS);
  const percentTaken = Math.min(policy.percentMax, daysLate * policy.percentPerDay);
  const points = Math.round(earned * (100 - percentTaken)) / 100;
  return { daysLate, percentTaken, points };
}
