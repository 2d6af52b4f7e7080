/**
 * A new lab as text: the smallest one that works (`grader/testdata/echo`, which AUTHORING.md shows),
 * under another name. Made from files that are tested, so it cannot be out of date.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';

const EXAMPLE = join(ROOT, 'grader', 'testdata', 'echo');

const read = (...names: readonly string[]) => readFileSync(join(EXAMPLE, ...names), 'utf8');

/** `two-phase` → `TwoPhase`. */
const className = (slug: string) =>
  slug.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Path below the root of the project → contents. */
export function newLab(slug: string): ReadonlyMap<string, string> {
  const named = (text: string) =>
    text
      .replace(
        /Echo: the smallest lab there is\./,
        `${className(slug)}: say in a sentence what it teaches.`,
      )
      .replaceAll("'echo.ts'", `'${slug}.ts'`)
      .replaceAll("slug: 'echo'", `slug: '${slug}'`)
      .replaceAll("title: 'Echo'", `title: '${className(slug)}'`)
      .replaceAll('class Echo', `class ${className(slug)}`)
      .replaceAll('/** Echo, ', `/** ${className(slug)}, `);
  const [lab, solution] = [join('labs', slug), join('solutions', slug)];
  return new Map([
    [join(lab, 'lab.ts'), named(read('lab.ts'))],
    [join(lab, 'skeleton', `${slug}.ts`), named(read('skeleton', 'echo.ts'))],
    [join(lab, 'README.md'), handout(slug)],
    [join(lab, 'hints.md'), hints(slug)],
    [join(lab, `${slug}.test.ts`), asTests(slug)],
    [join(solution, `${slug}.ts`), named(read('solution', 'echo.ts'))],
    [join(solution, 'mutants.ts'), named(read('solution', 'mutants.ts'))],
    [`${solution}.test.ts`, asContract(slug)],
  ]);
}

/** `labs/index.ts` with the lab at the end of the course. */
export function withSyllabusLine(index: string, slug: string): string {
  const entry = [
    '  lab(',
    `    '${slug}',`,
    `    () => import('./${slug}/lab.ts'),`,
    `    () => import('../solutions/${slug}/mutants.ts'),`,
    '  ),',
  ].join('\n');
  const end = index.lastIndexOf('\n];');
  if (end < 0) throw new Error('labs/index.ts does not end with a list of labs');
  return `${index.slice(0, end)}\n${entry}${index.slice(end)}`;
}

const handout = (slug: string) => `# ${className(slug)}

The problem that the last lab left, in two or three sentences, and what it costs.

<!-- generated: parts -->
<!-- end -->

## The contract

Everything that is enforced, with its limits: what is not said here may not be tested.

A node sends back the text that it was sent, within a second, even when it is cut off from all others.

## Part A: answer

**Goal.** \`echo\` resolves to the text it was given.

**Done when** \`npx lab test ${slug}\` is green.

<!-- generated: scenarios A -->
<!-- end -->
`;

const hints = (slug: string) => `# Hints

Three for each scenario: a nudge, the place, nearly the answer. \`npx lab hint ${slug} A1\` shows one at a time.

## A1 a text comes back while other nodes are cut off

### 1

Whom does a node need in order to answer?

### 2

Look at what \`echo\` gives back, and compare it with what it was given.

### 3

Give back the argument itself.
`;

const asContract = (slug: string) => `import { contract } from './contract.ts';

await contract('${slug}');
`;

const asTests = (
  slug: string,
) => `// The lab, scenario by scenario, in an editor: grades work/${slug}. The command: npx lab test ${slug}
import { labAsTests } from 'faultlab/vitest';

await labAsTests('${slug}');
`;
