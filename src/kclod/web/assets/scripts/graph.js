// What a network is made of: things and what they are linked to, and where they stand.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import { keyOf } from "./rows.js";

const STEPS = 400;

/** Nodes and links of the records: items (with the number of their series) and what they are linked to. */
export function graph(records, series) {
  const nodes = new Map();
  const links = new Map();
  const node = (cell, kind) => {
    const id = keyOf(cell);
    if (!nodes.has(id)) nodes.set(id, { id, cell, name: cell.text, degree: 0, ...kind });
    return nodes.get(id);
  };
  for (const { item, linked, category, label } of records) {
    if (!item || !linked) continue;
    const [source, target] = [node(item, { item: true, series: series.get(keyOf(category)) ?? 1 }), node(linked, { item: false })];
    const id = `${source.id} ${target.id}`;
    if (!links.has(id)) {
      links.set(id, { source, target, labels: new Set() });
      source.degree += 1;
      target.degree += 1;
    }
    if (label) links.get(id).labels.add(label.text);
  }
  // in one order, so that the same data always give the same picture
  const found = [...nodes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const one of found) one.r = (one.item ? 5 : 6) + 2.6 * Math.sqrt(one.degree);
  return { nodes: found, links: [...links.values()] };
}

/** Give every node a place, `ratio` being how much wider than high the whole may be. */
export function arrange({ nodes, links }, ratio) {
  const pull = 0.055;
  for (const one of nodes) Object.assign(one, { x: undefined, y: undefined, vx: undefined, vy: undefined });
  forceSimulation(nodes)
    .force("link", forceLink(links).distance(({ source, target }) => 34 + source.r + target.r).strength(0.5))
    .force("apart", forceManyBody().strength((one) => (one.item ? -130 : -420)).distanceMax(700))
    .force("room", forceCollide((one) => (one.item ? one.r + 6 : one.r + 26)))
    .force("x", forceX(0).strength(pull / ratio))
    .force("y", forceY(0).strength(pull * ratio))
    .stop()
    .tick(STEPS);
}
