/** Events in the words of questions: `#214, n1 sends appendEntries to n3 (1.204 s)`. */
import { seconds } from '../report/terminal.ts';
import type { RunEvent } from './record.ts';

const BODY_MAX = 110;

export const at = (ms: number) => `${seconds(ms)} s`;

/** With its number and its time. */
export function named(event: RunEvent): string {
  return `#${event.number}, ${told(event)} (${at(event.atMs)})`;
}

/** What happened, without number and time. */
export function told({ kind, node = '', text, facts }: RunEvent): string {
  const { wire } = facts;
  if (wire !== undefined) {
    const { from, to, method } = wire;
    const reply = wire.kind === 'reply';
    const what = reply ? `reply to ${method}` : method;
    if (kind === 'send') return `${from} sends ${to} ${reply ? `its ${what}` : what}`;
    if (kind === 'drop') return `the ${what} from ${from} to ${to} is lost`;
    return `the ${what} from ${from} arrives at ${to}`;
  }
  if (kind === 'timer') return `a timer of ${node} fires`;
  if (kind === 'emit') return `${node} ${facts.emitted?.inWords ? '' : 'emits '}${cut(text)}`;
  if (kind === 'call') return `the workload calls ${cut(text)} on ${node}`;
  if (kind === 'return') return `${cut(text)} on ${node}`;
  if (kind === 'timeout') return `${text} on ${node}`;
  if (kind === 'disk') return `${node} is done with ${text} on its disk`;
  return cut(`${node} ${text}`.trim());
}

/** The contents of a message, in short. */
export function bodyOf({ facts: { wire } }: RunEvent): string {
  return cut(JSON.stringify(wire?.body) ?? '');
}

export const cut = (text: string, length = BODY_MAX) =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** `n1`, `n1 and n3`, `n1, n2 and n3`. */
export function listed(items: readonly string[], word = 'and'): string {
  const last = items.at(-1) ?? 'nobody';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${word} ${last}`;
}
