/** F1: nothing is left but copies of different worth. */
import type { Drill, ServerScenario, Workload } from 'faultlab';
import {
  addProjects,
  begin,
  dump,
  known,
  more,
  PATIENT,
  readWrites,
  serves,
  snapshot,
  type Taken,
  WEBHOOKS,
  webhooksOf,
} from '../site.ts';

/** The copies, by seed; the best one is never the one with the newest name. */
async function copies(drill: Drill, workload: Workload): Promise<Taken> {
  const standby = drill.node('n2');
  const variant = drill.seed % 3;
  await snapshot(drill, workload, '01-31T01.00');
  await more(drill, workload, 30);
  const trouble = { torn: variant === 0, damaged: variant === 2 };
  const staging = await snapshot(drill, workload, '01-31T17.20', { forStaging: true, ...trouble });
  await addProjects(drill.cluster.primary);
  await more(drill, workload, 30);
  const options = [{ empty: true }, { truncated: true }, {}][variant] ?? {};
  const nightly = await dump(drill, workload, '01-31T21.00.sql', options);
  await more(drill, workload, 10);
  if (variant === 2) await dump(drill, workload, '01-31T22.00.sql', { truncated: true });
  const behind = known(workload);
  if (variant === 0) {
    await drill.assume('n2 to have these writes', async () => {
      const there = new Set(await readWrites(standby));
      return behind.every((id) => there.has(id));
    });
  }
  await standby.stop();
  if (variant === 0) {
    drill.note('n2 is stopped: it has fallen too far behind');
    return { path: 'the data directory of n2', known: behind, most: workload.writes.length };
  }
  await standby.remove();
  drill.note('n2 is wiped, to be rebuilt');
  return variant === 1 ? staging : nightly;
}

const leastLoss: ServerScenario = {
  id: 'F1',
  title:
    'n1 serves again from the copy with the least loss; no id is given twice, webhooks are back',
  points: 25,
  nodes: 2,
  // A base backup ends a segment and makes a checkpoint at once: n2 may not have that segment yet.
  cluster: { settings: { wal_keep_size: '16MB', ...PATIENT } },
  requires: ['pg_basebackup', 'pg_dump', 'psql'],
  byHand: true,
  lookAt: 'which of the copies have you seen restored, and how far did each go?',
  async run(drill) {
    const { primary } = drill.cluster;
    const workload = await begin(drill);
    const best = await copies(drill, workload);
    await addProjects(primary);
    await more(drill, workload, 40);
    const [given] = await primary.sql<{ id: number }>('SELECT max(id) AS id FROM projects');
    await workload.stop();
    await primary.remove();
    await primary.crash();
    drill.note(`n1 is wiped by mistake; ${workload.acknowledged} writes were acknowledged`);

    await drill.repair();
    drill.expect(await serves(primary), {
      ruleId: 'not-serving',
      rule: 'n1 takes writes again when repair is over (handout, The contract)',
      evidence: (await primary.isRunning()) ? 'n1 is in recovery' : 'n1 is down',
      lookAt: 'what does n1 start from, and when is its recovery over?',
    });
    const there = new Set(await readWrites(primary));
    const missing = best.known.filter((id) => !there.has(id)).length;
    const all = workload.acknowledged;
    drill.tell(`${all - best.known.length} of ${all} acknowledged writes could not be saved`);
    drill.expect(missing === 0, {
      ruleId: 'more-lost-than-needed',
      rule: 'No more is lost than was written since the newest copy that can be restored (handout, The contract)',
      evidence: `${missing} acknowledged writes that are in ${best.path} are not on n1`,
      lookAt: 'which of the copies have you seen restored, and how far did each go?',
    });
    const mine = new Set(workload.writes.map(({ id }) => id));
    const foreign = [...there].filter((id) => !mine.has(id)).length;
    drill.expect(foreign === 0, {
      ruleId: 'foreign-rows',
      rule: 'Nothing is on n1 that no client has written (handout, The contract)',
      evidence: `${foreign} rows of writes on n1 are nobody's`,
      lookAt: 'where do these rows come from?',
    });
    const hooks = await webhooksOf(primary);
    drill.expect(hooks === WEBHOOKS, {
      ruleId: 'webhooks-gone',
      rule: 'The webhooks are back (handout, The contract)',
      evidence: `${hooks} of ${WEBHOOKS} webhooks are on n1`,
      lookAt: 'what was removed from a copy that was made for tests, and who still has it?',
    });
    const [next] = await primary.sql<{ id: number }>(
      "INSERT INTO projects (name) VALUES ('the first one after') RETURNING id",
    );
    drill.expect((next?.id ?? 0) > (given?.id ?? 0), {
      ruleId: 'id-given-twice',
      rule: 'No id is given twice (handout, The contract)',
      evidence: `the first new project has id ${next?.id}; ids up to ${given?.id} had been given, and are in links and mails`,
      lookAt: 'which ids were given between the copy and the accident?',
    });
  },
};

export default [leastLoss];
