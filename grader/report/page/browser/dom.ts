/** Helpers for making elements, as the page has no library. */

export type Attributes = Readonly<Record<string, string | number>>;

const SVG = 'http://www.w3.org/2000/svg';

/** Appends an SVG element. */
export function draw(
  parent: Element,
  name: string,
  attributes: Attributes,
  text?: string,
): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** Makes an HTML element with a class, and texts or elements in it. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  ...children: readonly (string | Node)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
}

/** A button that reads as a link. */
export function link(text: string, onClick: () => void): HTMLButtonElement {
  const button = make('button', 'link', text);
  button.type = 'button';
  button.addEventListener('click', onClick);
  return button;
}

/** Virtual milliseconds as seconds: `1.204`. */
export const seconds = (ms: number) => (ms / 1000).toFixed(3);
