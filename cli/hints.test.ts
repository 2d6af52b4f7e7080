import { expect, it } from 'vitest';
import { parseHints } from './hints.ts';

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

## B12

### 1
Logs.
`;

it('finds the stages of each scenario', () => {
  expect(Object.fromEntries(parseHints(MARKDOWN))).toEqual({
    A1: ['Who starts an election?', 'A timer.\n\n```ts\nsetTimeout(elect, 300);\n```'],
    B12: ['Logs.'],
  });
});

it('is empty without hints', () => {
  expect(parseHints('').size).toBe(0);
});
