/** The page of one run: filters above, the diagram, what was wrong beside it. Runs in a browser. */
import type { PageData } from '../data.ts';
import { Diagram } from './diagram.ts';
import { make } from './dom.ts';
import { findingOf } from './finding.ts';
import { Minimap } from './minimap.ts';
import {
  arrowsOf,
  bandsOf,
  type Choice,
  GROUPS,
  type Group,
  methodsOf,
  operationsOf,
  Rows,
} from './model.ts';
import { helpOf, panelOf } from './panel.ts';
import { Run } from './run.ts';

/** More lanes than this leave no room for words. */
const NODES_MAX = 10;

const data = await unpack();
const run = new Run(data);
/** Timers and disk operations rarely tell much; without messages, the disk is all there is. */
const groups = new Set<Group>(['messages', 'clients', 'faults', 'states', 'outputs']);
if (data.events.every(({ m }) => m === undefined)) groups.add('disk');
const nodes = nodesAtFirst();
let method = '';
let sought = '';
let isOnlyFound = false;
let isPastShown = false;
let chosen = data.start;
let view = viewOf();

const detail = make('section', 'event');
detail.setAttribute('aria-live', 'polite');
const count = make('span', 'count');
const search = make('input');
const diagram = new Diagram(run, nodeHeads(), {
  choose,
  scroll: () => minimap.frame(diagram.sight),
});
const minimap = new Minimap(run, (row) => diagram.scrollTo(row));

/** The page carries its data packed, see `pageOf`. */
async function unpack(): Promise<PageData> {
  const base64 = document.querySelector('#data')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).json();
}

/** All of them; when there are very many, those that the finding names. */
function nodesAtFirst(): Set<number> {
  const all = [...data.nodes.keys()];
  const { evidence = '', story = [], core = [] } = data.finding ?? {};
  const told = [evidence, ...story.map(({ text }) => text), ...core.map(({ client }) => client)];
  const names = new Set(told.join(' ').match(/\b[a-z]\d+\b/g));
  const named = all.filter((n) => names.has(data.nodes[n] ?? ''));
  return new Set(all.length > NODES_MAX && named.length > 0 ? named : all);
}

/** Everything that does not depend on which event is chosen. */
function viewOf() {
  const found = new Set<number>();
  if (sought !== '')
    for (const [i, text] of run.texts.entries())
      if (text.toLowerCase().includes(sought)) found.add(i);
  const only = isOnlyFound && sought !== '' ? { only: found } : {};
  const choice: Choice = { groups, nodes, method, ...only };
  const rows = new Rows(run, choice);
  const arrows = arrowsOf(run, rows);
  return { rows, arrows, bands: bandsOf(run, rows), operations: operationsOf(run, rows), found };
}

/** After a change in what is to be shown. */
function refresh(): void {
  view = viewOf();
  showView();
  diagram.reveal(chosen);
}

function showView(): void {
  const { rows, bands, found } = view;
  const inSight = [...found].filter((i) => rows.has(i)).length;
  const hits = sought === '' ? '' : `${inSight} found, `;
  count.textContent = `${hits}${rows.length} of ${data.events.length} events`;
  minimap.draw(rows, bands, found);
  show();
}

function show(): void {
  const past = isPastShown ? run.pastOf(chosen) : undefined;
  diagram.show({ ...view, past, chosen, nodes });
  minimap.frame(diagram.sight);
  detail.replaceChildren(...panelOf(run, chosen, choose));
}

function choose(event: number): void {
  chosen = event;
  show();
  diagram.reveal(event);
}

function chip(label: string, isOn: boolean, id: string, change: (isOn: boolean) => void) {
  const box = make('input');
  box.type = 'checkbox';
  box.id = id;
  box.checked = isOn;
  box.addEventListener('change', () => change(box.checked));
  return make('label', 'chip', box, make('span', '', label));
}

/** Puts `item` into `set`, or takes it out. */
function member<T>(set: Set<T>, item: T): (isOn: boolean) => void {
  return (isOn) => {
    if (isOn) set.add(item);
    else set.delete(item);
    refresh();
  };
}

function nodeHeads(): HTMLElement[] {
  return data.nodes.map((node, n) => {
    const head = chip(node, true, `node-${node}`, member(nodes, n));
    head.title = `show or hide the events of ${node}`;
    return head;
  });
}

