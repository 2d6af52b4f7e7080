/** The words in the row of an event. */
import type { Run } from './run.ts';

/** The parts of a row's text, in order; each has a style of its own. */
export interface Words {
  readonly who: string;
  readonly name: string;
  readonly rest: string;
}

export function wordsOf(run: Run, i: number): Words {
  const { k = '', n, m } = run.events[i] ?? {};
  const text = run.texts[i] ?? '';
  if (m !== undefined) return messageWords(k, text);
  const who = n === undefined ? '' : `${run.data.nodes[n]}  `;
  // The source of the rule and its full text are beside the diagram.
  if (k === 'fail') return { who, name: `✗ ${text.split(': ')[0]}`, rest: '' };
  const isCulprit = run.core.get(i);
  const mark = isCulprit === undefined ? '' : isCulprit ? '✗ ' : '● ';
  const name = k === 'return' ? returnWords(run, i, text) : text;
  return { who, name: mark + name, rest: '' };
}

/** An answer with its question: `put("x", "1") → null`. */
function returnWords(run: Run, i: number, text: string): string {
  const call = run.callOf(i);
  if (call === undefined) return text;
  return `${run.texts[call]} → ${text.replace(/^resolves to /, '')}`;
}

/** The send of a message shows what is in it; its other events need not repeat that. */
function messageWords(kind: string, text: string): Words {
  const [, way = '', name = '', rest = ''] = /^(\S+ → \S+) (\S+(?: reply)?)(.*)$/s.exec(text) ?? [];
  const who = `${way}  `;
  if (kind === 'send') return { who, name, rest: ` ${rest.trim()}` };
  const [tail] = / (\(second copy\)|is lost \(\w+\))$/.exec(text) ?? [];
  return { who, name: name + (tail ?? (kind === 'drop' ? ' is lost' : ' arrives')), rest: '' };
}
