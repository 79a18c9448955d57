// Elements without markup: text from the data can never become an element.
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

let canvas;
/** The width of a text in pixels. */
export function textWidth(text, font) {
  canvas ??= document.createElement("canvas").getContext("2d");
  canvas.font = font;
  return canvas.measureText(text).width;
}

/** The text cut to a width, between words where it has some, with an ellipsis where something is missing. */
export function shortened(text, width, font) {
  if (textWidth(text, font) <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(`${text.slice(0, middle)}…`, font) <= width) low = middle;
    else high = middle - 1;
  }
  const part = text.slice(0, low);
  const words = /\s/.test(text[low] ?? " ") ? part : part.replace(/\s+\S*$/, "");
  const closed = words.replace(/\s*\([^)]*$/, "") || words; // not from the middle of an aside
  return `${closed.trimEnd()}…`;
}

/** A link to where a cell is described, or its text; in its own language where that is not the page's. */
export function cellNode(cell, extra) {
  if (!cell) return document.createTextNode("");
  const inner = el("bdi", { lang: cell.language }, cell.text);
  return cell.href ? el("a", { href: cell.href, title: cell.iri, ...extra }, inner) : inner;
}
