/**
 * One member of a replicated store, for real: a process that runs a server and a client, which were
 * written for the simulation, on this machine's sockets, files and clock. The bundle is the one that
 * the simulation runs; only the context that its nodes are given is different.
 */
import { Script } from 'node:vm';
import { DiskError, type NodeContext, RpcError, sleep } from '../../node.ts';
import { BUNDLE_NAME } from '../../realm/load.ts';
import { FolderDisk } from './disk.ts';
import type { FromLive, StoreOp, ToLive } from './protocol.ts';
import { Wire } from './wire.ts';

type Context = NodeContext<Record<string, (args: never) => unknown>, Record<string, unknown>>;
type StoreClient = Record<StoreOp, (...args: readonly string[]) => Promise<unknown>>;
type Programs = {
  readonly n: new (context: Context) => { start?(): unknown };
  readonly c: new (context: Context) => StoreClient;
};

/** The machine's own, not slowed down. */
const { setTimeout: setRealTimeout } = globalThis;

/**
 * Slows timers and clocks down on a busy machine: an election timeout is a multiple of the time that a
 * message takes, and there everything takes longer.
 */
function slowDown(pace: number): void {
  const { setTimeout: later, setInterval: often } = globalThis;
  type Timer = (act: () => void, ms?: number, ...rest: unknown[]) => NodeJS.Timeout;
  const slow = (set: unknown) => {
    const timer: Timer = (act, ms = 0, ...rest) => (set as Timer)(act, ms * pace, ...rest);
    return timer as never;
  };
  globalThis.setTimeout = slow(later);
  globalThis.setInterval = slow(often);
  const began = { wallMs: Date.now(), ms: performance.now() };
  const now = performance.now.bind(performance);
  const passedMs = () => (now() - began.ms) / pace;
  Object.defineProperty(performance, 'now', { value: () => began.ms + passedMs() });
  Date.now = () => Math.round(began.wallMs + passedMs());
}

const send = (message: FromLive) => process.send?.(message, () => {});

let self = '';
let wire: Wire;
let programs: Programs;
let disk: FolderDisk;
let peers: readonly string[] = [];

function crash(error: unknown): void {
  const { name = 'Error', message = String(error), stack = '' } = (error ?? {}) as Error;
  const last: FromLive = { type: 'crashed', text: `${name}: ${message}`, stack };
  process.send?.(last, () => process.exit(1));
}

/** What a node is given here: as in the simulation, with nothing virtual about it. */
function contextOf(id: string, others: readonly string[], isOpen: () => boolean): Context {
  return {
    id,
    peers: others,
    disk,
    async call(peer, method, args, { timeoutMs = 1000 } = {}) {
      // A program that was abandoned is never heard of again.
      if (!isOpen()) return new Promise<never>(() => {});
      const value = await wire.call(peer, { from: id, method, args, timeoutMs });
      return isOpen() ? (value as never) : new Promise<never>(() => {});
    },
    serve: (method, handler) => wire.serve(method, handler as never),
    work: sleep,
    emit() {},
    log() {},
  };
}

async function boot({ code, folder, addresses }: Extract<ToLive, { type: 'boot' }>): Promise<void> {
  disk = new FolderDisk(folder);
  wire.addresses = addresses;
  peers = Object.keys(addresses);
  const factory = new Script(code, { filename: BUNDLE_NAME }).runInThisContext();
  const module = { exports: {} as { default?: Programs } };
  factory(() => ({ RpcError, DiskError, sleep }), module, module.exports);
  programs = module.exports.default as Programs;
  const others = peers.filter((peer) => peer !== self);
  const server = new programs.n(contextOf(self, others, () => true));
  await server.start?.();
  send({ type: 'booted' });
}

/** The client that is asked now, and how to silence it. */
let client: { readonly asks: StoreClient; readonly abandon: () => void } | undefined;
let made = 0;

function newClient() {
  let isOpen = true;
  made += 1;
  // Servers remember clients by name: no two may ever share one.
  const id = `c-${self}-${process.pid}-${made}`;
  const asks = new programs.c(contextOf(id, peers, () => isOpen));
  return {
    asks,
    abandon() {
      isOpen = false;
    },
  };
}

/** One after the other: a client has one request at a time. */
let turn: Promise<unknown> = Promise.resolve();

async function perform({ id, op, args, withinMs }: Extract<ToLive, { type: 'do' }>) {
  client ??= newClient();
  const { asks, abandon } = client;
  const late = Symbol('late');
  const answer = await Promise.race([
    asks[op](...args).then((value) => ({ value })),
    new Promise((resolve) => setRealTimeout(() => resolve(late), withinMs)),
  ]);
  if (answer === late) {
    abandon();
    client = undefined;
    send({ type: 'done', id });
  } else send({ type: 'done', id, value: (answer as { value: unknown }).value ?? '' });
}

process.on('message', (message: ToLive) => {
  if (message.type === 'listen') {
    self = message.id;
    slowDown(message.pace);
    wire = new Wire(crash);
    // A port that is taken is no crash of the store: the grader sees that this process has ended.
    wire.listen(message.port).then(
      () => send({ type: 'listening' }),
      () => process.exit(),
    );
  } else if (message.type === 'boot') boot(message).catch(crash);
  else {
    turn = turn.then(() => perform(message)).catch(crash);
  }
});
process.on('disconnect', () => process.exit());
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
