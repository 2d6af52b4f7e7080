/**
 * From a folder of TypeScript to code that a realm can evaluate: bundles the submission into one factory
 * function and refuses what a node must not touch, with file, line and what to use instead.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { BuildFailure, Message, Plugin } from 'esbuild';
import type { BuildProblem } from '../report/report.ts';

/** The name of the bundle in stack traces. */
export const BUNDLE_NAME = 'submission.js';

/** A submission, ready to be evaluated in any number of realms. Plain data. */
export interface Loaded {
  /** JavaScript of an expression: `(require, module, exports) => …`. */
  readonly code: string;
  readonly map: string;
  /** SHA-256 of the code, 16 hex digits. */
  readonly hash: string;
  /** The same with the files of `Lab.shipped` as in the skeleton; for labs that have any. */
  readonly shipped?: Loaded;
  /** The store that a lab on real servers runs beside the servers; see `PostgresLab.store`. */
  readonly store?: Loaded;
}

export interface LoadOptions {
  readonly folder: string;
  readonly entry: string;
  /** The module that a submission may import besides its own files. @default 'faultlab/node' */
  readonly api?: string;
  /** Files that replace those of the submission: name → full path. */
  readonly given: Readonly<Record<string, string>>;
  /** Sibling folders that it may import from, by name: `../raft/raft.ts`. */
  readonly uses?: Readonly<Record<string, UsedFolder>>;
  /** Edits of the loaded text: `find` must occur exactly once. */
  readonly edits?: readonly {
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
}

/** Another lab's submission, or the reference solution in its place. */
export interface UsedFolder {
  readonly folder: string;
  readonly given: Readonly<Record<string, string>>;
}

const NODE_API = 'faultlab/node';

const ADVICE: Record<string, string> = {
  fs: 'A node has a simulated disk: context.disk.',
  net: 'Nodes talk by context.call and context.serve.',
  http: 'Nodes talk by context.call and context.serve.',
  crypto: 'Use Math.random() or crypto.randomUUID(); both are seeded.',
  timers: 'setTimeout and setInterval are global; sleep comes from faultlab/node.',
  worker_threads: 'A node is single-threaded.',
  child_process: 'A node cannot start processes.',
};

function adviceFor(name: string, api: string): string {
  if (api !== NODE_API) {
    return `A submission may import its own files and ${api}: all that it does, it does through the cluster it is given.`;
  }
  const base = name.replace(/^node:/, '').split('/')[0] as string;
  return ADVICE[base] ?? 'A node may import its own files and faultlab/node, nothing else.';
}

/** Resolves what a submission may import, and nothing else. */
function walls(options: LoadOptions): Plugin {
  const root = resolve(options.folder);
  const { api = NODE_API } = options;
  return {
    name: 'walls',
    setup(plugin) {
      plugin.onResolve({ filter: /.*/ }, (request) => {
        if (request.kind === 'entry-point') return { path: join(root, options.entry) };
        if (request.kind === 'dynamic-import') {
          return {
            errors: [{ text: 'import() does not exist in a node', detail: 'Use a static import.' }],
          };
        }
        if (request.path === api) return { path: request.path, external: true };
        if (!request.path.startsWith('.')) {
          const text = `cannot import ${JSON.stringify(request.path)}`;
          return { errors: [{ text, detail: adviceFor(request.path, api) }] };
        }
        let path = resolve(request.resolveDir, request.path);
        if (path.endsWith('.js')) path = `${path.slice(0, -3)}.ts`;
        if (extname(path) === '') path = `${path}.ts`;
        const inside = relative(root, path);
        const used = usedBy(options, inside);
        if (used !== undefined) return isFile(used) ? { path } : lost(request.path);
        if (inside.startsWith('..') || inside.includes(`node_modules${sep}`)) {
          const text = `cannot import ${JSON.stringify(request.path)}: it lies outside the submission`;
          return {
            errors: [{ text, detail: 'A node may import its own files and faultlab/node.' }],
          };
        }
        if (!isFile(options.given[inside.split(sep).join('/')] ?? path)) return lost(request.path);
        return { path };
      });
      plugin.onLoad({ filter: /.*/ }, (request) => {
        const name = relative(root, request.path).split(sep).join('/');
        const used = usedBy(options, name);
        const source = used ?? options.given[name] ?? request.path;
        let contents = readFileSync(source, 'utf8');
        for (const edit of options.edits ?? []) {
          if (edit.file === name) contents = applyEdit(contents, edit);
        }
        return { contents, loader: 'ts', resolveDir: dirname(request.path) };
      });
    },
  };
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const lost = (name: string) => {
  const detail = 'Hand in all files; lab diff shows which ones you have removed.';
  return { errors: [{ text: `there is no file ${JSON.stringify(name)}`, detail }] };
};

/** Where `../raft/raft.ts` really is; undefined when it belongs to no lab that may be used. */
function usedBy({ uses = {} }: LoadOptions, name: string): string | undefined {
  const [up, slug = '', ...rest] = name.split(sep).join('/').split('/');
  const used = up === '..' && Object.hasOwn(uses, slug) ? uses[slug] : undefined;
  const file = rest.join('/');
  if (used === undefined || file.startsWith('..')) return undefined;
  return used.given[file] ?? join(used.folder, file);
}

/** Replaces the only occurrence. @throws {Error} when there is none, or more than one */
export function applyEdit(
  text: string,
  edit: { readonly file: string; readonly find: string; readonly replace: string },
): string {
  const count = text.split(edit.find).length - 1;
  if (count !== 1) {
    throw new Error(
      `edit of ${edit.file}: the text to find occurs ${count} times, not once:\n${edit.find}`,
    );
  }
  return text.replace(edit.find, () => edit.replace);
}

/** What esbuild says in its own terms, put in those of a node. */
const SAID_OTHERWISE = [
  {
    says: /^Top-level await/,
    text: 'await is used outside any function',
    detail: 'A node is loaded in an instant: use await in start() or another method.',
  },
];

function problemOf(original: Message, root: string): BuildProblem {
  const otherwise = SAID_OTHERWISE.find(({ says }) => says.test(original.text));
  const message = { ...original, ...otherwise };
  const { location } = message;
  const file = location === null ? '' : relative(root, resolve(location.file)).split(sep).join('/');
  return {
    where: location === null ? '(submission)' : `${file}:${location.line}:${location.column + 1}`,
    text: message.text.replace(/\[plugin walls\]\s*/, ''),
    ...(location === null ? {} : { line: location.lineText.trim() }),
    ...(typeof message.detail === 'string' ? { advice: message.detail } : {}),
  };
}

/** Bundles a submission. Whatever is wrong with it comes back as problems, never as an exception. */
export async function load(
  options: LoadOptions,
): Promise<{ loaded: Loaded } | { problems: readonly BuildProblem[] }> {
  // Loaded when needed: worker processes load this module too, and never bundle.
  const { build } = await import('esbuild');
  try {
    const result = await build({
      entryPoints: [options.entry],
      absWorkingDir: resolve(options.folder),
      bundle: true,
      write: false,
      outfile: join(resolve(options.folder), BUNDLE_NAME),
      format: 'cjs',
      platform: 'neutral',
      target: 'es2023',
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: true,
      logLevel: 'silent',
      tsconfigRaw: { compilerOptions: { target: 'es2023', useDefineForClassFields: true } },
      supported: { 'dynamic-import': false },
      plugins: [walls(options)],
    });
    const text = (ending: string) =>
      result.outputFiles.find((f) => f.path.endsWith(ending))?.text ?? '';
    const code = `(function (require, module, exports) {${text('.js')}\n})`;
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 16);
    return { loaded: { code, map: text('.map'), hash } };
  } catch (error) {
    const { errors } = error as BuildFailure;
    if (!Array.isArray(errors)) throw error;
    const root = resolve(options.folder);
    const problems = errors.map((message) => {
      const cause = message.detail as { code?: string } | undefined;
      if (cause?.code === 'ENOENT') {
        return { where: options.entry, text: 'the submission has no such file' };
      }
      return problemOf({ ...message, location: absolute(message, root) }, root);
    });
    return { problems };
  }
}

/** esbuild gives paths relative to its working directory. */
function absolute(message: Message, root: string): Message['location'] {
  return message.location === null
    ? null
    : { ...message.location, file: resolve(root, message.location.file) };
}

/** The script of `boot.ts`: an expression whose value is `install`. */
export async function loadBoot(bootFile: string): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [bootFile],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'faultlabRealm',
    platform: 'neutral',
    target: 'es2023',
    charset: 'utf8',
    logLevel: 'silent',
  });
  return `(function () {${result.outputFiles[0]?.text}\nreturn faultlabRealm.install;})()`;
}

