// Things under broader ones, each with a number: a list that opens, and a bar for each number. A thing under two others
// is there twice.
import { cellNode, el, svg } from "./dom.js";
import { keyOf, numberOf } from "./rows.js";

export function draw(place, records, { word }) {
  const items = new Map();
  for (const { item, parent, size } of records) {
    const key = keyOf(item);
    const entry = items.get(key) ?? { key, item, parents: new Set(), children: [], size: 0 };
    if (parent) entry.parents.add(keyOf(parent));
    entry.size = Math.max(entry.size, numberOf(size) ?? 0);
    items.set(key, entry);
  }
  const roots = [];
  for (const entry of items.values()) {
    const above = [...entry.parents].filter((key) => items.has(key) && key !== entry.key);
    if (!above.length) roots.push(entry);
    for (const key of above) items.get(key).children.push(entry);
  }
  const language = document.documentElement.lang;
  const order = (list) => list.sort((a, b) => b.size - a.size || a.item.text.localeCompare(b.item.text, language));
  const most = Math.max(1, ...[...items.values()].map((entry) => entry.size));
  const number = new Intl.NumberFormat(language);

  const bar = (entry) => {
    const picture = svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
    picture.append(svg("rect", { class: "series-1", width: (100 * entry.size) / most, height: 10 }));
    return picture;
  };
  const line = (entry) => el("span", { class: "line" }, el("span", { class: "name" }, cellNode(entry.item)), bar(entry), el("b", {}, number.format(entry.size)));
  const branch = (entry, above) => {
    if (above.has(entry.key)) return null; // a circle in the data ends here
    if (!entry.children.length) return el("li", {}, line(entry));
    const below = el("ul", {}, order([...entry.children]).map((child) => branch(child, new Set([...above, entry.key]))));
    const button = el("button", { type: "button", class: "twig", "aria-label": word("below", { name: entry.item.text }), onclick: () => open(below.hidden) });
    const open = (shown) => {
      below.hidden = !shown;
      button.setAttribute("aria-expanded", String(shown));
    };
    open(above.size < 1 && entry.size > 0);
    twigs.push(open);
    return el("li", {}, button, line(entry), below);
  };
  const twigs = [];
  const list = el("ul", { class: "count-tree" }, order(roots).map((entry) => branch(entry, new Set())));
  const all = (shown) => () => twigs.forEach((open) => open(shown));
  place.append(
    el("p", { class: "buttons" }, el("button", { type: "button", class: "plain", onclick: all(true) }, word("open-all")), el("button", { type: "button", class: "plain", onclick: all(false) }, word("close-all"))),
    list,
  );
  return { svg: () => asSvg(list, number, most) };
}

/** The lines that are open at the moment as a drawing, put for a moment into the page so that the sheet applies. */
function asSvg(list, number, most) {
  const lines = [...list.querySelectorAll(".line")].filter((line) => line.checkVisibility());
  const height = lines.length * 22 + 12;
  const root = svg("svg", { viewBox: `0 0 760 ${height}`, class: "chart unseen" });
  lines.forEach((line, index) => {
    let depth = -1;
    for (let node = line; node && node !== list; node = node.parentElement) if (node.tagName === "LI") depth += 1;
    const size = Number(line.querySelector("rect").getAttribute("width"));
    const y = index * 22 + 20;
    root.append(
      svg("text", { x: 10 + depth * 18, y }, line.querySelector(".name").textContent),
      svg("rect", { class: "mark series-1", x: 470, y: y - 10, width: size * 2.2, height: 11, rx: 2 }),
      svg("text", { x: 700, y }, line.querySelector("b").textContent),
    );
  });
  list.after(root);
  setTimeout(() => root.remove());
  return root;
}
