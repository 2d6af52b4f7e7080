/** How traces and stories put nodes, profiles and messages into words. */
import type { NodeId } from '../node.ts';
import type { NetworkProfile, WireMessage } from '../sim/network.ts';

export type Some = NodeId | readonly NodeId[];

/** `n1`, `{n1,n2}`, `150 nodes (s1 …)`. */
export function describeGroup(some: Some): string {
  if (typeof some === 'string') return some;
  return some.length > 5 ? `${some.length} nodes (${some[0]} …)` : `{${some.join(',')}}`;
}

/** `drop 20 %, late 5 % by up to 300 ms`; of a disk: `fsync 40 ms`. */
export function describeProfile(profile: object): string {
  const { tailChance, tailMs, ...rest } = profile as Partial<NetworkProfile>;
  const words = Object.entries(rest).map(([name, value]) => {
    if (name in LATENCIES) return `${LATENCIES[name]} ${value} ms`;
    if (name.endsWith('Ms')) return `${name.slice(0, -2)} ${value} ms`;
    return `${name.replace('Chance', '')} ${percent(value)}`;
  });
  if (tailChance !== undefined || tailMs !== undefined) {
    const chance = tailChance === undefined ? '' : ` ${percent(tailChance)}`;
    words.push(`late${chance}${tailMs === undefined ? '' : ` by up to ${tailMs} ms`}`);
  }
  return words.join(', ');
}

const LATENCIES: Readonly<Record<string, string>> = { minMs: 'at least', typicalMs: 'typically' };
const percent = (share: unknown) => `${Math.round(100 * Number(share))} %`;
export const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`;

export const plural = (messages: number) =>
  `${messages} message${messages === 1 ? ' is' : 's are'}`;

/** At most 200 characters of it. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** `n1 → n2 appendEntries {…}` */
export function describeMessage(message: WireMessage): string {
  const { kind, from, to, method, body } = message;
  return `${from} → ${to} ${method}${kind === 'reply' ? ' reply' : ''} ${brief(body)}`;
}
