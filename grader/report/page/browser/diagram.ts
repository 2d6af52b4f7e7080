/**
 * The space-time diagram (Lamport 1978): a lane for each node, time downwards, one row for each event,
 * messages as arrows. Only what is in sight is in the document, so a hundred thousand events scroll as
 * well as a hundred. Time between rows is not to scale; each row has its time.
 */
import type { PageEvent } from '../data.ts';
import { type Attributes, draw, make, seconds } from './dom.ts';
import type { Arrow, Band, Operation, Rows } from './model.ts';
import type { Run } from './run.ts';
import { symbol } from './symbols.ts';
import { wordsOf } from './words.ts';

export const ROW_PX = 21;
const HEAD_PX = 32;
const TIME_PX = 76;
const NARROW_PX = 12;
const NEAR_ROWS = 30;
const BAND_PX = 22;
/** A longer silence between two rows is marked. */
const GAP_MS = 100;
const TERM_COLOURS = 6;

export interface Scene {
  readonly rows: Rows;
  readonly arrows: readonly Arrow[];
  readonly bands: readonly Band[];
  readonly operations: readonly Operation[];
  /** Indices of events. */
  readonly found: ReadonlySet<number>;
  /** By index of event: 1 for those that can have had a part in the chosen one. */
  readonly past: Uint8Array | undefined;
  readonly chosen: number;
  /** All other lanes are narrow. */
  readonly nodes: ReadonlySet<number>;
}

/** Rows that say little on their own are written in a soft colour. */
const QUIET = new Set(['timer', 'disk', 'send', 'deliver', 'change', 'boot']);
/** Drawn beside the lane, not on it. */
const SIDES = new Set(['cut', 'side', 'clock']);
/** How far below the upper edge to keep the label of a band that began above it. */
const EDGE_PX: Readonly<Record<string, number>> = { cut: 12, side: 12, clock: 24, paused: 24 };
const ACROSS = new Set(['fault', 'note', 'fail']);

export class Diagram {
  readonly element: HTMLElement;
  readonly #run: Run;
  readonly #svg: SVGElement;
  readonly #room = make('div', 'room');
  readonly #heads: readonly HTMLElement[];
  readonly #onScroll: () => void;
  #scene: Scene | undefined;
  #xs: readonly number[] = [];
  #rightPx = 0;

