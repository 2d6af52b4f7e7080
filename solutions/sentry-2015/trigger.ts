/** A slot that nobody reads, and two thousand million transactions. */
import type { Trigger } from './contract.ts';

export function trigger(): Trigger {
  return [{ do: 'forgotten-slot' }, { do: 'writes', millions: 2146 }];
}