/** Finds the place in the student's files that a stack trace from a realm points to: `raft.ts:41:7`. */
export function makeLocator(loaded: Loaded): (stack: string) => string | undefined {
  const frames = framesOf(loaded);
  return (stack) => frames(stack)[0];
}

/** All places in the student's files that a stack trace goes through, innermost first. */
export function framesOf(loaded: Loaded): (stack: string) => string[] {
  let map: SourceMap | undefined;
  return (stack) => {
    const places: string[] = [];
    const pattern = new RegExp(`${BUNDLE_NAME.replace('.', '\\.')}:(\\d+):(\\d+)`, 'g');
    for (const [, line, column] of stack.matchAll(pattern)) {
      map ??= new SourceMap(JSON.parse(loaded.map) as SourceMapPayload);
      const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
      if ('originalSource' in entry && entry.originalSource) {
        places.push(
          `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`,
        );
      }
    }
    return places;
  };
}

/** The text of the line at a place such as `raft.ts:41:7`; '' when there is none. */
export function sourceLines(loaded: Loaded): (place: string) => string {
  let sources: Map<string, string[]> | undefined;
  return (place) => {
    if (sources === undefined) {
      const map = JSON.parse(loaded.map) as { sources: string[]; sourcesContent: string[] };
      sources = new Map(
        map.sources.map((name, i) => [name, map.sourcesContent[i]?.split('\n') ?? []]),
      );
    }
    const [, file = '', line = '0'] = /^(.*?):(\d+)/.exec(place) ?? [];
    return sources.get(file)?.[Number(line) - 1] ?? '';
  };
}
