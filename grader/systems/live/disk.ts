/** A folder as the disk of a node (`Disk` of `faultlab/node`). */
import {
  appendFile,
  open,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type Disk, DiskError, type DiskErrorCode } from '../../node.ts';

export class FolderDisk implements Disk {
  readonly #folder: string;
  #turn: Promise<unknown> = Promise.resolve();

  /** The folder has to be there. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** One operation after another, in the order in which they were called. */
  #do<T>(file: string, act: (path: string) => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => act(join(this.#folder, encodeURIComponent(file))));
    this.#turn = done.catch(() => {});
    return done.catch((error: NodeJS.ErrnoException) => {
      const known: readonly string[] = ['ENOENT', 'ENOSPC'];
      const code = (known.includes(error.code ?? '') ? error.code : 'EIO') as DiskErrorCode;
      throw new DiskError(code, file, error.message);
    });
  }

  #read<T>(file: string, act: (path: string) => Promise<T>): Promise<T | undefined> {
    return this.#do(file, act).catch((error: DiskError) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  read = (file: string) => this.#read(file, (path) => readFile(path, 'utf8'));
  readBytes = (file: string) =>
    this.#read(file, async (path) => new Uint8Array(await readFile(path)));
  write = (file: string, data: string | Uint8Array) =>
    this.#do(file, (path) => writeFile(path, data));
  append = (file: string, data: string | Uint8Array) =>
    this.#do(file, (path) => appendFile(path, data));
  truncate = (file: string, sizeBytes: number) =>
    this.#do(file, (path) => truncate(path, sizeBytes));
  remove = (file: string) => this.#do(file, (path) => rm(path, { force: true }));
  rename = (from: string, to: string) =>
    this.#do(from, (path) => rename(path, join(this.#folder, encodeURIComponent(to))));
  list = () =>
    this.#do('', async () => (await readdir(this.#folder)).map(decodeURIComponent).sort());

  fsync = (file: string) => this.#do(file, syncPath);
  fsyncDirectory = () => this.#do('', () => syncPath(this.#folder));
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
