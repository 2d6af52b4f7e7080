/** Part E: what would each copy have been worth? */
import type { ServerScenario } from 'faultlab';
import type { Copy } from '../contract.ts';
import { begin, dump, more, readWrites, snapshot } from '../site.ts';

const worth: ServerScenario = {
  id: 'E1',
  title: 'before a copy is needed, it is known whether it is one, and what it would cost',
  points: 15,
  nodes: 2,
  requires: ['pg_basebackup', 'pg_dump', 'psql'],
  lookAt: 'which copies have you seen restored?',
  async run(drill) {
    const { primary } = drill.cluster;
    const variant = drill.seed % 3;
    const workload = await begin(drill);
    const whole = [await snapshot(drill, workload, '01-30T01.00')];
    await more(drill, workload, 20);
    const trouble = { torn: variant === 0, damaged: variant !== 0 };
    const broken = [await snapshot(drill, workload, '01-31T01.00', trouble)];
    const empty = variant === 1;
    broken.push(await dump(drill, workload, '01-31T02.00.sql', { truncated: !empty, empty }));
    await more(drill, workload, 20);
    if (variant === 2) whole.push(await snapshot(drill, workload, '01-31T17.20'));
    else whole.push(await dump(drill, workload, '01-31T17.20.sql'));
    await more(drill, workload, 20);
    await workload.stop();
    const now = (await readWrites(primary)).length;

    const said = await drill.call<readonly Copy[]>('audit');
    const list = Array.isArray(said) ? (said as readonly Partial<Copy>[]) : [];
    const of = ({ path }: { path: string }) => list.find((copy) => copy?.path === path);
    for (const copy of [...whole, ...broken]) {
      drill.expect(of(copy) !== undefined, {
        kind: 'contract',
        ruleId: 'copy-not-named',
        rule: 'audit speaks of every copy (contract, Copy)',
        evidence: `audit says nothing of ${copy.path}; it named ${list.map(({ path }) => path).join(', ') || 'none'}`,
        lookAt: 'which files and folders are there?',
      });
    }
    for (const copy of broken) {
      const { isWhole, lost } = of(copy) ?? {};
      // A dump without rows may be called whole, as long as audit says that it saves nothing.
      const savesNothing = empty && copy.path.endsWith('.sql') && lost === now;
      drill.expect(isWhole === false || savesNothing, {
        ruleId: 'believed',
        rule: 'A copy is whole when all that was in the database can be read after restoring it (contract, Copy)',
        evidence: `audit says that ${copy.path} is whole, and that ${lost} writes would be lost; it cannot be restored, or not to the end`,
        lookAt: 'what is the last line of a dump, and when is a page of a snapshot first read?',
      });
    }
    for (const copy of whole) {
      const { isWhole, lost } = of(copy) ?? {};
      const [least, most] = [now - copy.most, now - copy.known.length];
      const isRight = isWhole === true && lost !== undefined && lost <= most;
      drill.expect(isRight && lost >= least, {
        ruleId: 'wrong-worth',
        rule: 'Of a whole copy, audit says what restoring it would cost (contract, Copy)',
        evidence: `audit says of ${copy.path}: ${isWhole ? 'whole' : 'not whole'}, ${lost} lost; it is whole, and ${Math.max(0, least)} to ${most} of ${now} writes are not in it`,
        lookAt: 'which rows does n1 have that the restored copy lacks?',
      });
    }
  },
};

export default [worth];
