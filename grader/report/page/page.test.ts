import { expect, test } from 'vitest';
import { pageData } from './convert.ts';
import { pageOf, unpacked } from './page.ts';
import { samplePage } from './sample.ts';

const options = samplePage();
const data = pageData(options);

test('the page holds the run as data, and nothing of it as markup', async () => {
  const page = await pageOf(options);
  expect(unpacked(page)).toEqual(data);
  expect(data.events).toHaveLength(options.replay.trace.length + 1);
  expect(data.finding?.evidence).toContain('</script>');
  expect(page).not.toContain('alert(1)');
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  expect(page.length).toBeLessThan(60_000);
});

test('a node that was never switched on has no lane', () => {
  expect(data.nodes).toEqual(['n1', 'n2', 'c1']);
});

test('the violation is pinned where the history went wrong, not where it was judged', () => {
  const { events, start } = data;
  expect(events[start]).toMatchObject({ k: 'fail', at: 221 });
  expect(events[start - 1]).toMatchObject({ k: 'return', op: 2 });
  expect(events[start + 1]?.k).toBe('note');
});

test('the story and the illegal core know their events', () => {
  const { finding, events } = data;
  expect(finding?.story.map(({ i }) => events[i ?? -1]?.text)).toEqual([
    'is leader in term 2',
    'crashes',
  ]);
  expect(
    finding?.core.map(({ call, end }) => [events[call ?? -1]?.k, events[end ?? -1]?.k]),
  ).toEqual([
    ['call', 'return'],
    ['call', 'return'],
  ]);
});

test('what a message says is in the page once', () => {
  const of = (m: number) => data.events.filter((event) => event.m === m).map(({ text }) => text);
  expect(of(2)).toEqual(['n1 → c1 write reply', '', ' (second copy)']);
  expect(of(4)).toEqual(['n1 → n2 append', '']);
});
