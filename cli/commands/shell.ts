/** `lab shell <lab> [node] [command…]`: psql on a node of a cluster that is up, or one operation. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { wrap } from '../../grader/report/terminal.ts';
import { findLocal } from '../../grader/systems/binaries.ts';
import type { SqlResult } from '../../grader/systems/postgres.ts';
import { openSession } from '../../grader/systems/sql.ts';
import { UsageError } from '../errors.ts';
import { findUp, operate, type UpState } from '../keepers.ts';
import type { Ui } from '../ui.ts';
import { findWorkspace } from '../workspace.ts';

type Node = UpState['nodes'][number];

export async function shell(
  ui: Ui,
  slug: string | undefined,
  name: string | undefined,
  words: readonly string[],
): Promise<number> {
  const up = findUp(findWorkspace(), slug);
  const node = nodeOf(up, name ?? up.nodes[0]?.name ?? '');
  // Options are psql's: -c 'SELECT …', -f FILE.
  const forPsql = words[0]?.startsWith('-') ? words : [];
  if (words.length > forPsql.length) return operation(ui, up, node, words);
  if (!(await operate(up, node.name, 'isRunning'))) {
    ui.err(`lab: ${node.name} is down`, `  do: ${ui.command} shell ${up.lab} ${node.name} start`);
    return 1;
  }
  const psql = await findPsql();
  if (psql === undefined) return prompt(ui, node);
  const args = ['-h', '127.0.0.1', '-p', `${node.port}`, '-U', 'postgres', ...forPsql];
  const child = spawn(psql, args, {
    stdio: 'inherit',
    env: { ...process.env, PGDATABASE: 'postgres', PSQL_PAGER: process.env.PSQL_PAGER ?? '' },
  });
  // Ctrl-C is for psql: it ends a statement, not the shell.
  process.on('SIGINT', () => {});
  return new Promise((resolve) => child.on('exit', (code) => resolve(code === 0 ? 0 : 3)));
}

function nodeOf(up: UpState, name: string): Node {
  const node = up.nodes.find((n) => n.name === name);
  if (node) return node;
  const allowed = up.nodes.map((n) => n.name);
  const what = `${up.lab} has no node ${JSON.stringify(name)}`;
  throw new UsageError({ what, value: name, allowed, todo: 'give one of these' });
}

/** `stop immediate`, `restart`, `pg_controldata …`: what a runbook does, from the keyboard. */
async function operation(
  ui: Ui,
  up: UpState,
  { name, dataDir }: Node,
  words: readonly string[],
): Promise<number> {
  const { archiveDir } = up;
  const [op = '', ...args] = words.map((word) =>
    (archiveDir ? word.replace(/\bARCHIVE\b/g, () => archiveDir) : word).replaceAll(
      '$PGDATA',
      () => dataDir,
    ),
  );
  const print = (text: unknown) => {
    const words = String(text ?? '').trimEnd();
    if (words !== '') ui.out(words);
  };
  try {
    if (['start', 'stop', 'restart'].includes(op)) await operate(up, name, op, ...args);
    else if (op === 'set') {
      const [setting, value = null] = args;
      if (setting === undefined || args.length > 2) {
        const what = 'set takes a name, and a value unless it is to be the default';
        throw new UsageError({ what, todo: `lab shell ${up.lab} ${name} set work_mem '8MB'` });
      }
      await operate(up, name, 'configure', { [setting]: value });
    } else if (op === 'base-backup') {
      const [from, slot] = args;
      await operate(up, name, 'baseBackup', from, slot === undefined ? {} : { slot });
    } else if (op === 'conninfo') {
      print(await operate(up, name, 'conninfo', ...args));
    } else if (op === 'sql') {
      print(table((await operate(up, name, 'sql', args.join(' '))) as SqlResult['rows']));
    } else {
      // Relative to the data directory's parent, as for a runbook.
      const result = await operate(up, name, 'run', op, ...args);
      const { exitCode, output } = result as { exitCode: number; output: string };
      print(output);
      return exitCode === 0 ? 0 : 1;
    }
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [first = '', ...rest] = wrap((error as Error).message, 75);
    ui.err(`lab: ${first}`, ...rest.map((line) => `     ${line}`));
    if (first.startsWith('there is no program'))
      ui.err(`  do: ${ui.command} shell --help lists them: stop, set, base-backup …`);
    return 1;
  }
}

async function findPsql(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const local = await findLocal().catch(() => undefined);
  if (local) folders.unshift(local.folder);
  return folders.map((folder) => join(folder, 'psql')).find((path) => existsSync(path));
}

/** For machines without psql: statements end with a semicolon. */
async function prompt(ui: Ui, { name, port }: Node): Promise<number> {
  const session = await openSession({ host: '127.0.0.1', port });
  ui.err('psql is not installed; statements end with ;   exit quits');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  let text = '';
  lines.setPrompt(`${name}=# `);
  lines.prompt();
  for await (const line of lines) {
    if (text === '' && /^(exit|quit|\\q)\s*$/.test(line)) break;
    text += `${line}\n`;
    if (/;\s*$/.test(text)) {
      try {
        const { rows, notices } = await session.query(text);
        ui.out(...notices.map((n) => `${n.severity}: ${n.message}`), table(rows));
      } catch (error) {
        ui.out(`ERROR: ${(error as Error).message}`);
      }
      text = '';
    }
    lines.setPrompt(text === '' ? `${name}=# ` : `${name}-# `);
    lines.prompt();
  }
  await session.close();
  return 0;
}

/** Rows as columns of text. */
function table(rows: SqlResult['rows']): string {
  const names = Object.keys(rows[0] ?? {});
  if (names.length === 0) return `(${rows.length} rows)`;
  const cell = (value: unknown) =>
    value === null ? '' : value instanceof Date ? value.toISOString() : String(value);
  const cells = [names, ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, i) => Math.max(...cells.map((line) => (line[i] ?? '').length)));
  const lines = cells.map((line) => line.map((c, i) => c.padEnd(widths[i] ?? 0)).join(' | '));
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('-+-'));
  return [...lines.map((line) => line.trimEnd()), `(${rows.length} rows)`].join('\n');
}