function header(): HTMLElement {
  const verdict = `${data.verdict === 'passed' ? '✓' : '✗'} ${data.verdict}`;
  const title = make('h1', '', make('span', 'verdict', verdict), `${data.scenario}  ${data.title}`);
  return make(
    'header',
    data.verdict,
    title,
    make('span', 'where', `${data.lab}, seed ${data.seed}`),
  );
}

function bar(): HTMLElement {
  const kinds = new Set(data.events.map(({ k }) => k));
  const isThere = (group: Group) => GROUPS[group].some((kind) => kinds.has(kind));
  const chips = (Object.keys(GROUPS) as Group[])
    .filter(isThere)
    .map((group) => chip(group, groups.has(group), `show-${group}`, member(groups, group)));
  const select = make('select');
  select.id = 'method';
  select.title = 'kind of message';
  for (const name of ['', ...methodsOf(data)]) select.add(new Option(name || 'all messages', name));
  select.addEventListener('change', () => {
    method = select.value;
    refresh();
  });
  search.type = 'search';
  search.placeholder = 'search  /';
  search.setAttribute('aria-label', 'search in all events');
  search.addEventListener('input', () => {
    sought = search.value.toLowerCase();
    refresh();
    if (sought !== '') nextFound(chosen - 1);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') nextFound(chosen);
    if (event.key === 'Escape') diagram.element.focus();
  });
  const only = chip('only found', false, 'only', (isOn) => {
    isOnlyFound = isOn;
    refresh();
  });
  const past = chip('what led here', false, 'past', (isOn) => {
    isPastShown = isOn;
    show();
  });
  past.title = 'dims every event that cannot have had a part in the chosen one';
  return make('div', 'bar', make('div', 'chips', ...chips), select, search, only, past, count);
}

/** The nearest row before or after the chosen one for which `wanted` holds. */
function step(by: 1 | -1, wanted: (event: number) => boolean = () => true): void {
  const { events } = view.rows;
  const at = view.rows.at(chosen);
  const here = by === 1 && !view.rows.has(chosen) ? at - 1 : at;
  for (let row = here + by; row >= 0 && row < events.length; row += by) {
    const event = events[row] as number;
    if (!wanted(event)) continue;
    choose(event);
    return;
  }
}

function nextFound(after: number): void {
  const hits = [...view.found].filter((i) => view.rows.has(i));
  const next = hits.find((i) => i > after) ?? hits[0];
  if (next !== undefined) choose(next);
}

const press = (id: string) => document.querySelector<HTMLInputElement>(`#${id}`)?.click();
const sameNode = (i: number) => run.events[i]?.n === run.events[chosen]?.n;
const isHit = (i: number) => view.found.has(i);
const ACTIONS: Readonly<Record<string, () => void>> = {
  ArrowDown: () => step(1),
  j: () => step(1),
  ArrowUp: () => step(-1),
  k: () => step(-1),
  ']': () => step(1, sameNode),
  '[': () => step(-1, sameNode),
  c: () => {
    const [other] = run.related(chosen);
    if (other !== undefined) choose(other);
  },
  v: () => choose(data.start),
  n: () => nextFound(chosen),
  N: () => step(-1, isHit),
  p: () => press('past'),
  o: () => press('only'),
  m: () => press('show-messages'),
  t: () => press('show-timers'),
  d: () => press('show-disk'),
  '/': () => search.focus(),
  '?': () => document.querySelector('details')?.toggleAttribute('open'),
};

document.addEventListener('keydown', (event) => {
  const { target } = event;
  const isField = target instanceof HTMLInputElement && target.type === 'search';
  const action = ACTIONS[event.key];
  const isOther = isField || target instanceof HTMLSelectElement;
  if (isOther || event.ctrlKey || event.metaKey || event.altKey || action === undefined) return;
  event.preventDefault();
  action();
});

const panel = make('aside', 'panel', findingOf(data, choose), detail, helpOf());
document.body.append(header(), bar(), diagram.element, minimap.element, panel);
showView();
diagram.reveal(chosen, 0.7);
minimap.frame(diagram.sight);
new ResizeObserver(() => minimap.draw(view.rows, view.bands, view.found)).observe(minimap.element);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showView);
diagram.element.focus();
// For the benchmark: when the diagram was ready.
requestAnimationFrame(() => {
  document.documentElement.dataset.readyMs = String(performance.now());
});
