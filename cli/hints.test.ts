import { expect, it } from 'vitest';
import { nextHint, parseHints } from './hints.ts';

const MARKDOWN = `# Hints

Read one at a time.

## A1 a leader is elected

### 1

Who starts an election?

### 2 the timer
A timer.

\`\`\`ts
setTimeout(elect, 300);
\`\`\`

## Notes

### 1
not a hint

## rule two-leaders

Who voted?

## B12

### 1
Logs.
`;

it('finds the stages of each scenario', () => {
  expect(Object.fromEntries(parseHints(MARKDOWN))).toEqual({
    A1: ['Who starts an election?', 'A timer.\n\n```ts\nsetTimeout(elect, 300);\n```'],
    'rule two-leaders': ['Who voted?'],
    B12: ['Logs.'],
  });
});

it('is empty without hints', () => {
  expect(parseHints('').size).toBe(0);
});

it('the rule that broke comes first, then the stages of the scenario', () => {
  const hints = parseHints(MARKDOWN);
  const told = (read: Record<string, number>, ruleId?: string) => {
    const { key, stage, isLast } = nextHint(hints, { scenario: 'A1', ruleId, read }) ?? {};
    return `${key} ${stage}${isLast ? ', the last' : ''}`;
  };
  expect(told({}, 'two-leaders')).toBe('rule two-leaders 1');
  expect(told({ 'rule two-leaders': 1 }, 'two-leaders')).toBe('A1 1');
  expect(told({ 'rule two-leaders': 1, A1: 1 }, 'two-leaders')).toBe('A1 2, the last');
  expect(told({ A1: 2 }, 'two-leaders')).toBe('rule two-leaders 1');
  expect(told({}, 'a-rule-without-a-hint')).toBe('A1 1');
  expect(told({ A1: 2 })).toBe('A1 2, the last');
});
