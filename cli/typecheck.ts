/** Type errors of a submission, as a warning: the grader runs anything that strips to JavaScript. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.ts';
import { filesIn } from './workspace.ts';

const OPTIONS = [
  '--noEmit --ignoreConfig --pretty false --target es2023 --lib es2023',
  '--module nodenext --moduleResolution nodenext --strict',
  '--erasableSyntaxOnly --allowImportingTsExtensions --skipLibCheck --types node',
].flatMap((line) => line.split(' '));

/**
 * The compiler's lines about the folder's own files, other than the given ones; undefined when
 * TypeScript is not installed, or the check was cut short.
 */
export function typecheck(
  folder: string,
  signal: AbortSignal,
  given: readonly string[],
): Promise<string[] | undefined> {
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const files = filesIn(folder).filter((name) => name.endsWith('.ts'));
  if (!existsSync(compiler) || files.length === 0) return Promise.resolve(undefined);
  const isGiven = (line: string) => given.some((name) => line.startsWith(`${name}(`));
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [compiler, ...OPTIONS, ...files], {
      cwd: folder,
      signal,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => {
      const errors = output.split(/\r?\n/).filter((line) => /^\S+\(\d+,\d+\): error/.test(line));
      const isTheirs = (line: string) => !line.startsWith('..') && !isGiven(line);
      resolve(code === null ? undefined : errors.filter(isTheirs));
    });
  });
}

/** Waits a little for a check that is under way, never longer. */
export async function settled<T>(check: Promise<T>, waitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, waitMs, undefined);
  });
  return Promise.race([check, late]).finally(() => clearTimeout(timer));
}
