/** Two primaries: fence one, save what only it has, and make one cluster again. */
import { defineLab } from 'faultlab';
import { differences, one } from './scenarios/a-one.ts';

export default defineLab({
  slug: 'postgres-split-brain',
  title: 'Postgres: split brain',
  summary: 'Two primaries took writes: fence one, save its rows, rewind it, and make one cluster.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: ['contract.ts'],
  hours: '4–6',
  parts: [
    { id: 'A', title: 'One again', scenarios: one },
    { id: 'B', title: 'By copying what differs', scenarios: differences },
  ],
});
