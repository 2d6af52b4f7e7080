/** The page of one run: what was wrong on top, filters, the diagram, and a panel. Runs in a browser. */
import type { PageData } from './data.ts';
import { Diagram } from './diagram.ts';
import { arrowsOf, bandsOf, type Choice, GROUPS, type Group, type Row, rowsOf } from './model.ts';
import { panelOf, related } from './panel.ts';

const data = JSON.parse(document.querySelector('#data')?.textContent ?? '') as PageData;
/** A run of more events opens without timers and disk operations, which rarely tell. */
const groups = new Set<Group>(['messages', 'faults', 'states', 'outputs']);
const nodes = new Set(data.nodes.keys());
let method = '';
let sought = '';
let chosen = Math.max(0, data.events.length - 1);
let rows: readonly Row[] = [];

const panel = document.createElement('aside');
panel.className = 'panel';
const count = document.createElement('span');
count.className = 'count';
const search = document.createElement('input');
const diagram = new Diagram(data, choose);

function header(): HTMLElement {
  const top = document.createElement('header');
  top.className = data.verdict;
  const title = document.createElement('h1');
  const verdict = document.createElement('span');
  verdict.className = 'verdict';
  verdict.textContent = `${data.verdict === 'passed' ? '✓' : '✗'} ${data.verdict}`;
  title.append(verdict, `${data.scenario}  ${data.title}`);
  const list = document.createElement('dl');
  const entry = (label: string, text: string | undefined, tag = 'span') => {
    if (text === undefined) return;
    const term = document.createElement('dt');
    term.textContent = label;
    const value = document.createElement('dd');
    const inner = document.createElement(tag);
    inner.textContent = text;
    value.append(inner);
    list.append(term, value);
  };
  entry('Broken rule', data.finding?.rule);
  entry('Evidence', data.finding?.evidence);
  entry('', data.finding?.picture?.join('\n'), 'pre');
  entry('Look at', data.finding?.lookAt);
  entry('Shrunk', data.shrunk);
  entry('Replay', data.command, 'code');
  top.append(title, list);
  return top;
}

function bar(): HTMLElement {
  const element = document.createElement('div');
  element.className = 'bar';
  const toggle = <T>(label: string, set: Set<T>, item: T, id: string) => {
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.id = id;
    box.checked = set.has(item);
    box.addEventListener('change', () => {
      if (box.checked) set.add(item);
      else set.delete(item);
      update();
    });
    const text = document.createElement('label');
    text.append(box, ` ${label}`);
    element.append(text);
  };
  for (const group of Object.keys(GROUPS) as Group[]) toggle(group, groups, group, `show-${group}`);
  for (const [n, node] of data.nodes.entries()) toggle(node, nodes, n, `node-${node}`);
  const select = document.createElement('select');
  select.title = 'kind of message';
  const methods = new Set(data.events.flatMap((event) => event.method ?? []));
  for (const name of ['', ...methods]) select.add(new Option(name || 'all messages', name));
  select.addEventListener('change', () => {
    method = select.value;
    update();
  });
  search.type = 'search';
  search.placeholder = 'search ( / )';
  search.addEventListener('input', () => {
    sought = search.value.toLowerCase();
    update();
    if (sought !== '') nextFound(chosen - 1);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') nextFound(chosen);
    if (event.key === 'Escape') diagram.element.focus();
  });
  element.append(select, search, count);
  return element;
}

function isFound(i: number): boolean {
  return sought !== '' && (data.events[i]?.text.toLowerCase().includes(sought) ?? false);
}

function update(): void {
  const choice: Choice = { groups, nodes, method };
  rows = rowsOf(data, choice);
  const found = new Set(rows.flatMap(({ i }) => (isFound(i) ? [i] : [])));
  diagram.show({
    rows,
    arrows: arrowsOf(data, rows),
    bands: bandsOf(data, rows),
    found,
    chosen,
  });
  const hits = sought === '' ? '' : `, ${found.size} found`;
  count.textContent = `${rows.length} of ${data.events.length} events${hits}`;
  panel.replaceChildren(...panelOf(data, chosen, choose));
}

function choose(event: number): void {
  chosen = event;
  update();
  diagram.reveal(event);
}

/** The nearest row before or after the chosen one for which `wanted` holds. */
function step(by: 1 | -1, wanted: (row: Row) => boolean = () => true): void {
  const ordered = by === 1 ? rows : [...rows].reverse();
  const next = ordered.find((row) => (by === 1 ? row.i > chosen : row.i < chosen) && wanted(row));
  if (next !== undefined) choose(next.i);
}

function nextFound(after: number): void {
  const hits = rows.filter(({ i }) => isFound(i));
  const next = hits.find(({ i }) => i > after) ?? hits[0];
  if (next !== undefined) choose(next.i);
}

function toggleGroup(group: Group): void {
  document.querySelector<HTMLInputElement>(`#show-${group}`)?.click();
}

const sameNode = (row: Row) => row.event.n === data.events[chosen]?.n;
const ACTIONS: Readonly<Record<string, () => void>> = {
  ArrowDown: () => step(1),
  j: () => step(1),
  ArrowUp: () => step(-1),
  k: () => step(-1),
  ']': () => step(1, sameNode),
  '[': () => step(-1, sameNode),
  c: () => {
    const [other] = related(data, chosen);
    if (other !== undefined) choose(other[0]);
  },
  v: () => choose(data.events.length - 1),
  n: () => nextFound(chosen),
  m: () => toggleGroup('messages'),
  t: () => toggleGroup('timers'),
  d: () => toggleGroup('disk'),
  '/': () => search.focus(),
};

document.addEventListener('keydown', (event) => {
  const inField = event.target instanceof HTMLInputElement && event.target.type === 'search';
  const action = ACTIONS[event.key];
  if (inField || event.ctrlKey || event.metaKey || event.altKey || action === undefined) return;
  event.preventDefault();
  action();
});

document.body.append(header(), bar(), diagram.element, panel);
update();
diagram.reveal(chosen);
diagram.element.focus();
// For the benchmark: when the diagram was there.
requestAnimationFrame(() => {
  document.documentElement.dataset.readyMs = String(performance.now());
});