  constructor(
    run: Run,
    heads: readonly HTMLElement[],
    on: { choose: (event: number) => void; scroll: () => void },
  ) {
    this.#run = run;
    this.#heads = heads;
    this.#onScroll = on.scroll;
    this.element = make('main', 'diagram', make('div', 'lanes', ...heads), this.#room);
    this.element.tabIndex = 0;
    this.element.setAttribute('aria-label', 'events of the run, one per row; arrow keys step');
    this.#svg = draw(this.element, 'svg', { role: 'img' });
    this.element.addEventListener('scroll', () =>
      requestAnimationFrame(() => {
        this.#draw();
        this.#onScroll();
      }),
    );
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.#svg.addEventListener('click', (event) => {
      const row = (event.target as Element).closest('.row');
      if (row !== null) on.choose(Number(row.getAttribute('data-event')));
    });
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.#draw();
  }

  /** Brings the row of an event into the middle, unless it is well in sight. */
  reveal(event: number, share = 0.5): void {
    if (this.#scene === undefined) return;
    const y = HEAD_PX + this.#scene.rows.at(event) * ROW_PX;
    const { scrollTop, clientHeight } = this.element;
    if (y < scrollTop + 4 * ROW_PX || y > scrollTop + clientHeight - 4 * ROW_PX)
      this.element.scrollTop = y - clientHeight * share;
    this.#draw();
  }

  /** The first and the last row in sight. */
  get sight(): readonly [number, number] {
    const { scrollTop, clientHeight } = this.element;
    return [scrollTop / ROW_PX, (scrollTop + clientHeight - HEAD_PX) / ROW_PX];
  }

  scrollTo(row: number): void {
    this.element.scrollTop = row * ROW_PX - this.element.clientHeight / 2;
  }

  #lanePx(): number {
    const wide = this.#scene?.nodes.size ?? 1;
    return Math.max(52, Math.min(98, (this.element.clientWidth * 0.42) / wide));
  }

  /** Where the lanes are, by node. */
  #placeLanes(): void {
    let left = TIME_PX + 6;
    this.#xs = this.#run.data.nodes.map((_, lane) => {
      const width = this.#scene?.nodes.has(lane) ? this.#lanePx() : NARROW_PX;
      left += width;
      return left - width / 2;
    });
    this.#rightPx = left;
    for (const [lane, head] of this.#heads.entries()) {
      head.style.left = `${this.#x(lane)}px`;
      head.classList.toggle('narrow', !this.#scene?.nodes.has(lane));
    }
  }

  #x(lane: number): number {
    return this.#xs[lane] ?? 0;
  }

  #draw(): void {
    if (this.#scene === undefined) return;
    const { rows, bands, arrows, operations } = this.#scene;
    const { nodes } = this.#run.data;
    const { scrollTop, clientHeight, clientWidth } = this.element;
    this.#placeLanes();
    const textX = this.#rightPx + 14;
    const width = Math.max(clientWidth - 2, textX + 160);
    this.#room.style.height = `${(rows.length + 2) * ROW_PX}px`;
    this.#room.style.width = `${width}px`;
    const first = Math.max(0, Math.floor((scrollTop - HEAD_PX) / ROW_PX) - NEAR_ROWS);
    const last = Math.min(rows.length, Math.ceil((scrollTop + clientHeight) / ROW_PX) + NEAR_ROWS);
    const height = (last - first + 1) * ROW_PX;
    const topOfSight = scrollTop - first * ROW_PX + 12;
    this.#svg.replaceChildren();
    this.#svg.setAttribute('width', String(width));
    this.#svg.setAttribute('height', String(height));
    this.#svg.style.top = `${HEAD_PX + first * ROW_PX}px`;
    patterns(this.#svg);
    const y = (row: number) => (row - first + 0.5) * ROW_PX;
    const isNear = ({ from, to }: { from: number; to: number }) => from <= last && to >= first;

    for (const lane of nodes.keys()) {
      const x = this.#x(lane);
      draw(this.#svg, 'line', { class: 'lane', x1: x, x2: x, y1: 0, y2: height });
    }
    const near = bands.filter(isNear);
    for (const band of near) this.#band(band, y);
    for (const operation of operations) if (isNear(operation)) this.#operation(operation, y);
    for (let row = first; row < last; row++) this.#row(row, y(row), { textX, width });
    for (const arrow of arrows) if (isNear(arrow)) this.#arrow(arrow, y);
    for (const band of near) this.#bandLabel(band, y, topOfSight);
  }

  #band({ lane, from, to, kind, term = 0 }: Band, y: (row: number) => number): void {
    const x = this.#x(lane);
    const top = y(from) - (kind === 'leader' || kind === 'candidate' ? 0 : ROW_PX / 2);
    const height = Math.max(ROW_PX / 3, y(to) - y(from) - ROW_PX / 4);
    const colour = `term${term % TERM_COLOURS}`;
    const box = { y: top, height };
    if (kind === 'term')
      draw(this.#svg, 'rect', { class: `age ${colour}`, x: x - 1.5, width: 3, ...box });
    else if (SIDES.has(kind)) {
      const side = kind !== 'clock' ? x - BAND_PX / 2 - 6 : x - BAND_PX / 2 - 12;
      draw(this.#svg, 'line', { class: kind, x1: side, x2: side, y1: top, y2: top + height });
    } else {
      const place = { x: x - BAND_PX / 2, width: BAND_PX, rx: 5, ...box };
      draw(this.#svg, 'rect', { class: `band ${kind} ${colour}`, ...place });
    }
  }

  /** Where the band begins, or at the upper edge when it began above. */
  #bandLabel(band: Band, y: (row: number) => number, topOfSight: number): void {
    const { lane, from, to, kind, label } = band;
    if (label === '' || !this.#scene?.nodes.has(lane)) return;
    const begin = y(from) - (SIDES.has(kind) ? 0 : ROW_PX / 2 - 2);
    // Labels of one lane must not cover each other at the upper edge.
    const below = EDGE_PX[kind] ?? 0;
    const at = Math.max(begin, topOfSight + below);
    // A band that is nearly out of sight leaves the edge to the next one.
    if (at > begin && at > y(to) - ROW_PX) return;
    const room = Math.floor((this.#lanePx() - 4) / 5.6);
    const text = label.length > room ? shortLabel(band, room) : label;
    const group = draw(this.#svg, 'g', { class: `label ${kind}` });
    draw(group, 'text', { x: this.#x(lane), y: at }, text);
    draw(group, 'title', {}, label);
  }

  #operation({ lane, from, to, isOpen, slot, part }: Operation, y: (row: number) => number): void {
    const x = this.#x(lane) + BAND_PX / 2 + 2 + 6 * slot;
    const height = Math.max(4, y(to) - y(from));
    const classes = ['operation', part, isOpen ? 'open' : ''].join(' ');
    draw(this.#svg, 'rect', { class: classes, x, y: y(from), width: 5, height, rx: 2.5 });
  }

  #row(row: number, y: number, { textX, width }: { textX: number; width: number }): void {
    const { rows, found, chosen, past } = this.#scene as Scene;
    const i = rows.events[row] as number;
    const event = this.#run.events[i] as PageEvent;
    const { k, n, at } = event;
    const core = this.#run.core.get(i);
    const classes = [
      'row',
      k,
      QUIET.has(k) ? 'quiet' : '',
      found.has(i) ? 'found' : '',
      i === chosen ? 'chosen' : '',
      past !== undefined && past[i] !== 1 && i !== chosen ? 'dim' : '',
      core === undefined ? '' : core ? 'culprit' : 'core',
    ];
    const group = draw(this.#svg, 'g', { class: classes.join(' '), 'data-event': i });
    draw(group, 'rect', { class: 'hit', x: 0, y: y - ROW_PX / 2, width, height: ROW_PX });
    if (ACROSS.has(k)) {
      const [x1, x2] = [TIME_PX + 4, textX - 8];
      draw(group, 'line', { class: 'across', x1, x2, y1: y, y2: y });
    }
    this.#time(group, row, at, y);
    if (n !== undefined) symbol(group, k, this.#x(n), y);
    const text = draw(group, 'text', { class: 'what', x: textX, y: y + 4 });
    let room = Math.max(16, Math.floor((width - textX) / 6.5));
    for (const [part, words] of Object.entries(wordsOf(this.#run, i))) {
      if (room <= 1 || words === '') continue;
      const shown = words.length > room ? `${words.slice(0, room - 1)}…` : words;
      room -= shown.length;
      draw(text, 'tspan', { class: part }, shown);
    }
  }

  /** Once for all that happens in one instant; a line above it after a silence. */
  #time(group: SVGElement, row: number, at: number, y: number): void {
    const { rows } = this.#scene as Scene;
    const before = this.#run.events[rows.events[row - 1] ?? -1]?.at;
    if (before !== undefined && seconds(before) === seconds(at)) return;
    draw(group, 'text', { class: 'time', x: TIME_PX - 8, y: y + 4 }, seconds(at));
    if (before === undefined || at - before < GAP_MS) return;
    const top = y - ROW_PX / 2;
    draw(group, 'line', { class: 'gap', x1: 14, x2: TIME_PX - 8, y1: top, y2: top });
  }

  #arrow(arrow: Arrow, y: (row: number) => number): void {
    const { fromLane, toLane, fate, send, end, isReply } = arrow;
    const { chosen, past } = this.#scene as Scene;
    const isChosen = send === chosen || end === chosen;
    const isDim = past !== undefined && !isChosen && (past[send] !== 1 || past[end] !== 1);
    const [x1, y1, x2, y2] = [this.#x(fromLane), y(arrow.from), this.#x(toLane), y(arrow.to)];
    const share = fate === 'lost' ? 0.6 : 1;
    const [xe, ye] = [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
    const marks = [fate, isReply ? 'reply' : '', isChosen ? 'chosen' : '', isDim ? 'dim' : ''];
    const marker: Attributes = fate === 'lost' ? {} : { 'marker-end': 'url(#head)' };
    const line = { x1, y1, x2: xe, y2: ye, ...marker };
    draw(this.#svg, 'line', { class: `arrow ${marks.join(' ')}`, ...line });
    if (fate !== 'lost') return;
    const d = `M${xe - 4} ${ye - 4}l8 8m0 -8l-8 8`;
    draw(this.#svg, 'path', { class: `cross ${isDim ? 'dim' : ''}`, d });
  }
}

/** The fill shows the role, so a narrow lane needs only its term. */
function shortLabel({ label, term }: Band, room: number): string {
  return term === undefined ? `${label.slice(0, room - 1)}…` : (label.split(' ').at(-1) ?? label);
}

/** Fills that can be told apart without colours. */
function patterns(svg: SVGElement): void {
  const defs = draw(svg, 'defs', {});
  const tile = { width: 6, height: 6, patternUnits: 'userSpaceOnUse' };
  const hatch = draw(defs, 'pattern', { id: 'hatch', patternTransform: 'rotate(45)', ...tile });
  draw(hatch, 'rect', { width: 6, height: 6, fill: 'var(--redbg)' });
  draw(hatch, 'path', { d: 'M0 0V6', stroke: 'var(--red)', 'stroke-width': 1.4 });
  const dots = draw(defs, 'pattern', { id: 'dots', ...tile });
  draw(dots, 'rect', { width: 6, height: 6, fill: 'var(--grey)' });
  draw(dots, 'circle', { cx: 2, cy: 2, r: 1.1, fill: 'var(--soft)' });
  const size = { viewBox: '0 0 8 8', markerWidth: 7, markerHeight: 7 };
  const place = { refX: 7, refY: 4, orient: 'auto-start-reverse', markerUnits: 'userSpaceOnUse' };
  const head = draw(defs, 'marker', { id: 'head', ...size, ...place });
  draw(head, 'path', { d: 'M0 0.6L8 4L0 7.4z', fill: 'context-stroke' });
}
