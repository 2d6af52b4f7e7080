/** Machines that are folders: PostgreSQL's own binaries on this machine, from a distribution or from npm. */
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { NodeId } from '../node.ts';
import { type Binaries, findEmbedded, findLocal } from './binaries.ts';
import { canLimitDisks, makeDisk } from './disks.ts';
import { hand, identity, runAs } from './identity.ts';
import {
  type Address,
  type Backend,
  type Capability,
  type Machine,
  type Site,
  type SiteSpec,
  TOOL_CAPABILITIES,
} from './machine.ts';
import { freePorts } from './ports.ts';
import { ServerError, type ToolResult } from './postgres.ts';
import { claimFolder, removeFolder, stateFolder } from './registry.ts';
import { removeSegmentsOf } from './segments.ts';
import { templateFolder } from './template.ts';
import { freeze, isAlive, killTree, signal, thaw } from './tree.ts';
import { InfrastructureError } from './wait.ts';

const HOST = '127.0.0.1';
/** How long a program may run, unless the caller says otherwise. */
const RUN_WITHIN_MS = 60_000;

/** What a runbook may run besides PostgreSQL's own programs. */
const SHELL_TOOLS = ['cp', 'mv', 'rm', 'ls', 'cat', 'touch', 'mkdir', 'chmod', 'du', 'df'];

export async function localBackend(kind: 'local' | 'embedded'): Promise<Backend> {
  const binaries = await (kind === 'local' ? findLocal() : findEmbedded());
  const can = new Set<Capability>(TOOL_CAPABILITIES.filter((tool) => binaries.tools.has(tool)));
  if (canLimitDisks(stateFolder())) can.add('disk-limit');
  return {
    kind,
    version: binaries.version,
    can,
    words: `PostgreSQL ${binaries.version}, ${kind} binaries in ${binaries.folder}`,
    createSite: (spec) => createSite(binaries, spec),
  };
}

