// Things and what they are linked to. Items are coloured by category; what they are linked to is drawn round. The list
// beside the picture leads to every node without a pointer.
import cytoscape from "cytoscape";
import { cellNode, colour, el, svg, textWidth } from "./dom.js";
import { keyOf } from "./rows.js";

const LABEL = 150;

export function draw(place, records, { word, series }) {
  const [nodes, edges] = graph(records, series);
  const board = el("div", { class: "board", role: "img", "aria-label": word("network", { n: nodes.length }) });
  const about = el("div", { class: "about-node", "aria-live": "polite" });
  const list = el("select", {}, el("option", { value: "" }, word("choose")));
  const byName = [...nodes].sort((a, b) => a.data.name.localeCompare(b.data.name, document.documentElement.lang));
  list.append(...byName.map(({ data }) => el("option", { value: data.id }, data.name)));
  const button = (text, name, action) => el("button", { type: "button", class: "plain", "aria-label": word(name), title: word(name), onclick: action }, text);
  const middle = () => ({ x: board.clientWidth / 2, y: board.clientHeight / 2 });
  const zoom = (factor) => () => cy.zoom({ level: cy.zoom() * factor, renderedPosition: middle() });
  place.append(
    el("div", { class: "tools" }, el("label", {}, el("span", {}, word("find")), list), el("span", { class: "buttons" }, button("+", "zoom-in", zoom(1.4)), button("−", "zoom-out", zoom(1 / 1.4)), button("⤢", "fit", () => cy.fit(undefined, 20)))),
    board,
    about,
  );
  // The library would put a style element into the page, which the policy forbids; an element of this name tells it not to.
  if (!document.getElementById("__________cytoscape_stylesheet")) document.head.append(el("meta", { id: "__________cytoscape_stylesheet" }));

  const cy = cytoscape({
    container: board,
    elements: { nodes, edges },
    style: sheet(),
    layout: { name: "preset" },
    userZoomingEnabled: false,
    minZoom: 0.2,
    maxZoom: 4,
    boxSelectionEnabled: false,
    autoungrabify: false,
  });
  cy.layout({
    name: "cose",
    animate: false,
    randomize: false, // the same picture for the same data
    boundingBox: room(board),
    idealEdgeLength: () => 70,
    nodeRepulsion: () => 160000,
    nodeOverlap: 40,
    gravity: 0.9,
    numIter: 3000,
    componentSpacing: 70,
    fit: true,
    padding: 30,
  }).run();

  const whole = cy.zoom(); // names of items have room only when they are seen from near
  cy.on("zoom", () => cy.nodes("[role='item']").toggleClass("close", cy.zoom() > whole * 1.6));

  function choose(id) {
    cy.elements().removeClass("chosen near far");
    list.value = id ?? "";
    about.replaceChildren();
    if (!id) return;
    const node = cy.getElementById(id);
    cy.elements().addClass("far");
    node.closedNeighborhood().removeClass("far").addClass("near");
    node.addClass("chosen");
    const links = node.connectedEdges().map((edge) => {
      const other = edge.connectedNodes().difference(node)[0] ?? node;
      return { cell: other.data("cell"), label: edge.data("label") };
    });
    links.sort((a, b) => a.cell.text.localeCompare(b.cell.text, document.documentElement.lang));
    about.append(
      el("p", {}, el("b", {}, cellNode(node.data("cell"))), ` ${word("links", { n: links.length })}`),
      el("ul", {}, links.map(({ cell, label }) => el("li", {}, cellNode(cell), label ? el("span", { class: "quiet" }, ` · ${label}`) : ""))),
    );
  }
  list.addEventListener("change", () => {
    choose(list.value);
    if (list.value) cy.center(cy.getElementById(list.value));
  });
  cy.on("tap", "node", (event) => choose(event.target.id()));
  cy.on("tap", (event) => { if (event.target === cy) choose(null); });
  return {
    svg: () => asSvg(cy, place),
    end: () => cy.destroy(),
    resized: () => { cy.resize(); cy.fit(undefined, 16); },
    restyled: () => cy.style(sheet()),
  };
}

/** Room for the arrangement: as large for every screen, in the proportions of the board. */
function room({ clientWidth, clientHeight }) {
  const ratio = Math.sqrt(clientWidth / clientHeight);
  return { x1: 0, y1: 0, w: 900 * ratio, h: 900 / ratio };
}

