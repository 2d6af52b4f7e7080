/** A cluster of servers: one primary, its standbys, and the links between them. */

import { namesOf } from '../names.ts';
import type { NodeId } from '../node.ts';
import { settingLines } from './conf.ts';
import { Links } from './links.ts';
import type { Backend, Site } from './machine.ts';
import { ServerError } from './postgres.ts';
import { PgServer } from './server.ts';
import { waitFor } from './wait.ts';

const STREAM_WITHIN_MS = 30_000;

export interface ClusterSpec {
  /** `n1` is the primary, the others are its standbys. */
  readonly nodes: number;
  /** Added to every node's `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Added to that of the nodes named. */
  readonly nodeSettings?: Readonly<Record<NodeId, Readonly<Record<string, string>>>>;
  /** Archive WAL into a folder that all nodes reach. */
  readonly archive?: boolean;
  /** A replication slot on the primary for each standby, with the standby's name. */
  readonly slots?: boolean;
  /** Megabytes that a node's disk holds. Needs the capability `disk-limit`. */
  readonly diskMb?: Readonly<Record<NodeId, number>>;
}

export class PgServers {
  readonly nodes: readonly PgServer[];
  readonly links: Links;
  readonly archiveDir: string;
  /** Ends with the cluster: see {@link Site.folder}. */
  readonly folder: string;
  readonly #site: Site;

  readonly spec: ClusterSpec;

  private constructor(site: Site, links: Links, nodes: readonly PgServer[], spec: ClusterSpec) {
    this.spec = spec;
    this.#site = site;
    this.links = links;
    this.nodes = nodes;
    this.archiveDir = site.archiveDir;
    this.folder = site.folder;
  }

  /** Boots a cluster; resolves when every standby streams. */
  static async create(backend: Backend, spec: ClusterSpec): Promise<PgServers> {
    const names = namesOf(spec.nodes);
    const site = await backend.createSite({
      names,
      ...(spec.diskMb ? { diskMb: spec.diskMb } : {}),
    });
    try {
      const links = await Links.open({
        targets: Object.fromEntries(site.machines.map(({ name, address }) => [name, address])),
        proxyHost: site.proxyHost,
        proxyAddress: site.proxyAddress,
      });
      const nodes: PgServer[] = [];
      const find = (name: string) => found(nodes, name);
      for (const machine of site.machines) {
        nodes.push(new PgServer({ machine, links, can: backend.can, find }));
      }
      const cluster = new PgServers(site, links, nodes, spec);
      await cluster.#boot(spec);
      return cluster;
    } catch (error) {
      await site.destroy();
      throw error;
    }
  }

  /** @throws {ServerError} when there is no node of this name */
  node(name: string): PgServer {
    return found(this.nodes, name);
  }

  /** The node that a cluster begins with as its primary. */
  get primary(): PgServer {
    return this.nodes[0] as PgServer;
  }

  get standbys(): readonly PgServer[] {
    return this.nodes.slice(1);
  }

  async #boot(spec: ClusterSpec): Promise<void> {
    const { primary, standbys } = this;
    const archive: Record<string, string> = spec.archive
      ? {
          archive_mode: 'on',
          archive_command: `test ! -f ${this.archiveDir}/%f && cp %p ${this.archiveDir}/%f`,
        }
      : {};
    const prepare = async (node: PgServer) => {
      const own = spec.nodeSettings?.[node.name] ?? {};
      const settings = settingLines({ ...archive, ...spec.settings, ...own });
      const conf = await node.readFile('postgresql.conf');
      await node.writeFile('postgresql.conf', `${conf}\n# This lab\n${settings}`);
      if (node === primary) return;
      await node.writeFile('standby.signal', '');
      const slot: Record<string, string> = spec.slots ? { primary_slot_name: node.name } : {};
      await node.configure({ primary_conninfo: node.conninfo(primary.name), ...slot });
    };
    await Promise.all(this.nodes.map(prepare));
    await Promise.all(this.nodes.map((node) => node.launch()));
    await primary.ready();
    if (spec.slots) {
      for (const { name } of standbys) {
        await primary.sql('SELECT pg_create_physical_replication_slot($1, true)', [name]);
      }
    }
    await Promise.all(standbys.map((node) => node.ready()));
    await this.streaming(standbys.map(({ name }) => name));
  }

  /** Waits until these nodes stream from the primary. */
  async streaming(names: readonly NodeId[], from = this.primary, withinMs = STREAM_WITHIN_MS) {
    let seen = '';
    const ask = async () => {
      const rows = await from.sql<{ name: string; state: string }>(
        'SELECT application_name AS name, state FROM pg_stat_replication',
      );
      seen = rows.map(({ name, state }) => `${name} ${state}`).join(', ') || 'no standby at all';
      return names.every((name) => rows.some((r) => r.name === name && r.state === 'streaming'));
    };
    const what = `${names.join(' and ')} to stream from ${from.name}`;
    await waitFor(what, ask, { withinMs, everyMs: 5, seen: () => seen });
  }

  /** Ends everything and leaves nothing. */
  async destroy(): Promise<void> {
    this.links.close();
    await Promise.all(this.nodes.map((node) => node.forget()));
    await this.#site.destroy();
  }
}

function found(nodes: readonly PgServer[], name: string): PgServer {
  const node = nodes.find((n) => n.name === name);
  if (node) return node;
  const names = nodes.map((n) => n.name).join(', ');
  throw new ServerError(`there is no node ${JSON.stringify(name)}: there are ${names}`);
}
