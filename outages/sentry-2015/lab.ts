/** Sentry, 20 July 2015, on a real server: no transaction is left. */
import { defineLab } from 'faultlab';
import alarm from './scenarios/alarm.ts';
import forecast from './scenarios/forecast.ts';
import recover from './scenarios/recover.ts';
import reproduce from './scenarios/reproduce.ts';

export default defineLab({
  slug: 'sentry-2015',
  title: 'No transaction left: Sentry, 20 July 2015',
  summary: 'A database stops taking writes to save what it has, and vacuum does not help.',
  on: 'postgres',
  entry: 'runbook.ts',
  given: ['contract.ts'],
  hours: '3–4',
  parts: [
    { id: 'R', title: 'Reproduce', scenarios: reproduce },
    { id: 'F', title: 'Fix', scenarios: [...recover, ...alarm] },
    { id: 'E', title: 'Explain', scenarios: forecast },
  ],
});