function graph(records, series) {
  const nodes = new Map();
  const edges = new Map();
  const node = (cell, kind) => {
    const id = keyOf(cell);
    if (!nodes.has(id)) nodes.set(id, { data: { id, name: cell.text, cell, ...kind } });
    return id;
  };
  for (const { item, linked, category, label } of records) {
    if (!item || !linked) continue;
    const [from, to] = [node(item, { role: "item", series: series.get(keyOf(category)) ?? 1 }), node(linked, { role: "linked" })];
    const id = `${from} ${to}`;
    const known = edges.get(id);
    if (!known) edges.set(id, { data: { id, source: from, target: to, labels: new Set(label ? [label.text] : []) } });
    else if (label) known.data.labels.add(label.text);
  }
  const found = [...nodes.values()].sort((a, b) => (a.data.id < b.data.id ? -1 : 1));
  found.forEach((one, index) => {
    const angle = (2 * Math.PI * index) / found.length;
    one.position = { x: 300 * Math.cos(angle), y: 300 * Math.sin(angle) };
  });
  const degree = new Map();
  for (const { data } of edges.values()) for (const end of [data.source, data.target]) degree.set(end, (degree.get(end) ?? 0) + 1);
  for (const one of found) one.data.size = 16 + 6 * Math.sqrt(degree.get(one.data.id) ?? 1);
  return [found, [...edges.values()].map(({ data: { labels, ...data } }) => ({ data: { ...data, label: [...labels].join(", ") } }))];
}

function sheet() {
  const [ink, quiet, line, paper, link] = ["--ink", "--quiet", "--edge", "--paper", "--link"].map(colour);
  return [
    { selector: "node", style: { label: "data(name)", color: ink, "font-size": 15, "font-family": getComputedStyle(document.body).fontFamily, "text-wrap": "wrap", "text-max-width": LABEL, "text-valign": "bottom", "text-margin-y": 3, "text-outline-color": paper, "text-outline-width": 2, width: "data(size)", height: "data(size)", "background-color": paper, "border-width": 2, "border-color": quiet } },
    { selector: "node[role='linked']", style: { "font-weight": 600, "min-zoomed-font-size": 7 } },
    { selector: "node[role='item']", style: { shape: "round-rectangle", color: quiet, "font-size": 13, "border-width": 0, "text-opacity": 0 } },
    { selector: "node.close", style: { "text-opacity": 1 } },
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ selector: `node[role='item'][series=${n}]`, style: { "background-color": colour(`--series-${n}`) } })),
    { selector: "edge", style: { width: 1.2, "line-color": line, "curve-style": "straight", opacity: 0.75 } },
    { selector: ".far", style: { opacity: 0.15 } },
    { selector: "node.near", style: { "text-opacity": 1, "min-zoomed-font-size": 0, color: ink } },
    { selector: "edge.near", style: { "line-color": link, width: 2, opacity: 1, label: "data(label)", "font-size": 9, color: ink, "text-rotation": "autorotate", "text-background-color": paper, "text-background-opacity": 0.9 } },
    { selector: "node.chosen", style: { "border-color": link, "border-width": 4 } },
  ];
}

/** The picture as it is arranged at the moment, with the names that are seen. */
function asSvg(cy, place) {
  const font = `13px ${getComputedStyle(document.body).fontFamily}`;
  const box = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
  const nodes = cy.nodes().map((node) => {
    const [{ x, y }, size, item] = [node.position(), node.data("size"), node.data("role") === "item"];
    const lines = item && !node.hasClass("close") && !node.hasClass("near") ? [] : wrapped(node.data("name"), LABEL, font);
    const half = Math.max(size, ...lines.map((line) => textWidth(line, font))) / 2;
    box.x1 = Math.min(box.x1, x - half);
    box.x2 = Math.max(box.x2, x + half);
    box.y1 = Math.min(box.y1, y - size / 2);
    box.y2 = Math.max(box.y2, y + size / 2 + 4 + 15 * lines.length);
    return { x, y, size, item, lines, name: node.data("name"), series: node.data("series") };
  });
  const [x0, y0] = [box.x1 - 16, box.y1 - 16];
  const root = svg("svg", { viewBox: `0 0 ${Math.ceil(box.x2 - x0 + 16)} ${Math.ceil(box.y2 - y0 + 16)}`, class: "chart unseen" });
  cy.edges().forEach((edge) => {
    const [a, b] = [edge.source().position(), edge.target().position()];
    root.append(svg("line", { class: "link", x1: a.x - x0, y1: a.y - y0, x2: b.x - x0, y2: b.y - y0 }));
  });
  for (const { x, y, size, item, name, series } of nodes) {
    root.append(
      item
        ? svg("rect", { class: `mark series-${series}`, x: x - x0 - size / 2, y: y - y0 - size / 2, width: size, height: size, rx: 3 }, svg("title", {}, name))
        : svg("circle", { class: "ring", cx: x - x0, cy: y - y0, r: size / 2 }, svg("title", {}, name)),
    );
  }
  for (const { x, y, size, item, lines } of nodes) {
    lines.forEach((line, index) => {
      root.append(svg("text", { x: x - x0, y: y - y0 + size / 2 + 15 * (index + 1), "text-anchor": "middle", class: item ? "minor" : null }, line));
    });
  }
  place.append(root);
  setTimeout(() => root.remove());
  return root;
}

/** A text in lines of at most a width, broken between words. */
function wrapped(text, width, font) {
  const lines = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && textWidth(longer, font) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
