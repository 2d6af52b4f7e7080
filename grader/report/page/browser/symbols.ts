/** What marks an event on its lane. Shapes, not colours alone. */
import { draw } from './dom.ts';

/** Square: a crash or a pause; ring: a start; diamond: an output or a new role; triangle: a client. */
export function symbol(parent: Element, kind: string, x: number, y: number): void {
  switch (kind) {
    case 'crash':
    case 'pause':
      draw(parent, 'rect', { class: 'symbol bad', x: x - 5, y: y - 5, width: 10, height: 10 });
      break;
    case 'boot':
    case 'restart':
    case 'resume':
      draw(parent, 'circle', { class: 'symbol ring', cx: x, cy: y, r: 4.5 });
      break;
    case 'emit':
    case 'state':
      draw(parent, 'path', { class: 'symbol', d: `M${x} ${y - 6}l6 6l-6 6l-6 -6z` });
      break;
    case 'call':
      draw(parent, 'path', { class: 'symbol client', d: `M${x + 5} ${y - 5}v10l-9 -5z` });
      break;
    case 'return':
      draw(parent, 'path', { class: 'symbol client', d: `M${x - 4} ${y - 5}v10l9 -5z` });
      break;
    case 'change':
      draw(parent, 'circle', { class: 'dot small', cx: x, cy: y, r: 1.8 });
      break;
    default:
      draw(parent, 'circle', { class: 'dot', cx: x, cy: y, r: 3 });
  }
}
