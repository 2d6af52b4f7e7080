/** `lab replay --step`: one event at a time, on a keypress, with what it changed. */
import type { TraceLine } from '../grader/replay.ts';
import { seconds } from '../grader/report/terminal.ts';
import { UsageError } from './errors.ts';
import type { Ui } from './ui.ts';

/** Enter, space or → for the next event, n for the next of the same node, q to end. */
export async function stepThrough(ui: Ui, trace: readonly TraceLine[]): Promise<void> {
  if (!ui.interactive) {
    const what = '--step waits for keys, and this is not a terminal';
    throw new UsageError({ what, todo: 'leave --step out, or use --text or lab view' });
  }
  ui.out(ui.style.colours.dim('enter: next event · n: next of the same node · q: quit'), '');
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.resume();
  let node: string | undefined;
  try {
    for (const [i, line] of trace.entries()) {
      if (line.kind === 'change') continue;
      if (node !== undefined && line.node !== node) continue;
      ui.out(eventLine(line));
      for (const change of changesAfter(trace, i)) ui.out(ui.style.colours.dim(change));
      const key = await nextKey();
      if (key === 'q' || key === '\u0003') return;
      node = key === 'n' ? line.node : undefined;
    }
    ui.out('', 'That was the last event.');
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

const eventLine = ({ atMs, node = '', kind, text }: TraceLine) =>
  `${seconds(atMs).padStart(9)}  ${node.padEnd(3)} ${kind.padEnd(8)} ${text}`;

/** What `inspect` reported differently after event `i`. */
function changesAfter(trace: readonly TraceLine[], i: number): string[] {
  const changes: string[] = [];
  for (let at = i + 1; trace[at]?.kind === 'change'; at++)
    changes.push(`${' '.repeat(15)}${trace[at]?.node}: ${trace[at]?.text}`);
  return changes;
}

function nextKey(): Promise<string> {
  return new Promise((resolve) => {
    process.stdin.once('data', (data) => resolve(data.toString('utf8')));
  });
}
