/** The histories of Elle and its command line, with the verdicts that their tests expect. */
import { expect, test } from 'vitest';
import { readHistory } from '../formats/read.ts';
import { readTransactions } from '../formats/transactions.ts';
import { recorded } from '../recorded.ts';
import { checkListAppend, checkRwRegister } from './check.ts';
import { tellTransactions } from './tell.ts';

const elle = recorded('elle');
const historyOf = (path: string) => readTransactions(readHistory(elle.get(path) ?? ''));

test.each([
  ['elle/paper-example.edn', ['G-single'], 'snapshot-isolation'],
  ['elle/si-without-g-single.edn', ['G2-item', 'G-single-realtime'], 'repeatable-read'],
  ['elle/huge-scc.edn', ['G-single-realtime'], 'strong-snapshot-isolation'],
  ['elle-cli/paper-example.edn', ['G-single'], 'snapshot-isolation'],
  ['elle-cli/paper-example.json', ['G-single'], 'snapshot-isolation'],
  ['elle-cli/list-append-gh-30.edn', ['G2-item'], 'repeatable-read'],
])('%s: %j, the weakest level ruled out is %s', (path, names, weakest) => {
  const { verdict, anomalies, ruledOut } = checkListAppend(historyOf(path));
  expect(verdict).toBe('violated');
  expect(anomalies.map(({ name }) => name)).toEqual(names);
  expect(ruledOut[0]).toBe(weakest);
});

test('an anomaly of sessions or of real time rules out nothing weaker', () => {
  const { holds } = checkListAppend(historyOf('elle/huge-scc.edn'));
  expect(holds).toEqual(['strong-session-serializable']);
});

test('a value that was never written is found, where Elle stays silent', () => {
  const history = historyOf('elle-cli/rw-register.edn');
  expect(checkRwRegister(history).anomalies.map(({ name }) => name)).toEqual(['garbage-read']);
});

test.each([...elle.keys()])('%s, told', (path) => {
  const check = path.includes('rw-register') ? checkRwRegister : checkListAppend;
  const told = tellTransactions(check(historyOf(path)));
  expect(told.length).toBeLessThanOrEqual(14);
  for (const line of told) expect(line.length).toBeLessThanOrEqual(80);
  expect(told.join('\n')).toMatchSnapshot();
});
