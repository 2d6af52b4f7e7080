/** The whole run on one strip: where leaders were, where faults struck, where the rule broke. */
import { make } from './dom.ts';
import type { Band, Rows } from './model.ts';
import type { Run } from './run.ts';

const WIDTH = 34;

export class Minimap {
  readonly element = make('div', 'minimap');
  readonly #canvas = make('canvas');
  readonly #window = make('div', 'window');
  readonly #run: Run;
  #rows = 1;

  constructor(run: Run, goTo: (row: number) => void) {
    this.#run = run;
    this.element.append(this.#canvas, this.#window);
    this.element.title = 'the whole run; click to go there';
    const go = (event: PointerEvent) => {
      const { top, height } = this.element.getBoundingClientRect();
      goTo(((event.clientY - top) / height) * this.#rows);
    };
    this.element.addEventListener('pointerdown', (event) => {
      this.element.setPointerCapture(event.pointerId);
      go(event);
    });
    this.element.addEventListener('pointermove', (event) => {
      if (event.buttons > 0) go(event);
    });
  }

  draw(rows: Rows, bands: readonly Band[], found: ReadonlySet<number>): void {
    this.#rows = Math.max(1, rows.length);
    const height = this.element.clientHeight;
    const scale = window.devicePixelRatio;
    this.#canvas.width = WIDTH * scale;
    this.#canvas.height = height * scale;
    const pen = this.#canvas.getContext('2d');
    if (pen === null || height === 0) return;
    pen.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const y = (row: number) => (row / this.#rows) * height;
    const lanePx = (WIDTH - 8) / this.#run.data.nodes.length;
    const fill = (name: string, x: number, top: number, width: number, bottom: number) => {
      pen.fillStyle = colour(name);
      pen.fillRect(x, top, width, Math.max(1.5, bottom - top));
    };
    for (const { kind, lane, from, to, term = 0 } of bands) {
      const name = { leader: `term${term % 6}`, down: 'red', paused: 'soft' }[kind as string];
      if (name !== undefined)
        fill(name, 4 + lane * lanePx, y(from), Math.max(2, lanePx - 1), y(to));
    }
    for (const [row, i] of rows.events.entries()) {
      const { k } = this.#run.events[i] ?? {};
      if (k === 'fault') fill('orange', 0, y(row), 3, 0);
      if (k === 'fail') fill('red', 0, y(row) - 1, WIDTH, y(row) + 1.5);
      if (found.has(i)) fill('found', WIDTH - 4, y(row), 4, 0);
    }
  }

  /** Marks the part that is in sight. */
  frame([first, last]: readonly [number, number]): void {
    this.#window.style.top = `${(100 * first) / this.#rows}%`;
    this.#window.style.height = `${(100 * Math.min(last - first, this.#rows)) / this.#rows}%`;
  }
}
