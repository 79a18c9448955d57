// Things and what they are linked to. Items are coloured by category; what they are linked to is drawn round. The list
// beside the picture leads to every node without a pointer. A name is written where it covers no other one.
import { cellNode, el, svg, textWidth } from "./dom.js";
import { arrange, graph } from "./graph.js";

const FONT = 13;
const LINE = 15;
const WIDEST = 150;
const MARGIN = 26;
const NEAR = 1.6;
const MOST = 8;
const HUB = 3;

export function draw(place, records, { word, series, data }) {
  const { nodes, links } = graph(records, series);
  const board = el("div", { class: "board", role: "img", "aria-label": word("network", { n: nodes.length }) });
  const about = el("div", { class: "about-node", "aria-live": "polite" });
  const list = el("select", { onchange: () => choose(list.value, true) }, el("option", { value: "" }, word("choose")));
  const language = document.documentElement.lang;
  list.append(...nodes.toSorted((a, b) => a.name.localeCompare(b.name, language)).map(({ id, name }) => el("option", { value: id }, name)));
  const button = (text, name, action) => el("button", { type: "button", class: "plain", "aria-label": word(name), title: word(name), onclick: action }, text);
  place.append(
    el("div", { class: "tools" }, el("label", {}, el("span", {}, word("find")), list), el("span", { class: "buttons" }, button("+", "zoom-in", () => zoom(1.5)), button("−", "zoom-out", () => zoom(1 / 1.5)), button("⤢", "fit", () => zoom(0)))),
    board,
    key(data),
    about,
  );

  const root = svg("svg", { class: "chart net" });
  const font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
  const bold = `600 ${font}`;
  const edges = links.map((link) => ({ link, line: svg("line", { class: "link" }) }));
  const marks = nodes.map((node) => {
    const { r } = node;
    const shape = node.item
      ? svg("rect", { class: `mark series-${node.series}`, x: -r, y: -r, width: 2 * r, height: 2 * r, rx: 3 })
      : svg("circle", { class: "ring", r });
    const group = svg("g", { class: "node", onclick: () => { if (!grip?.moved) choose(node.id); } }, shape, svg("title", {}, node.name));
    return { node, group, lines: wrapped(node.name, WIDEST, node.item ? font : bold) };
  });
  const names = svg("g", { class: "names" });
  root.append(svg("g", {}, edges.map(({ line }) => line)), svg("g", {}, marks.map(({ group }) => group)), names);
  board.append(root);
  const view = { zoom: 1, x: 0, y: 0 };
  let size = { width: 0, height: 0, scale: 1, x: 0, y: 0 };
  let chosen = null;
  let grip = null;

  /** The scale and middle at which everything is seen. */
  function fit() {
    const [xs, ys] = [nodes.map((one) => one.x), nodes.map((one) => one.y)];
    const [x1, x2, y1, y2] = nodes.length ? [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)] : [0, 1, 0, 1];
    const room = [size.width - 2 * MARGIN - 40, size.height - 2 * MARGIN - 2 * LINE];
    size = { ...size, scale: Math.min(room[0] / Math.max(x2 - x1, 1), room[1] / Math.max(y2 - y1, 1), 2), x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
    Object.assign(view, { zoom: 1, x: size.x, y: size.y });
    show();
  }

  const at = ({ x, y }) => {
    const scale = size.scale * view.zoom;
    return [(x - view.x) * scale + size.width / 2, (y - view.y) * scale + size.height / 2 - LINE / 2];
  };

  function show() {
    root.classList.toggle("close", view.zoom > 1);
    const near = chosen && new Set([chosen, ...links.filter((one) => one.source === chosen || one.target === chosen).flatMap((one) => [one.source, one.target])]);
    const small = Math.min(Math.max(Math.sqrt(size.scale * view.zoom), 0.55), 1); // marks of a small picture
    const covered = [];
    const taken = [];
    for (const { node, group } of marks) {
      const [x, y] = at(node);
      group.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${small.toFixed(2)})`);
      group.classList.toggle("far", Boolean(near && !near.has(node)));
      group.classList.toggle("chosen", node === chosen);
      const r = node.r * small;
      covered.push([x - r, y - r, x + r, y + r]);
    }
    const roles = [];
    for (const { link, line } of edges) {
      const [[x1, y1], [x2, y2]] = [at(link.source), at(link.target)];
      for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, value.toFixed(1));
      const touched = chosen && (link.source === chosen || link.target === chosen);
      line.classList.toggle("near", Boolean(touched));
      line.classList.toggle("far", Boolean(near && !touched));
      if (touched && link.labels.size) roles.push({ lines: [[...link.labels].join(", ")], x: (x1 + x2) / 2, y: (y1 + y2) / 2, r: -LINE / 2, class: "minor" });
    }
    const wanted = marks
      .filter(({ node }) => (near ? near.has(node) : !node.item || view.zoom > NEAR))
      .sort((a, b) => (b.node === chosen) - (a.node === chosen) || a.node.item - b.node.item || b.node.degree - a.node.degree)
      .map(({ node, lines }) => {
        const [x, y] = at(node);
        return { lines, x, y, weight: near ? HUB : node.degree, r: node.r * small, class: node.item ? "minor" : "name" };
      });
    const first = [...wanted, ...roles].map((one) => [one, written(one, taken, covered)]);
    // a name of weight is rather written over marks than not at all
    names.replaceChildren(...first.map(([one, text]) => text ?? (one.weight >= HUB ? written(one, taken, []) : null)).filter(Boolean));
  }

  /** A name below its node, above it, or beside it, where there is room; null where there is none. */
  function written({ lines, x, y, r, class: name }, taken, covered) {
    const wide = Math.max(...lines.map((line) => textWidth(line, name === "name" ? bold : font))) + 4;
    const high = lines.length * LINE;
    const places = r < 0 ? [[x, y - high / 2, "middle"]] : [[x, y + r + 2, "middle"], [x, y - r - 2 - high, "middle"], [x + r + 4, y - high / 2, "start"], [x - r - 4, y - high / 2, "end"], [x - r, y + r + 2, "start"], [x + r, y + r + 2, "end"]];
    for (const [px, top, anchor] of places) {
      const from = anchor === "middle" ? px - wide / 2 : anchor === "start" ? px : px - wide;
      const box = [from, top, from + wide, top + high];
      const inside = box[0] >= 2 && box[1] >= 2 && box[2] <= size.width - 2 && box[3] <= size.height - 2;
      if (!inside || [...taken, ...covered].some(([a, b, c, d]) => box[0] < c && box[2] > a && box[1] < d && box[3] > b)) continue;
      taken.push(box);
      return svg("text", { class: name, "text-anchor": anchor }, lines.map((line, index) => svg("tspan", { x: px.toFixed(1), y: (top + LINE * (index + 0.8)).toFixed(1) }, line)));
    }
    return null;
  }

  function choose(id, centre = false) {
    chosen = nodes.find((one) => one.id === id) ?? null;
    list.value = id ?? "";
    about.replaceChildren();
    if (chosen) {
      if (centre && view.zoom > 1) Object.assign(view, { x: chosen.x, y: chosen.y });
      const touching = links.filter((one) => one.source === chosen || one.target === chosen);
      const others = touching.map((one) => ({ cell: (one.source === chosen ? one.target : one.source).cell, label: [...one.labels].join(", ") }));
      others.sort((a, b) => a.cell.text.localeCompare(b.cell.text, language));
      about.append(
        el("p", {}, el("b", {}, cellNode(chosen.cell)), ` ${word("links", { n: others.length })}`),
        el("ul", {}, others.map(({ cell, label }) => el("li", {}, cellNode(cell), label ? el("span", { class: "quiet" }, ` · ${label}`) : ""))),
      );
    }
    show();
  }

  function zoom(factor) {
    if (!factor) return fit();
    view.zoom = Math.min(Math.max(view.zoom * factor, 1), MOST);
    if (view.zoom === 1) Object.assign(view, { x: size.x, y: size.y });
    else if (chosen && factor > 1) Object.assign(view, { x: chosen.x, y: chosen.y });
    return show();
  }

  root.addEventListener("pointerdown", (event) => { grip = { x: event.clientX, y: event.clientY, moved: false }; });
  root.addEventListener("pointermove", (event) => {
    if (!grip || !event.buttons || (event.pointerType !== "mouse" && view.zoom === 1)) return;
    const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
    if (!grip.moved && Math.hypot(dx, dy) < 5) return;
    if (!grip.moved) root.setPointerCapture(event.pointerId);
    const scale = size.scale * view.zoom * (root.clientWidth / size.width);
    grip = { x: event.clientX, y: event.clientY, moved: true };
    view.x -= dx / scale;
    view.y -= dy / scale;
    show();
  });
  root.addEventListener("click", (event) => { if (event.target === root && !grip?.moved) choose(null); });
  function arranged() {
    size = { ...size, width: Math.max(board.clientWidth, 240), height: Math.max(board.clientHeight, 240) };
    root.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    arrange({ nodes, links }, size.width / size.height);
    fit();
  }

  arranged();
  return { svg: () => root, resized: arranged };
}

/** What the two shapes stand for, by the headings of their columns. */
function key({ columns, parts }) {
  const heading = (part) => columns.find((column) => column.name === parts[part]?.[0])?.heading ?? "";
  const sample = (shape) => svg("svg", { viewBox: "0 0 34 12", width: 34, height: 12, class: "chart any", "aria-hidden": "true" }, shape);
  return el(
    "ul",
    { class: "chart-key" },
    el("li", {}, sample(svg("circle", { class: "ring", cx: 17, cy: 6, r: 4.5 })), ` ${heading("linked")}`),
    el("li", {}, sample(svg("rect", { class: "mark", x: 12, y: 1, width: 10, height: 10, rx: 2 })), ` ${heading("item")}`),
  );
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
