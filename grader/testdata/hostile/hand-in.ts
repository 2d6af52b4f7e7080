/** How a made-up submission is written: an honest one of the lab kv-server, and what is wrong with it. */
import { cpSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../paths.ts';

export const LAB = 'kv-server';

/** Puts something into the folder of a submission. */
export type HandIn = (folder: string) => void;

/** Passes the lab. */
export const honest: HandIn = (folder) => {
  for (const name of ['server.ts', 'client.ts', 'lock.ts', 'lease.ts', 'storage.ts']) {
    cpSync(join(ROOT, 'solutions', LAB, name), join(folder, name));
  }
};

/** The honest one, then these. */
export const all =
  (...parts: readonly HandIn[]): HandIn =>
  (folder) => {
    for (const part of [honest, ...parts]) part(folder);
  };

export const file = (name: string, text: string | Buffer): HandIn =>
  all((folder) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  });

export const link = (name: string, target: string): HandIn =>
  all((folder) => symlinkSync(target, join(folder, name)));

/** A second name of a file that the grader may read, and the submission may not. */
export const hardLink = (name: string): HandIn =>
  all((folder) => {
    writeFileSync(`${folder}-secret`, 'secret');
    linkSync(`${folder}-secret`, join(folder, name));
  });

export function edited(change: (text: string) => string): HandIn {
  return all((folder) => {
    const path = join(folder, 'server.ts');
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    if (after === before) throw new Error('nothing was changed in server.ts');
    writeFileSync(path, after);
  });
}

/** Code that runs when the file is loaded. */
export const atLoad = (code: string) => edited((text) => `${code}\n${text}`);

/** Code that runs when the server starts; `node` is its context. */
export const atStart = (code: string) =>
  edited((text) => text.replace('constructor(node: KvContext) {', (line) => `${line}\n${code}`));

/** Code that runs when a client asks for a value. */
export const inGet = (code: string) =>
  edited((text) =>
    text.replace('#get({ key }: GetArgs): GetResult {', (line) => `${line}\n${code}`),
  );

/** The file of the server, with nothing of ours. */
export const server = (text: string | Buffer) => file('server.ts', text);
