/** What a command writes to, and what it may assume about its reader. */
import { createColors } from 'picocolors';
import type { Style } from '../grader/report/terminal.ts';
import { commandName } from './command-name.ts';

export interface Ui {
  /** Results: stdout. */
  out(...lines: readonly string[]): void;
  /** Progress and warnings: stderr. */
  err(...lines: readonly string[]): void;
  /** Somebody is there to answer questions and press keys. */
  readonly interactive: boolean;
  readonly style: Style;
  /** How this command was called, for commands to paste. */
  readonly command: string;
}

export function makeUi(): Ui {
  const { env, stdin, stdout } = process;
  const colour =
    !env.NO_COLOR && (Boolean(env.FORCE_COLOR) || (stdout.isTTY && env.TERM !== 'dumb'));
  const command = commandName();
  return {
    out: (...lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    err: (...lines) => void process.stderr.write(lines.map((line) => `${line}\n`).join('')),
    interactive: Boolean(stdin.isTTY && stdout.isTTY),
    style: { colours: createColors(Boolean(colour)), command },
    command,
  };
}

/** Asks for a yes; Ctrl-C and Escape count as no. */
export async function confirm(message: string): Promise<boolean> {
  const { default: enquirer } = await import('enquirer');
  try {
    const answer = await enquirer.prompt<{ yes: boolean }>({
      type: 'confirm',
      name: 'yes',
      message,
      initial: false,
    });
    return answer.yes;
  } catch {
    return false;
  }
}
