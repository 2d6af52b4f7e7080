/** What is wrong with the run, at the top of the panel: rule, evidence, story, question, command. */

import type { PageData, PageFinding, PageOperation } from '../data.ts';
import { chartOf } from './chart.ts';
import { draw, link, make, seconds } from './dom.ts';

export function findingOf(data: PageData, goTo: (event: number) => void): HTMLElement {
  const { finding, verdict, command, shrunk } = data;
  const card = make('section', `finding ${verdict}`);
  const entry = (label: string, ...value: (string | Node)[]) =>
    card.append(make('h2', '', label), make('div', 'value', ...value));
  if (finding === undefined) card.append(make('p', '', 'No rule was broken in this run.'));
  else {
    const { rule, evidence, lookAt, picture, story, core } = finding;
    card.append(make('p', 'rule', ...ruleWords(rule)));
    entry('Evidence', evidence);
    if (core.length > 0) card.append(coreChart(core, goTo));
    if (picture !== undefined) card.append(make('pre', '', picture.join('\n')));
    if (story.length > 0) entry('Story', storyList(story, goTo));
    if (lookAt !== undefined) card.append(make('p', 'question', lookAt));
  }
  if (data.chart !== undefined) card.append(chartOf(data.chart));
  if (shrunk !== undefined) entry('Shrunk', shrunk);
  entry('Replay', make('code', '', command), copyButton(command));
  return card;
}

/** `Name (source): what must hold`, the name in bold. */
function ruleWords(rule: string): (string | Node)[] {
  const at = rule.indexOf(': ');
  if (at < 0 || at > 60) return [make('strong', '', rule)];
  return [make('strong', '', rule.slice(0, at)), make('br'), rule.slice(at + 2)];
}

function storyList(story: PageFinding['story'], goTo: (event: number) => void): HTMLElement {
  const list = make('ol', 'story');
  for (const { at, text, i } of story) {
    const words = i === undefined ? text : link(text, () => goTo(i));
    list.append(make('li', '', make('time', '', seconds(at)), words));
  }
  return list;
}

function copyButton(text: string): HTMLElement {
  const button = link('copy', async () => {
    await navigator.clipboard?.writeText(text).catch(() => {});
    button.textContent = 'copied';
  });
  return button;
}

const WIDTH = 400;
const LANE = 26;
const OPERATIONS_MAX = 12;

/** The operations that are impossible together: a lane for each client, time from left to right. */
function coreChart(core: readonly PageOperation[], goTo: (event: number) => void): HTMLElement {
  const shown = core.slice(-OPERATIONS_MAX);
  const clients = [...new Set(shown.map(({ client }) => client))];
  const times = [
    ...new Set(shown.flatMap(({ from, to }) => (to === undefined ? [from] : [from, to]))),
  ];
  times.sort((a, b) => a - b);
  // The order is kept, true lengths are not: every instant gets the same room.
  const x = (time: number) =>
    30 + ((WIDTH - 62) * times.indexOf(time)) / Math.max(1, times.length - 1);
  const height = clients.length * LANE + 6;
  const figure = make('figure', 'core');
  const svg = draw(figure, 'svg', { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img' });
  for (const [lane, client] of clients.entries()) {
    const y = lane * LANE + LANE / 2 + 3;
    draw(svg, 'text', { x: 0, y: y + 4 }, client);
    draw(svg, 'line', { class: 'axis', x1: 26, x2: WIDTH, y1: y, y2: y });
  }
  for (const [number, { client, from, to, isCulprit }] of shown.entries()) {
    const y = clients.indexOf(client) * LANE + 6;
    const width = Math.max(14, (to === undefined ? WIDTH - 4 : x(to)) - x(from));
    const classes = `bar ${isCulprit ? 'culprit' : ''} ${to === undefined ? 'open' : ''}`;
    draw(svg, 'rect', { class: classes, x: x(from), y, width, height: LANE - 6, rx: 5 });
    draw(svg, 'text', { class: 'number', x: x(from) + width / 2, y: y + 14 }, String(number + 1));
  }
  const list = make('ol', 'operations');
  for (const { client, text, from, to, isCulprit, call } of shown) {
    const item = make('li', isCulprit ? 'culprit' : '');
    const words = `${client} ${text}`;
    item.append(call === undefined ? words : link(words, () => goTo(call)));
    const end = to === undefined ? 'never answered' : seconds(to);
    item.append(make('time', '', ` ${seconds(from)} – ${end}`), isCulprit ? ' ✗' : '');
    list.append(item);
  }
  figure.append(list);
  return figure;
}
