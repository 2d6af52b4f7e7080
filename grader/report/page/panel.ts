/** The panel beside the diagram: the chosen event in full, where it comes from, and the node's state. */
import type { PageData } from './data.ts';
import { stateAt } from './model.ts';

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = '',
  className = '',
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

const KEYS = [
  ['↓ ↑', 'next, previous event'],
  ['] [', 'of the same node'],
  ['c', 'where a message comes from, or goes to'],
  ['v', 'the violation'],
  ['/', 'search; n for the next'],
  ['m t d', 'messages, timers, disk on or off'],
] as const;

export function panelOf(
  data: PageData,
  chosen: number,
  goTo: (event: number) => void,
): readonly HTMLElement[] {
  const event = data.events[chosen];
  const parts: HTMLElement[] = [];
  if (event !== undefined) {
    const node = event.n === undefined ? 'the whole cluster' : data.nodes[event.n];
    parts.push(
      element('h2', `${(event.at / 1000).toFixed(3)} s, ${node}, ${event.k}`),
      element('pre', event.text),
    );
    for (const [i, other] of related(data, chosen)) {
      const line = element('p');
      const button = element('button', `${other.k} at ${(other.at / 1000).toFixed(3)} s`);
      button.addEventListener('click', () => goTo(i));
      line.append(button);
      parts.push(line);
    }
    if (event.n !== undefined) parts.push(...stateOf(data, event.n, chosen));
  }
  parts.push(element('h2', 'Keys'));
  const keys = element('div', '', 'keys');
  for (const [key, what] of KEYS) {
    const line = element('div');
    for (const one of key.split(' ')) line.append(element('kbd', one), ' ');
    line.append(what);
    keys.append(line);
  }
  parts.push(keys);
  return parts;
}

/** The other ends of a message. */
export function related(data: PageData, chosen: number) {
  const message = data.events[chosen]?.m;
  if (message === undefined) return [];
  return [...data.events.entries()].filter(([i, other]) => other.m === message && i !== chosen);
}

function stateOf(data: PageData, node: number, chosen: number): HTMLElement[] {
  const { state, fresh } = stateAt(data, node, chosen);
  const fields = Object.entries(state);
  if (fields.length === 0) return [];
  const table = element('table');
  for (const [field, value] of fields) {
    const row = element('tr', '', fresh.includes(field) ? 'fresh' : '');
    row.append(element('td', field), element('td', JSON.stringify(value)));
    table.append(row);
  }
  return [element('h2', `State of ${data.nodes[node]} then (what is new is marked)`), table];
}
