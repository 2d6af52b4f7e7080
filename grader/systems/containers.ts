/**
 * Machines that are containers, by Testcontainers. Each runs a supervisor instead of the server, so
 * that a server can be killed, started again and given another data directory while the container and
 * its port stay. The network between them is made of the same proxies as everywhere (links.ts).
 */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  GenericContainer,
  getContainerRuntimeClient,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import type { NodeId } from '../node.ts';
import { BASE_SETTINGS, INITDB_ARGS, PG_HBA, settingLines } from './conf.ts';
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
import {
  CLUSTER_LABEL,
  CONTAINERS_FILE,
  claimFolder,
  removeFolder,
  SHARED,
  stateFolder,
} from './registry.ts';
import { InfrastructureError, within } from './wait.ts';

/** What users have; `FAULTLAB_PG_IMAGE` names another image, with PostgreSQL's programs on its PATH. */
const DEFAULT_IMAGE = 'postgres:17-alpine';
const HOME = '/faultlab';
const DATA = `${HOME}/data`;
const LOG = `${HOME}/postgres.log`;
const ARCHIVE = `${SHARED}/archive`;
const TEMPLATE = 'template.tar';
/** The size of a disk that nobody has limited. */
const DISK_MB = 1024;
const START_WITHIN_MS = 120_000;
const RUN_WITHIN_MS = 60_000;

/** Runs until it is told to end; as process 1 of its container, it reaps what dies while it waits. */
const SUPERVISOR = 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait; done';

export const imageName = (): string => process.env.FAULTLAB_PG_IMAGE || DEFAULT_IMAGE;

/** @throws {Error} that says whether Docker, the image, or a program in it is missing */
export async function containersBackend(): Promise<Backend> {
  // Its helper container would need a registry; the guard does the same job.
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';
  const image = imageName();
  const client = await getContainerRuntimeClient().catch(() => {
    throw new Error('Docker does not answer: start it, or install it');
  });
  const { dockerode } = client.container;
  const found = await dockerode
    .getImage(image)
    .inspect()
    .catch(() => undefined);
  if (found === undefined) {
    throw new Error(`there is no image ${image}: docker pull ${image}, or set FAULTLAB_PG_IMAGE`);
  }
  const output = new PassThrough();
  let text = '';
  output.on('data', (bytes) => {
    text += String(bytes);
  });
  const look = `postgres --version; for t in initdb ${TOOL_CAPABILITIES.join(' ')}; do command -v $t; done`;
  const options = { Entrypoint: ['sh', '-c', look], HostConfig: { AutoRemove: true } };
  await within(
    `${image} to show its programs`,
    START_WITHIN_MS,
    dockerode.run(image, [], output, options),
  );
  const version = /\(PostgreSQL\) (\d+(\.\d+)?)/.exec(text)?.[1];
  if (version === undefined || !text.includes('/initdb')) {
    throw new Error(`${image} has no postgres and initdb on its PATH: set FAULTLAB_PG_IMAGE`);
  }
  const bridge = await dockerode.getNetwork('bridge').inspect();
  const gateway = (bridge.IPAM?.Config?.[0]?.Gateway as string | undefined) ?? '172.17.0.1';
  return {
    kind: 'containers',
    version,
    can: new Set<Capability>([
      ...TOOL_CAPABILITIES.filter((tool) => text.includes(`/${tool}`)),
      'disk-limit',
    ]),
    words: `PostgreSQL ${version}, containers of ${image}`,
    createSite: (spec) => createSite({ image, imageId: found.Id, gateway }, spec),
  };
}

interface Images {
  readonly image: string;
  readonly imageId: string;
  readonly gateway: string;
}

async function createSite(images: Images, { names, diskMb }: SiteSpec): Promise<Site> {
  const folder = claimFolder();
  // Whoever removes the folder removes the containers, too.
  writeFileSync(join(folder, CONTAINERS_FILE), '');
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  // The server's user in the image has a user id of its own.
  chmodSync(shared, 0o777);
  const started: ContainerMachine[] = [];
  const destroy = async () => {
    await started[0]?.clearShared();
    await Promise.all(started.map((machine) => machine.end()));
    removeFolder(folder);
  };
  try {
    // A server has the same port inside its container and outside, so that tools in there find it, too.
    const ports = await freePorts(folder, names.length);
    const launched = names.map(async (name, i) => {
      const sizeMb = diskMb?.[name] ?? DISK_MB;
      const port = ports[i] as number;
      const machine = await ContainerMachine.start({
        name,
        image: images.image,
        folder,
        sizeMb,
        port,
      });
      started.push(machine);
      return machine;
    });
    const machines = await Promise.all(launched);
    const [first] = machines;
    if (first) await provideTemplate(first, images, shared);
    await first?.makeArchive();
    await Promise.all(machines.map((machine) => machine.fill()));
    // On Linux a container reaches the host by the bridge; elsewhere Docker's virtual machine forwards.
    const isLinux = process.platform === 'linux';
    return {
      machines,
      folder,
      archiveDir: ARCHIVE,
      proxyHost: isLinux ? images.gateway : '127.0.0.1',
      proxyAddress: isLinux ? images.gateway : 'host.docker.internal',
      destroy,
    };
  } catch (error) {
    await destroy();
    throw error;
  }
}

