/** WAL that is gone before the standby had it, and WAL that is kept for nobody. */
import { defineLab } from 'faultlab';
import gone from './scenarios/a-gone.ts';
import kept from './scenarios/b-kept.ts';

export default defineLab({
  slug: 'postgres-wal-gap',
  title: 'Postgres: the WAL is gone',
  summary: 'A standby that lost the thread: archive, slot, rebuild, and slots that fill disks.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: [],
  hours: '3–5',
  parts: [
    { id: 'A', title: 'WAL that is gone', scenarios: gone },
    { id: 'B', title: 'WAL that never goes', scenarios: kept },
  ],
});
