/** Hints of a lab: `## A1` is a scenario, `### 1`, `### 2`, `### 3` are the stages of its help. */
export type Hints = ReadonlyMap<string, readonly string[]>;

export function parseHints(markdown: string): Hints {
  const hints = new Map<string, string[]>();
  let stages: string[] | undefined;
  let lines: string[] | undefined;
  const finish = () => {
    if (stages && lines) stages.push(lines.join('\n').trim());
    lines = undefined;
  };
  for (const line of markdown.split(/\r?\n/)) {
    const scenario = /^##\s+([A-Z]\d+)\b/.exec(line);
    if (scenario) {
      finish();
      stages = [];
      hints.set(scenario[1] as string, stages);
    } else if (/^###\s+\d+\b/.test(line)) {
      finish();
      lines = [];
    } else if (/^##?\s/.test(line)) {
      finish();
      stages = undefined;
    } else lines?.push(line);
  }
  finish();
  return hints;
}
