/** Other correct repairs: on the side of those who ask, on the side of those who answer, or on both. */
import type { Variant } from 'faultlab';

const renew = (find: string, replace: string) => ({ file: 'renew.ts', find, replace });
const admit = (find: string, replace: string) => ({ file: 'admit.ts', find, replace });

const LOOP = 'for (let limitMs = PAUSE_MIN_MS; ; limitMs = Math.min(2 * limitMs, PAUSE_MAX_MS)) {';
const PAUSE = 'await sleep(Math.random() * limitMs);';
const AS_SHIPPED = admit(
  'if (waitedMs + ANSWER_MS <= question.waitMs) return question;',
  'if (waitedMs >= 0) return question;',
);

const variants: readonly Variant[] = [
  {
    name: 'answers-only-in-time',
    what: 'Only the metadata service is repaired: no answer is begun that would come too late.',
    edit: [renew(PAUSE, 'await sleep(100);')],
  },
  {
    name: 'newest-first',
    what: 'The newest question is answered first, so that most answers find somebody waiting.',
    edit: [admit('const question = this.#line.shift();', 'const question = this.#line.pop();')],
  },
  {
    name: 'asks-by-turns',
    what: 'Only the servers are repaired: after a cut, and after a failure, each takes a random turn.',
    edit: [
      AS_SHIPPED,
      renew('(_reason: Reason)', '(reason: Reason)'),
      renew(
        LOOP,
        "const turnMs = () => sleep(Math.random() * 0.75 * this.#server.renewEveryMs);\n    if (reason === 'network-is-back') await turnMs();\n    for (;;) {",
      ),
      renew(PAUSE, 'await turnMs();'),
    ],
    mayFail: {
      F4: 'a server that is not answered in its turn may come back only in the next one, after the minute',
    },
  },
  {
    name: 'serves-while-it-may',
    what: 'A server leaves only when its membership is as old as the contract allows.',
    edit: [
      renew(
        'this.#server.leave();\n        await sleep(Math.random() * limitMs);',
        'const restMs = this.#server.maxAgeMs - this.#server.ageMs - WAIT_MS - 100;\n        if (restMs <= 0) this.#server.leave();\n        await sleep(Math.min(Math.random() * limitMs, restMs > 0 ? restMs : limitMs));',
      ),
    ],
  },
];

export default variants;
