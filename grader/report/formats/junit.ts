/**
 * JUnit XML in the dialect that Jenkins, GitLab and most readers share (testsuites, testsuite,
 * testcase, failure, error, skipped, properties). Points go into properties: JUnit has no scores.
 */
import { plain, plainLine } from '../plain.ts';
import type { Format, Row } from './format.ts';
import { rowsOf } from './format.ts';

const attribute = (text: string) =>
  plainLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const content = (text: string) =>
  plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const property = (name: string, value: string | number) =>
  `        <property name="${name}" value="${attribute(String(value))}"/>`;

function testcase(row: Row): string[] {
  const { report, part, id, title, verdict, result, text, points, earned } = row;
  const message = result?.firstBad?.finding?.rule ?? result?.withheld?.rule ?? text.split('\n')[0];
  const type = result?.firstBad?.finding?.kind ?? result?.withheld?.kind ?? 'build';
  const outcome = {
    passed: [],
    failed: [
      `      <failure message="${attribute(message ?? '')}" type="${type}">${content(text)}</failure>`,
    ],
    undecided: [
      `      <error message="undecided: no fault of the submission" type="undecided">${content(text)}</error>`,
    ],
    blocked: [`      <skipped message="${attribute(text)}"/>`],
  }[verdict];
  return [
    `    <testcase classname="${report.lab}.${part}" name="${attribute(`${id} ${title}`)}" time="0">`,
    '      <properties>',
    property('points', points),
    property('earned', earned),
    ...(result ? [property('seeds', `${result.seedsPassed}/${result.seedsRun}`)] : []),
    '      </properties>',
    ...outcome,
    '    </testcase>',
  ];
}

export const junit: Format = {
  name: 'junit',
  file: 'junit.xml',
  readers: 'GitLab, Jenkins, most CI',
  write(reports, about) {
    const rows = rowsOf(reports, about);
    const counts = (some: readonly Row[]) => {
      const count = (verdict: Row['verdict']) => some.filter((r) => r.verdict === verdict).length;
      return `tests="${some.length}" failures="${count('failed')}" errors="${count('undecided')}" skipped="${count('blocked')}"`;
    };
    const suites = reports.flatMap((report) => {
      const own = rows.filter((row) => row.report === report);
      return [
        `  <testsuite name="${report.lab}" ${counts(own)} time="0">`,
        '    <properties>',
        `      <property name="points" value="${report.points}"/>`,
        `      <property name="earned" value="${report.earned}"/>`,
        '    </properties>',
        ...own.flatMap(testcase),
        '  </testsuite>',
      ];
    });
    const head = `<testsuites name="faultlab" ${counts(rows)} time="0">`;
    return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...suites, '</testsuites>', ''].join(
      '\n',
    );
  },
};
