/** GitLab.com, 31 January 2017, on real servers: the wrong host, and backups that were none. */
import { defineLab } from 'faultlab';
import audit from './scenarios/audit.ts';
import backup from './scenarios/backup.ts';
import recover from './scenarios/recover.ts';
import reproduce from './scenarios/reproduce.ts';
import resync from './scenarios/resync.ts';

export default defineLab({
  slug: 'gitlab-2017',
  title: 'The wrong host: GitLab, 31 January 2017',
  summary: 'A primary is wiped by mistake after its standby, and no backup turns out to be one.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: ['contract.ts', 'omnibus.ts'],
  hours: '4–6',
  parts: [
    { id: 'R', title: 'Reproduce', scenarios: reproduce },
    { id: 'F', title: 'Fix', scenarios: [...recover, ...backup, ...resync] },
    { id: 'E', title: 'Explain', scenarios: audit },
  ],
});