async function createSite(binaries: Binaries, { names, diskMb }: SiteSpec): Promise<Site> {
  const template = await templateFolder(binaries);
  const folder = claimFolder();
  const archiveDir = join(folder, 'archive');
  try {
    mkdirSync(archiveDir);
    hand(archiveDir);
    const ports = await freePorts(folder, names.length);
    const machines = await Promise.all(
      names.map(async (name, i) => {
        const home = join(folder, name);
        const sizeMb = diskMb?.[name];
        if (sizeMb === undefined) mkdirSync(home);
        else makeDisk(home, sizeMb);
        hand(home);
        const port = ports[i] as number;
        const machine = new LocalMachine(name, home, { host: HOST, port }, binaries);
        await machine.fill(template);
        return machine;
      }),
    );
    return {
      machines,
      folder,
      archiveDir,
      proxyHost: HOST,
      proxyAddress: HOST,
      destroy: async () => {
        await Promise.all(machines.map((machine) => machine.powerOff()));
        removeFolder(folder);
      },
    };
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

class LocalMachine implements Machine {
  readonly name: NodeId;
  readonly dataDir: string;
  readonly address: Address;
  readonly #home: string;
  readonly #binaries: Binaries;

  constructor(name: NodeId, home: string, address: Address, binaries: Binaries) {
    this.name = name;
    this.#home = home;
    this.dataDir = join(home, 'data');
    this.address = address;
    this.#binaries = binaries;
  }

  /** A copy of the template as the data directory. */
  async fill(template: string): Promise<void> {
    // Shares the blocks where the file system can.
    const share = process.platform === 'darwin' ? ['-Rpc'] : ['-Rp', '--reflink=auto'];
    const { exitCode, output } = await this.#exec('cp', [...share, template, this.dataDir]);
    if (exitCode !== 0) throw new InfrastructureError(`cp of the template failed: ${output}`);
  }

  async launch(): Promise<void> {
    if (await this.isUp()) throw new ServerError(`${this.name} is already running`);
    if (!existsSync(join(this.dataDir, 'PG_VERSION'))) {
      throw new ServerError(`${this.name} has no data directory: ${this.dataDir} is empty`);
    }
    const log = openSync(this.#logFile, 'a');
    const { host, port } = this.address;
    const settings = {
      listen_addresses: host,
      unix_socket_directories: '',
      cluster_name: this.name,
      logging_collector: 'off',
      // initdb alone would choose otherwise, and what is in /dev/shm outlives a killed server.
      dynamic_shared_memory_type: 'mmap',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const program = join(this.#binaries.folder, 'postgres');
    const child = spawn(program, ['-D', this.dataDir, '-p', String(port), ...flags], {
      ...identity,
      // Its own group: Ctrl-C is for the grader, which then ends the server properly.
      detached: true,
      stdio: ['ignore', log, log],
      cwd: this.dataDir,
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    });
    closeSync(log);
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new InfrastructureError(`${program} does not start: ${error.message}`)),
      );
    });
    this.#launched = child.pid;
  }

  /** For the moment before the server has written its pid file. */
  #launched: number | undefined;

  #pid(): number | undefined {
    try {
      const text = readFileSync(join(this.dataDir, 'postmaster.pid'), 'utf8');
      const pid = Math.abs(Number.parseInt(text, 10));
      if (pid > 0 && isAlive(pid)) return pid;
    } catch {
      // No file: it is down, or about to start.
    }
    return this.#launched !== undefined && isAlive(this.#launched) ? this.#launched : undefined;
  }

  async isUp(): Promise<boolean> {
    return this.#pid() !== undefined;
  }

  async signalServer(name: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP'): Promise<void> {
    const pid = this.#pid();
    if (pid !== undefined) signal(pid, name);
  }

  async powerOff(): Promise<void> {
    const pid = this.#pid();
    if (pid === undefined) return;
    removeSegmentsOf(await killTree(pid));
    rmSync(join(this.dataDir, 'postmaster.pid'), { force: true });
  }

  async freeze(): Promise<void> {
    const pid = this.#pid();
    if (pid !== undefined) freeze(pid);
  }

  async thaw(): Promise<void> {
    const pid = this.#pid();
    if (pid !== undefined) thaw(pid);
  }

  async run(
    program: string,
    args: readonly string[],
    withinMs = RUN_WITHIN_MS,
  ): Promise<ToolResult> {
    if (SHELL_TOOLS.includes(program)) return this.#exec(program, args, withinMs);
    const { tools, folder, version } = this.#binaries;
    if (!/^[\w-]+$/.test(program) || !tools.has(program)) {
      const all = [...tools].sort().join(', ');
      throw new ServerError(
        `there is no program "${program}" on ${this.name}: PostgreSQL ${version} here has ${all}; besides those there are ${SHELL_TOOLS.join(', ')}`,
      );
    }
    return this.#exec(join(folder, program), args, withinMs);
  }

  #exec(file: string, args: readonly string[], withinMs = RUN_WITHIN_MS): Promise<ToolResult> {
    // Programs that run others, as pg_rewind does, have to find them.
    const env = { PATH: `${this.#binaries.folder}:${process.env.PATH ?? ''}`, PGUSER: 'postgres' };
    return runAs(file, args, { cwd: this.#home, withinMs, env });
  }

  async readFile(path: string): Promise<string> {
    return readFileSync(this.#inside(path), 'utf8');
  }

  async writeFile(path: string, text: string): Promise<void> {
    const full = this.#inside(path);
    writeFileSync(full, text, { mode: 0o600 });
    hand(full);
  }

  async list(path: string): Promise<string[]> {
    return readdirSync(this.#inside(path)).sort();
  }

  async remove(path: string): Promise<void> {
    rmSync(this.#inside(path), { recursive: true, force: true });
  }

  /** Only files in the lab's own folder: a slip in a runbook must not cost a student's home. */
  #inside(path: string): string {
    const full = isAbsolute(path) ? path : join(this.dataDir, path);
    const site = join(this.#home, '..');
    if (join(full).startsWith(`${site}/`)) return join(full);
    throw new ServerError(`${path} is not on ${this.name}: its files are below ${this.#home}`);
  }

  async logTail(lines: number): Promise<string> {
    if (!existsSync(this.#logFile)) return '';
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  get #logFile(): string {
    return join(this.#home, 'postgres.log');
  }
}
