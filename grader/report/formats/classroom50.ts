/**
 * Classroom 50's `result.json` (schema classroom50/result/v1). Scores are whole numbers. `datetime` is
 * when the work was handed in, so that a regrade cannot make it late. The names of class, owner and
 * commit come from the environment of the runner; a result without them would land in nobody's gradebook.
 */
import { type About, type Format, json, MissingFact, nameOf, rowsOf, sumOf } from './format.ts';

const FACTS = {
  classroom: 'CLASSROOM',
  assignment: 'ASSIGNMENT',
  assignment_type: 'ASSIGNMENT_TYPE',
  owner: 'OWNER',
  submission: 'SUBMISSION_TAG',
  commit: 'COMMIT_URL',
  release: 'RELEASE_URL',
  review: 'REVIEW_URL',
} as const;

function factsOf({ platform = {}, submittedAt }: About): Record<string, string> {
  const missing = Object.values(FACTS).filter((name) => !platform[name]);
  if (submittedAt === undefined) missing.push('SUBMITTED_AT' as never);
  if (missing.length > 0) {
    throw new MissingFact(`a Classroom 50 result needs ${missing.join(', ')} in the environment`);
  }
  const facts = Object.entries(FACTS).map(([key, name]) => [key, platform[name] ?? '']);
  const datetime = new Date(submittedAt as string).toISOString().replace(/\.\d+Z$/, 'Z');
  return { ...Object.fromEntries(facts), datetime };
}

export const classroom50: Format = {
  name: 'classroom50',
  file: 'result.json',
  readers: 'Classroom 50; it sets the environment that this needs',
  write(reports, about) {
    return json({
      schema: 'classroom50/result/v1',
      ...factsOf(about),
      score: sumOf(reports, 'earned'),
      'max-score': sumOf(reports, 'points'),
      tests: rowsOf(reports, about).map((row) => ({
        'test-name': nameOf(row),
        passed: row.verdict === 'passed',
        score: row.earned,
        'max-score': row.points,
        verdict: row.verdict,
        ...(row.text === '' ? {} : { output: row.text }),
      })),
    });
  },
};
