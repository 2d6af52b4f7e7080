/** The panel below the finding: the chosen event in full, where it comes from, and the node's state. */
import { draw, link, make, seconds } from './dom.ts';
import { LATE_MS } from './model.ts';
import { type Run, readable } from './run.ts';
import { symbol } from './symbols.ts';

const KEYS = [
  ['↓ ↑', 'next, previous event'],
  ['] [', 'of the same node'],
  ['c', 'the other end of a message or a call'],
  ['v', 'where the rule broke'],
  ['p', 'dim what had no part in this event'],
  ['/', 'search; n and N for the next and the previous hit'],
  ['o', 'only what the search finds'],
  ['m t d', 'messages, timers, disk on or off'],
] as const;

const KIND_WORDS: Readonly<Record<string, string>> = {
  send: 'sends a message',
  deliver: 'receives a message',
  drop: 'never gets a message',
  call: 'is asked by its user',
  return: 'answers its user',
  emit: 'reports',
  change: 'has changed',
  state: 'has a new role',
  disk: 'disk',
  timer: 'timer',
  log: 'logs',
  note: 'the scenario says',
  fail: 'the rule broke',
  fault: 'a fault',
  calm: 'shrunk',
};

export function panelOf(
  run: Run,
  chosen: number,
  goTo: (event: number) => void,
): readonly HTMLElement[] {
  const event = run.events[chosen];
  const parts: HTMLElement[] = [];
  if (event !== undefined) {
    const { at, n, k } = event;
    const node = n === undefined ? '' : `${run.data.nodes[n]} `;
    const what = KIND_WORDS[k] ?? k;
    parts.push(make('h2', '', make('time', '', `${seconds(at)} s`), ` ${node}${what}`));
    // The finding, just above, has it in full.
    if (k !== 'fail') parts.push(make('pre', '', run.texts[chosen] ?? ''));
    for (const other of run.related(chosen)) {
      const { k: kind, at: when } = run.events[other] ?? { k: '', at: 0 };
      const words = `${OTHER_END[kind] ?? kind} at ${seconds(when)} s`;
      parts.push(
        make(
          'p',
          'related',
          link(words, () => goTo(other)),
          ` ${took(when - at)}`,
        ),
      );
    }
    parts.push(...(n === undefined ? allStates(run, chosen) : stateOf(run, n, chosen)));
  }
  return parts;
}

const OTHER_END: Readonly<Record<string, string>> = {
  send: 'sent',
  deliver: 'delivered',
  drop: 'lost',
  call: 'asked',
  return: 'answered',
};

function took(ms: number): string {
  const words = `${Math.abs(Math.round(ms * 10) / 10)} ms ${ms < 0 ? 'earlier' : 'later'}`;
  return Math.abs(ms) > LATE_MS ? `${words}, late` : words;
}

function stateOf(run: Run, node: number, chosen: number): HTMLElement[] {
  const fields = run.stateAt(node, chosen);
  if (fields.length === 0) return [];
  const table = make('table');
  for (const { name, value, was, isNew } of fields) {
    const cell = make('td');
    if (isNew && was !== undefined) cell.append(make('del', '', words(was)), ' → ');
    cell.append(isNew ? make('ins', '', words(value)) : words(value));
    table.append(make('tr', isNew ? 'fresh' : '', make('td', '', name), cell));
  }
  return [make('h2', '', `State of ${run.data.nodes[node]} after this event`), table];
}

/** What befalls the whole cluster: the nodes side by side. */
function allStates(run: Run, chosen: number): HTMLElement[] {
  const { nodes } = run.data;
  const states = nodes.map((_, n) => new Map(run.stateAt(n, chosen).map((f) => [f.name, f.value])));
  const known = [...nodes.keys()].filter((n) => (states[n]?.size ?? 0) > 0);
  const names = new Set(known.flatMap((n) => [...(states[n]?.keys() ?? [])]));
  if (known.length === 0) return [];
  const head = make('tr', '', make('td'), ...known.map((n) => make('th', '', nodes[n] ?? '')));
  const rows = [...names].map((name) =>
    make('tr', '', make('td', '', name), ...known.map((n) => briefCell(states[n]?.get(name)))),
  );
  return [make('h2', '', 'State of all nodes at this time'), make('table', 'all', head, ...rows)];
}

function briefCell(value: unknown): HTMLElement {
  const text = typeof value === 'string' ? value : value === undefined ? '' : words(value);
  const cell = make('td', '', text.length > 14 ? `${text.slice(0, 13)}…` : text);
  cell.title = text;
  return cell;
}

const words = (value: unknown) => readable(JSON.stringify(value) ?? 'nothing');

/** What shapes and lines mean, and the keys; folded away until asked for. */
export function helpOf(): HTMLElement {
  const details = make('details', 'help', make('summary', '', 'Keys and symbols'));
  const keys = make('div', 'keys');
  for (const [key, what] of KEYS) {
    const line = make('div');
    for (const one of key.split(' ')) line.append(make('kbd', '', one), ' ');
    line.append(what);
    keys.append(line);
  }
  details.append(keys, legend());
  return details;
}

function legend(): HTMLElement {
  const list = make('div', 'legend');
  const sample = (words: string, paint: (svg: SVGElement) => void) => {
    const line = make('div');
    const svg = draw(line, 'svg', { width: 34, height: 16 });
    paint(svg);
    line.append(words);
    list.append(line);
  };
  const stroke = (classes: string) => (svg: SVGElement) => {
    const to = { x1: 2, y1: 8, x2: 32, y2: 8, 'marker-end': 'url(#head)' };
    draw(svg, 'line', { class: `arrow ${classes}`, ...to });
  };
  const box = (classes: string) => (svg: SVGElement) =>
    void draw(svg, 'rect', { class: `band ${classes}`, x: 6, y: 1, width: 22, height: 14, rx: 4 });
  const mark = (kind: string) => (svg: SVGElement) => symbol(svg, kind, 17, 8);
  sample('a request', stroke('delivered'));
  sample('a reply', stroke('delivered reply'));
  sample(`late: more than ${LATE_MS} ms`, stroke('late'));
  sample('a second copy', stroke('copy'));
  sample('lost', (svg) => {
    draw(svg, 'line', { class: 'arrow lost', x1: 2, y1: 8, x2: 22, y2: 8 });
    draw(svg, 'path', { class: 'cross', d: 'M18 4l8 8m0 -8l-8 8' });
  });
  sample('leader, in the colour of its term', box('leader term1'));
  sample('candidate', box('candidate term1'));
  sample('down, after a crash', box('down'));
  sample('paused', box('paused'));
  sample(
    'cut off from some or all others',
    (svg) => void draw(svg, 'line', { class: 'cut', x1: 17, x2: 17, y1: 0, y2: 16 }),
  );
  sample(
    'its clock is fast, slow or off',
    (svg) => void draw(svg, 'line', { class: 'clock', x1: 17, x2: 17, y1: 0, y2: 16 }),
  );
  sample('crash, pause', mark('crash'));
  sample('start, resume', mark('boot'));
  sample('a new role, an output', mark('emit'));
  sample('a client asks, is answered', (svg) => {
    symbol(svg, 'call', 9, 8);
    symbol(svg, 'return', 24, 8);
  });
  return list;
}
