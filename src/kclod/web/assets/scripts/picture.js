// One picture: its filters and legend, and the drawing of its kind, drawn again when a choice or the width changes.
import { el } from "./dom.js";
import { distinct, keyOf, records, seriesOf } from "./rows.js";
import { speaker } from "./words.js";

const KINDS = {
  timeline: () => import("./timeline.js"),
  network: () => import("./network.js"),
  map: () => import("./map.js"),
  tree: () => import("./tree.js"),
  bars: () => import("./bars.js"),
};

/** Draw data into an element; gives an object whose `svg()` is the drawing as it is at the moment. */
export async function drawPicture(place, data) {
  const word = speaker(data.words);
  const { draw } = await KINDS[data.kind]();
  const all = records(data);
  const categories = distinct(all.map((record) => record.category));
  const series = seriesOf(categories);
  const chosen = new Map();
  const hidden = new Set();

  const canvas = el("div", { class: `canvas of-${data.kind}` });
  const status = el("p", { class: "quiet", role: "status" });
  const tools = el("div", { class: "tools" });
  for (const variable of data.parts.filter ?? []) {
    const heading = data.columns.find((column) => column.name === variable).heading;
    const values = distinct(all.map((record) => record.filters[variable]));
    if (values.length < 2) continue;
    values.sort((a, b) => a.cell.text.localeCompare(b.cell.text, document.documentElement.lang));
    const select = el(
      "select",
      { onchange: () => { chosen.set(variable, select.value); update(); } },
      el("option", { value: "" }, word("all")),
      values.map(({ key, cell }) => el("option", { value: key }, cell.text)),
    );
    tools.append(el("label", {}, el("span", {}, heading), select));
  }
  if (categories.length > 1) {
    const legend = el("fieldset", { class: "legend" }, el("legend", { class: "unseen" }, word("legend")));
    for (const { key, cell } of categories) {
      const box = el("input", { type: "checkbox", checked: true, onchange: () => { hidden[box.checked ? "delete" : "add"](key); update(); } });
      legend.append(el("label", {}, box, el("span", { class: `swatch series-${series.get(key)}`, "aria-hidden": "true" }), el("bdi", {}, cell.text)));
    }
    tools.append(legend);
  }
  place.replaceChildren(...(tools.childElementCount ? [tools] : []), canvas, status);
  place.hidden = false;

  let drawing = null;
  function update() {
    const shown = all.filter(
      (record) =>
        !hidden.has(keyOf(record.category)) &&
        [...chosen].every(([variable, key]) => !key || keyOf(record.filters[variable]) === key),
    );
    canvas.replaceChildren();
    drawing = draw(canvas, shown, { word, series, data, width: canvas.clientWidth });
    status.textContent = shown.length === all.length ? "" : word("shown", { n: new Set(shown.map((r) => keyOf(r.item))).size });
    canvas.dataset.drawn = "yes";
  }
  update();

  let width = canvas.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(canvas.clientWidth - width) < 8) return;
    width = canvas.clientWidth;
    if (drawing?.resized) drawing.resized();
    else update();
  }).observe(canvas);
  return { svg: () => drawing.svg() };
}
