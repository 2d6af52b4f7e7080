/** Turns a verdict of the checkers into what a scenario reports. */
import type { Failure } from '../cluster/interface.ts';
import { explainIllegal } from './explain.ts';
import type { History } from './history.ts';
import { checkLinearizability } from './linearizability.ts';
import type { Model } from './models.ts';

const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

/** Undefined when the history, with times in virtual milliseconds, is linearizable. */
export function judgeLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
): Failure | { readonly undecided: string } | undefined {
  const result = checkLinearizability(model, history);
  if (result.verdict === 'ok') return undefined;
  if (result.verdict === 'undecided') {
    const { key, operations, concurrency, steps } = result;
    const what = key === '' ? 'the history' : `the history of key ${JSON.stringify(key)}`;
    return {
      undecided: `${what} (${operations} operations, up to ${concurrency} at once) was not decided in ${steps} steps`,
    };
  }
  const told = explainIllegal(model, result.operations, { showTime: seconds });
  const legalIf = told.legalIf === undefined ? '' : ` It would be ${told.legalIf}.`;
  return {
    kind: 'safety',
    ruleId: 'linearizability',
    rule: 'Linearizability (Herlihy and Wing 1990): every operation takes effect at one instant between its call and its return',
    evidence: told.sentence + legalIf,
    picture: told.picture,
    core: told.core.operations.map((operation) => {
      const { client, input, output, outcome, callAt, returnAt } = operation;
      const text = model.describe(input, outcome === 'ok' ? output : undefined);
      return {
        client,
        callAtMs: callAt,
        text,
        ...(Number.isFinite(returnAt) ? { returnAtMs: returnAt } : {}),
        ...(operation === told.core.culprit ? { isCulprit: true as const } : {}),
      };
    }),
  };
}
