/**
 * Correct implementations that decide differently where the contract leaves it open, as edits of the
 * reference. None may be accused.
 */
import type { Variant } from 'faultlab';

const file = (name: string) => (find: string, replace: string) => ({ file: name, find, replace });
const client = file('client.ts');
const lock = file('lock.ts');
const lease = file('lease.ts');

const variants: readonly Variant[] = [
  {
    name: 'hasty-client',
    what: 'The client at first waits only 80 ms for a reply.',
    edit: [client('TIMEOUT_MS_MIN = 150;', 'TIMEOUT_MS_MIN = 80;')],
  },
  {
    name: 'patient-client',
    what: 'The client at first waits half a second for a reply.',
    edit: [client('TIMEOUT_MS_MIN = 150;', 'TIMEOUT_MS_MIN = 500;')],
  },
  {
    name: 'even-pace',
    what: 'The client always pauses for 150 ms after a failure, with no growth and no randomness.',
    edit: [client('await sleep(pauseMs * (0.5 + Math.random()));', 'await sleep(150);')],
  },
  {
    name: 'lock-polls-evenly',
    what: 'A client that waits for the lock looks every 100 ms.',
    edit: [lock('await sleep(waitMs * (0.5 + Math.random()));', 'await sleep(100);')],
  },
  {
    name: 'lock-of-unique-claims',
    what: 'The lock holds a name that is new for each turn, so that an old claim is never taken for a new one.',
    edit: [
      lock('  readonly #owner: string;\n', '  #owner: string;\n  #turns = 0;\n'),
      lock(
        'let waitMs = WAIT_MS_MIN;',
        "this.#owner = [this.#owner.split('#')[0], ++this.#turns].join('#');\n    let waitMs = WAIT_MS_MIN;",
      ),
    ],
  },
  {
    name: 'lease-polls-slowly',
    what: 'A client that waits for a lease looks every 120 ms.',
    edit: [lease('const POLL_MS = 40;', 'const POLL_MS = 120;')],
  },
  {
    name: 'lock-polls-every-second',
    what: 'A client that waits for the lock looks once a second.',
    edit: [lock('await sleep(waitMs * (0.5 + Math.random()));', 'await sleep(1000);')],
  },
  {
    name: 'tokens-from-zero',
    what: 'The first fencing token is 0.',
    edit: [lease('const token = version + 1;', 'const token = version;')],
  },
  {
    name: 'tokens-with-gaps',
    what: 'Fencing tokens grow by ten.',
    edit: [lease('const token = version + 1;', 'const token = (version + 1) * 10;')],
  },
];

export default variants;