/** The template of this image as a file in the shared folder; made by a machine if none is kept. */
async function provideTemplate(
  machine: ContainerMachine,
  { imageId }: Images,
  shared: string,
): Promise<void> {
  const recipe = JSON.stringify([imageId, BASE_SETTINGS, INITDB_ARGS]);
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const base = join(stateFolder(), 'templates');
  mkdirSync(base, { recursive: true, mode: 0o711 });
  const kept = join(base, `image-${key}.tar`);
  const file = join(shared, TEMPLATE);
  if (existsSync(kept)) {
    copyFileSync(kept, file);
    return;
  }
  await machine.makeTemplate();
  copyFileSync(file, `${kept}.${process.pid}`);
  renameSync(`${kept}.${process.pid}`, kept);
}

interface MachineSpec {
  readonly name: NodeId;
  readonly image: string;
  readonly folder: string;
  readonly sizeMb: number;
  readonly port: number;
}

class ContainerMachine implements Machine {
  readonly name: NodeId;
  readonly dataDir = DATA;
  readonly address: Address;
  readonly #container: StartedTestContainer;

  private constructor(name: NodeId, port: number, container: StartedTestContainer) {
    this.name = name;
    this.#container = container;
    this.address = { host: container.getHost(), port };
  }

  static async start({
    name,
    image,
    folder,
    sizeMb,
    port,
  }: MachineSpec): Promise<ContainerMachine> {
    const container = new GenericContainer(image)
      .withEntrypoint(['sh', '-c', SUPERVISOR])
      .withLabels({ [CLUSTER_LABEL]: basename(folder) })
      .withBindMounts([{ source: join(folder, 'shared'), target: SHARED, mode: 'rw' }])
      .withTmpFs({ [HOME]: `rw,exec,mode=1777,size=${sizeMb}m` })
      .withExtraHosts([{ host: 'host.docker.internal', ipAddress: 'host-gateway' }])
      .withExposedPorts({ container: port, host: port })
      .withWaitStrategy(Wait.forSuccessfulCommand('true'))
      .withStartupTimeout(START_WITHIN_MS);
    try {
      return new ContainerMachine(name, port, await container.start());
    } catch (error) {
      throw new InfrastructureError(
        `a container of ${image} does not start: ${(error as Error).message}`,
      );
    }
  }

  async makeTemplate(): Promise<void> {
    const conf = `\n# Faultlab\n${settingLines(BASE_SETTINGS)}`;
    await this.#must(`initdb ${INITDB_ARGS.join(' ')} -D ${DATA} >/dev/null`);
    const before = await this.readFile('postgresql.conf');
    await this.writeFile('postgresql.conf', before + conf);
    await this.writeFile('pg_hba.conf', PG_HBA);
    // pg_control keeps the limits of the last start, and a standby with lower ones refuses to run.
    await this.#must(`postgres --single -D ${DATA} postgres </dev/null >/dev/null`);
    await this.#must(`tar -C ${HOME} -cf ${SHARED}/${TEMPLATE} data && rm -rf ${DATA}`);
  }

  /** The folder of the archive belongs to the server's user, like everything in it. */
  async makeArchive(): Promise<void> {
    await this.#must(`mkdir -m 777 ${ARCHIVE}`);
  }

  /** Removes what that user has left there, which the user of this process could not. */
  async clearShared(): Promise<void> {
    await this.#container
      .exec(['sh', '-c', `rm -rf ${SHARED}/*`], { user: 'root' })
      .catch(() => {}); // Paused, or gone: `removeFolder` tries, too.
  }

  async fill(): Promise<void> {
    await this.#must(`tar -C ${HOME} -xf ${SHARED}/${TEMPLATE}`);
  }

