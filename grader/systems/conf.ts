/** The configuration that every server of a lab begins with. */

/** Written into the template's `postgresql.conf`. */
export const BASE_SETTINGS: Readonly<Record<string, string>> = {
  // A killed process loses nothing by this, as the system's page cache survives; only a power cut of
  // the machine itself would, and no lab has one.
  fsync: 'off',
  shared_buffers: '4MB',
  max_connections: '60',
  max_wal_senders: '10',
  max_replication_slots: '10',
  wal_level: 'replica',
  wal_log_hints: 'on',
  wal_keep_size: '0',
  min_wal_size: '2MB',
  max_wal_size: '4MB',
  hot_standby: 'on',
  // In the data directory, and gone with it: what is in /dev/shm outlives a server that is killed.
  dynamic_shared_memory_type: 'mmap',
  autovacuum: 'off',
  track_commit_timestamp: 'on',
  wal_retrieve_retry_interval: '100ms',
  wal_receiver_status_interval: '1s',
  wal_sender_timeout: '3s',
  wal_receiver_timeout: '3s',
  deadlock_timeout: '200ms',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  timezone: 'UTC',
  lc_messages: 'C',
};

/** What a template is initialised with; WAL segments of 1 MB, so that drills fill them fast. */
export const INITDB_ARGS = [
  '--username=postgres',
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--wal-segsize=1',
  '--data-checksums',
  '--no-sync',
];

/** Anybody who reaches a server may do anything: it listens on this machine, or in a container. */
export const PG_HBA = [
  'local all all trust',
  'host all all all trust',
  'host replication all all trust',
  '',
].join('\n');

/** Lines of a configuration file. */
export function settingLines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${quoted(value)}\n`)
    .join('');
}

/** A value in quotes, for configuration files and SQL alike, or around a connection string. */
export const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** The text of a `postgresql.auto.conf` with some settings changed, or removed by `null`. */
export function changedSettings(
  text: string,
  settings: Readonly<Record<string, string | null>>,
): string {
  const kept = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .filter(
      (line) => !Object.hasOwn(settings, (/^\s*([\w.]+)\s*=/.exec(line)?.[1] ?? '').toLowerCase()),
    );
  const added = Object.entries(settings).flatMap(([name, value]) =>
    value === null ? [] : [`${name} = ${quoted(value)}`],
  );
  return `${[...kept, ...added].join('\n')}\n`;
}
