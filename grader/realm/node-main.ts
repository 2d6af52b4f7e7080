/**
 * The program of a process that holds one node, for submissions that are not trusted at all: a realm
 * like any other, with the simulation, which shares no memory with it, at the other end of a pipe. The
 * node's effects are collected and handed over in order when its event is over, or when it needs an
 * answer; no time passes meanwhile, so runs are the same as within one process.
 */
import type { HostFunctions } from './boot.ts';
import { Realm, RealmSource, type Tenant } from './realm.ts';
import { Wire } from './wire.ts';

type Clocks = readonly [wallMs: number, monotonicMs: number];
type Call = readonly [name: string, args: readonly unknown[], clocks: Clocks, slot: number];

const wire = new Wire(3, 4);
let clocks: Clocks = [0, 0];
let effects: unknown[] = [];
const does =
  (name: string) =>
  (...args: readonly unknown[]) =>
    void effects.push([name, args]);

/** Asks the simulation, which first receives all the effects so far. */
function ask(name: string, args: readonly unknown[]): string {
  wire.send({ effects, ask: [name, args] });
  effects = [];
  for (;;) {
    const frame = wire.receive();
    if (!Array.isArray(frame)) return String((frame as { answer: unknown }).answer);
    // The grader looks at a state while this node is in the middle of something.
    const [called, calledArgs, , slot] = frame as unknown as Call;
    const before = realm.attach(tenantAt(slot));
    wire.send({ effects: [], value: perform(called, calledArgs) });
    if (before !== undefined) realm.attach(before);
  }
}

const [bootCode, code] = wire.receive() as [string, string];
const realm = new Realm(new RealmSource(bootCode, code), 'node');
const plain = (value: unknown) => {
  const copied = realm.api.copy(value);
  // A function: the wire packs it as "cannot be copied".
  return realm.api.meter[0] === -1 ? does : copied;
};
const host: HostFunctions = {
  wallMs: () => clocks[0],
  monotonicMs: () => clocks[1],
  setTimer: does('setTimer'),
  clearTimer: does('clearTimer'),
  send: (peer, method, args, callId, timeoutMs) =>
    ask('send', [peer, method, plain(args), callId, timeoutMs]),
  reply: (token, value) => ask('reply', [token, plain(value)]),
  disk: does('disk'),
  work: does('work'),
  emit: does('emit'),
  answer: does('answer'),
  log: does('log'),
  failed: does('failed'),
};

/** One node, or all nodes of a fleet that share this process. */
const tenants = new Map<number, Tenant>();
function tenantAt(slot: number): Tenant {
  const tenant = tenants.get(slot) ?? { host, slot };
  tenants.set(slot, tenant);
  return tenant;
}

function perform(name: string, args: readonly unknown[]): unknown {
  const call = realm.api[name as 'invoke'] as (...args: unknown[]) => unknown;
  return call(...args);
}

let rejection: unknown;
let isRejected = false;
process.on('unhandledRejection', (reason) => {
  if (!isRejected) rejection = reason;
  isRejected = true;
});

/** Node reports rejections only between turns of its event loop. */
async function uncaught(): Promise<unknown> {
  await new Promise((resolve) => setImmediate(resolve));
  const described = isRejected ? JSON.parse(realm.api.describe(rejection)) : undefined;
  isRejected = false;
  return described;
}

wire.send('ready');
for (;;) {
  const [name, args, now, slot] = wire.receive() as Call;
  if (name === 'uncaught') {
    wire.send({ effects: [], value: await uncaught() });
    continue;
  }
  clocks = now;
  realm.attach(tenantAt(slot));
  const value = perform(name, args);
  if (name !== 'inspect') realm.drain();
  wire.send({ effects, value });
  effects = [];
}