  async launch(): Promise<void> {
    if (await this.isUp()) throw new ServerError(`${this.name} is already running`);
    const { exitCode } = await this.#sh(`test -f ${DATA}/PG_VERSION`);
    if (exitCode !== 0) {
      throw new ServerError(`${this.name} has no data directory: ${DATA} is empty`);
    }
    const settings = {
      listen_addresses: '*',
      unix_socket_directories: '',
      cluster_name: this.name,
      logging_collector: 'off',
    };
    const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
    // The pid file of an earlier life would be taken for that of this one.
    await this.#must(
      `rm -f ${DATA}/postmaster.pid; cd ${DATA}; ` +
        `setsid postgres -D ${DATA} -p ${this.address.port} ${flags.join(' ')} >>${LOG} 2>&1 </dev/null & echo $! >${HOME}/pid`,
    );
  }

  async isUp(): Promise<boolean> {
    const find = `pid=$(head -n1 ${DATA}/postmaster.pid 2>/dev/null || cat ${HOME}/pid) 2>/dev/null`;
    return (await this.#sh(`${find}; ${ALIVE}`)).exitCode === 0;
  }

  async signalServer(name: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP'): Promise<void> {
    await this.#sh(`kill -${name.slice(3)} $(head -n1 ${DATA}/postmaster.pid)`);
  }

  async powerOff(): Promise<void> {
    // All processes of the server's user but the one that does the killing, at one instant.
    await this.#sh(`kill -KILL -1; rm -f ${DATA}/postmaster.pid ${HOME}/pid`);
  }

  async freeze(): Promise<void> {
    await (await this.#docker()).pause();
  }

  async thaw(): Promise<void> {
    await (await this.#docker()).unpause();
  }

  async #docker() {
    const { container } = await getContainerRuntimeClient();
    return container.dockerode.getContainer(this.#container.getId());
  }

  async run(
    program: string,
    args: readonly string[],
    withinMs = RUN_WITHIN_MS,
  ): Promise<ToolResult> {
    if (!/^[\w-]+$/.test(program) || (await this.#sh(`command -v ${program}`)).exitCode !== 0) {
      throw new ServerError(`there is no program "${program}" on ${this.name}`);
    }
    return within(`${program} on ${this.name}`, withinMs, this.#exec([program, ...args]));
  }

  async #exec(command: string[]): Promise<ToolResult> {
    const env = { PGUSER: 'postgres', LC_ALL: 'C' };
    const options = { user: 'postgres', workingDir: HOME, env };
    const { exitCode, output } = await this.#container.exec(command, options);
    return { exitCode, output };
  }

  #sh(script: string): Promise<ToolResult> {
    return this.#exec(['sh', '-c', script]);
  }

  /** A step of ours. */
  async #must(script: string): Promise<string> {
    const { exitCode, output } = await this.#sh(script);
    if (exitCode === 0) return output;
    throw new InfrastructureError(`on ${this.name}: ${script}: ${exitCode}, ${output.trim()}`);
  }

  /** A step of a runbook. */
  async #file(...command: string[]): Promise<string> {
    const { exitCode, output } = await this.#exec(command);
    if (exitCode === 0) return output;
    throw new ServerError(output.trim());
  }

  async readFile(path: string): Promise<string> {
    return this.#file('cat', full(path));
  }

  async writeFile(path: string, text: string): Promise<void> {
    const coded = Buffer.from(text).toString('base64');
    await this.#file('sh', '-c', `umask 077; echo '${coded}' | base64 -d >"$0"`, full(path));
  }

  async list(path: string): Promise<string[]> {
    // With a slash: given a file, `ls` would list the file itself.
    const output = await this.#file('ls', '-1A', `${full(path)}/`);
    return output.split('\n').filter(Boolean).sort();
  }

  async remove(path: string): Promise<void> {
    await this.#file('rm', '-rf', full(path));
  }

  async logTail(lines: number): Promise<string> {
    return (await this.#sh(`tail -n ${Math.floor(lines)} ${LOG} 2>/dev/null`)).output.trimEnd();
  }

  /** The container and all in it. */
  async end(): Promise<void> {
    await this.#container.stop({ timeout: 0, remove: true, removeVolumes: true }).catch(() => {});
  }
}

/** The process is there, and no zombie. */
const ALIVE = 'test -n "$pid" && test -d /proc/$pid && ! grep -q "^State:.Z" /proc/$pid/status';

const full = (path: string) => (path.startsWith('/') ? path : `${DATA}/${path}`);
