/**
 * The space-time diagram (Lamport 1978): a lane for each node, time downwards, one row for each event,
 * messages as arrows. Only what is in sight is in the document, so a hundred thousand events scroll as
 * well as a hundred. Time between rows is not to scale; each row has its time.
 */
import type { PageData, PageEvent } from './data.ts';
import type { Arrow, Band, Row } from './model.ts';

export const ROW_PX = 20;
const HEAD_PX = 30;
const TIME_PX = 84;
const NEAR_ROWS = 30;
const SVG = 'http://www.w3.org/2000/svg';

export interface Scene {
  readonly rows: readonly Row[];
  readonly arrows: readonly Arrow[];
  readonly bands: readonly Band[];
  /** Indices of events. */
  readonly found: ReadonlySet<number>;
  readonly chosen: number;
}

/** Of a message the send tells what is in it; the rest need not repeat it. */
function wordsOf({ k, text }: PageEvent): string {
  if (k !== 'deliver' && k !== 'drop') return text;
  const [head = text] = text.split(/ [{["]/);
  const [tail = ''] = / (\(second copy\)|is lost \(\w+\))$/.exec(text) ?? [];
  return `${head}${tail === '' ? (k === 'drop' ? ' is lost' : ' arrives') : tail}`;
}

type Attributes = Readonly<Record<string, string | number>>;

function add(parent: Element, name: string, attributes: Attributes, text?: string): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

export class Diagram {
  readonly element: HTMLElement;
  readonly #data: PageData;
  readonly #svg: SVGElement;
  readonly #room: HTMLElement;
  readonly #heads: HTMLElement[];
  #scene: Scene = { rows: [], arrows: [], bands: [], found: new Set(), chosen: -1 };

  constructor(data: PageData, onChoose: (event: number) => void) {
    this.#data = data;
    this.element = document.createElement('main');
    this.element.className = 'diagram';
    this.element.tabIndex = 0;
    this.element.setAttribute('aria-label', 'events of the run, one a row; arrow keys step');
    const lanes = document.createElement('div');
    lanes.className = 'lanes';
    this.#heads = data.nodes.map((node) => {
      const head = document.createElement('span');
      head.textContent = node;
      lanes.append(head);
      return head;
    });
    this.#room = document.createElement('div');
    this.#svg = document.createElementNS(SVG, 'svg');
    this.element.append(lanes, this.#room, this.#svg);
    this.element.addEventListener('scroll', () => requestAnimationFrame(() => this.#draw()));
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.#svg.addEventListener('click', (event) => {
      const row = (event.target as Element).closest('.row');
      if (row !== null) onChoose(Number(row.getAttribute('data-event')));
    });
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.#draw();
  }

  /** Brings the row of an event into the middle, unless it is well in sight. */
  reveal(event: number): void {
    const row = this.#scene.rows.findIndex(({ i }) => i >= event);
    if (row < 0) return;
    const y = HEAD_PX + row * ROW_PX;
    const { scrollTop, clientHeight } = this.element;
    if (y < scrollTop + 4 * ROW_PX || y > scrollTop + clientHeight - 4 * ROW_PX)
      this.element.scrollTop = y - clientHeight / 2;
    this.#draw();
  }

  #lanePx(): number {
    return Math.max(46, Math.min(110, (this.element.clientWidth * 0.45) / this.#data.nodes.length));
  }

  #x(lane: number): number {
    return TIME_PX + this.#lanePx() * (lane + 0.5) + 8;
  }

  #draw(): void {
    const { rows } = this.#scene;
    const { scrollTop, clientHeight, clientWidth } = this.element;
    this.#room.style.height = `${rows.length * ROW_PX + 2 * ROW_PX}px`;
    for (const [lane, head] of this.#heads.entries()) head.style.left = `${this.#x(lane)}px`;
    const first = Math.max(0, Math.floor((scrollTop - HEAD_PX) / ROW_PX) - NEAR_ROWS);
    const last = Math.min(rows.length, Math.ceil((scrollTop + clientHeight) / ROW_PX) + NEAR_ROWS);
    const height = (last - first) * ROW_PX + ROW_PX;
    this.#svg.replaceChildren();
    this.#svg.setAttribute('width', String(clientWidth - 2));
    this.#svg.setAttribute('height', String(height));
    this.#svg.style.top = `${HEAD_PX + first * ROW_PX}px`;
    this.#patterns();
    const y = (row: number) => (row - first + 0.5) * ROW_PX;
    const within = (from: number, to: number) => from <= last && to >= first;

    for (const band of this.#scene.bands) if (within(band.from, band.to)) this.#band(band, y);
    for (const lane of this.#data.nodes.keys())
      add(this.#svg, 'line', {
        class: 'lane',
        x1: this.#x(lane),
        x2: this.#x(lane),
        y1: 0,
        y2: height,
      });
    for (let row = first; row < last; row++) this.#row(rows[row] as Row, y(row), clientWidth);
    for (const arrow of this.#scene.arrows) if (within(arrow.from, arrow.to)) this.#arrow(arrow, y);
  }

  #patterns(): void {
    const defs = add(this.#svg, 'defs', {});
    const hatch = add(defs, 'pattern', {
      id: 'hatch',
      width: 6,
      height: 6,
      patternUnits: 'userSpaceOnUse',
      patternTransform: 'rotate(45)',
    });
    add(hatch, 'rect', { width: 6, height: 6, fill: 'var(--redbg)' });
    add(hatch, 'line', { x1: 0, y1: 0, x2: 0, y2: 6, stroke: 'var(--red)', 'stroke-width': 1.4 });
    const dots = add(defs, 'pattern', {
      id: 'dots',
      width: 6,
      height: 6,
      patternUnits: 'userSpaceOnUse',
    });
    add(dots, 'rect', { width: 6, height: 6, fill: 'var(--grey)' });
    add(dots, 'circle', { cx: 2, cy: 2, r: 1.1, fill: 'var(--soft)' });
    const head = add(defs, 'marker', {
      id: 'head',
      viewBox: '0 0 8 8',
      refX: 7,
      refY: 4,
      markerWidth: 7,
      markerHeight: 7,
      orient: 'auto-start-reverse',
    });
    add(head, 'path', { d: 'M0 0 L8 4 L0 8 z', fill: 'context-stroke' });
  }

  #band({ lane, from, to, kind, label }: Band, y: (row: number) => number): void {
    const [x, top] = [this.#x(lane) - 13, y(from) - ROW_PX / 2];
    const height = Math.max(ROW_PX / 2, y(to) - y(from));
    add(this.#svg, 'rect', { class: `band ${kind}`, x, y: top, width: 26, height, rx: 4 });
    if (height >= ROW_PX)
      add(this.#svg, 'text', { class: 'bandlabel', x: x + 13, y: Math.max(top, 0) - 3 }, label);
  }

  #row({ event, i }: Row, y: number, width: number): void {
    const { found, chosen } = this.#scene;
    const quiet = ['timer', 'disk', 'send', 'deliver', 'change'].includes(event.k) ? 'quiet' : '';
    const classes = [
      'row',
      event.k,
      quiet,
      found.has(i) ? 'found' : '',
      i === chosen ? 'chosen' : '',
    ];
    const group = add(this.#svg, 'g', { class: classes.join(' '), 'data-event': i });
    const textX = TIME_PX + this.#lanePx() * this.#data.nodes.length + 24;
    if (['fault', 'note', 'fail'].includes(event.k))
      add(group, 'line', { x1: TIME_PX, x2: textX - 8, y1: y, y2: y });
    add(group, 'text', { class: 'time', x: TIME_PX - 10, y: y + 4 }, (event.at / 1000).toFixed(3));
    if (event.n !== undefined) this.#symbol(group, event.k, this.#x(event.n), y);
    const mark = event.k === 'fail' ? '✗ ' : '';
    const who =
      event.n === undefined || event.m !== undefined ? '' : `${this.#data.nodes[event.n]} `;
    const room = Math.max(20, Math.floor((width - textX) / 6.4));
    const text = `${mark}${who}${wordsOf(event)}`;
    add(
      group,
      'text',
      { class: 'what', x: textX, y: y + 4 },
      text.length > room ? `${text.slice(0, room - 1)}…` : text,
    );
    add(group, 'rect', { class: 'hit', x: 0, y: y - ROW_PX / 2, width, height: ROW_PX });
  }

  /** Shapes, not colours alone: a square is a crash, a ring a start, a diamond an output. */
  #symbol(group: SVGElement, kind: string, x: number, y: number): void {
    if (kind === 'crash' || kind === 'pause')
      add(group, 'rect', { x: x - 5, y: y - 5, width: 10, height: 10, fill: 'var(--red)' });
    else if (kind === 'boot' || kind === 'restart' || kind === 'resume')
      add(group, 'circle', {
        cx: x,
        cy: y,
        r: 4.5,
        fill: 'var(--bg)',
        stroke: 'var(--ink)',
        'stroke-width': 2,
      });
    else if (kind === 'emit' || kind === 'state')
      add(group, 'path', {
        d: `M${x} ${y - 6} L${x + 6} ${y} L${x} ${y + 6} L${x - 6} ${y} z`,
        fill: 'var(--blue)',
      });
    else add(group, 'circle', { class: 'dot', cx: x, cy: y, r: 3 });
  }

  #arrow(arrow: Arrow, y: (row: number) => number): void {
    const { fromLane, toLane, fate, send, end } = arrow;
    const isReply = / reply/.test(this.#data.events[send]?.text.slice(0, 60) ?? '');
    const isChosen = send === this.#scene.chosen || end === this.#scene.chosen;
    const [x1, y1, x2, y2] = [this.#x(fromLane), y(arrow.from), this.#x(toLane), y(arrow.to)];
    const share = fate === 'lost' ? 0.6 : 1;
    const [xe, ye] = [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share];
    const classes = ['arrow', fate, isReply ? 'reply' : '', isChosen ? 'chosen' : ''].join(' ');
    const marker: Attributes = fate === 'lost' ? {} : { 'marker-end': 'url(#head)' };
    add(this.#svg, 'line', { class: classes, x1, y1, x2: xe, y2: ye, ...marker });
    if (fate !== 'lost') return;
    add(this.#svg, 'line', { class: 'cross', x1: xe - 4, y1: ye - 4, x2: xe + 4, y2: ye + 4 });
    add(this.#svg, 'line', { class: 'cross', x1: xe - 4, y1: ye + 4, x2: xe + 4, y2: ye - 4 });
  }
}
