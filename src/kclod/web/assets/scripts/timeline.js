// Things along time. The shape of a mark says how exact its date is: a dot is a day, a bar the span in which it lies, a
// dashed bar an uncertain date, an arrow an open end.
import { max, min } from "d3-array";
import { scaleUtc } from "d3-scale";
import { cellNode, el, shortened, svg, textWidth } from "./dom.js";
import { span } from "./edtf.js";
import { keyOf } from "./rows.js";

const FONT = 13;
const LANE = 25;
const TOP = 30;
const OPEN = 26;
const NARROW = 560;

export function draw(place, records, { word, series, width }) {
  const found = new Map();
  for (const record of records) {
    const key = `${keyOf(record.item)} ${record.date?.value ?? ""}`;
    if (record.item && !found.has(key)) found.set(key, { ...record, span: span(record.date?.value) ?? between(record) });
  }
  const dated = [...found.values()].filter((one) => one.span).sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  const undated = [...found.values()].filter((one) => !one.span);
  const root = chart(dated, { word, series, width: Math.max(width, 280) });
  place.append(root, key(word));
  if (undated.length) {
    place.append(
      el(
        "details",
        { class: "aside" },
        el("summary", {}, word("undated", { n: undated.length })),
        el("ul", {}, undated.map((one) => el("li", {}, mark(series, one), cellNode(one.item), one.date ? ` (${one.date.text})` : ""))),
      ),
    );
  }
  return { svg: () => root };
}

const mark = (series, one) => el("span", { class: `swatch series-${series.get(keyOf(one.category)) ?? 1}`, "aria-hidden": "true" });

function between({ earliest, latest }) {
  const [first, last] = [span(earliest?.value), span(latest?.value)];
  if (!first && !last) return null;
  return { ...(first ?? last), end: (last ?? first).end, openStart: !first, openEnd: !last, precision: "span" };
}

function chart(dated, { word, series, width }) {
  const style = getComputedStyle(document.body).fontFamily;
  const font = `${FONT}px ${style}`;
  const [left, right] = [8, 8];
  const first = min(dated, (one) => one.span.start) ?? Date.now();
  const last = max(dated, (one) => one.span.end) ?? Date.now() + 1;
  const room = (last - first) * 0.02 + 86_400_000;
  const x = scaleUtc([first - room, last + room], [left + OPEN, width - right - OPEN]);
  const lanes = [];
  const marks = dated.map((one) => {
    const exact = one.span.precision === "day";
    let [from, to] = [x(one.span.start), x(one.span.end)];
    if (exact) [from, to] = [(from + to) / 2 - 5, (from + to) / 2 + 5];
    else if (to - from < 10) [from, to] = [(from + to) / 2 - 5, (from + to) / 2 + 5];
    const [begin, end] = [from - (one.span.openStart ? OPEN : 0), to + (one.span.openEnd ? OPEN : 0)];
    if (width < NARROW) {
      // a name stands above its mark, for there is no room beside it
      const text = shortened(one.item.text, width - 16, font);
      const x0 = Math.min(Math.max((begin + end) / 2 - textWidth(text, font) / 2, 8), width - 8 - textWidth(text, font));
      return { one, from, to, begin, end, exact, text, lane: lanes.push(0) - 1, above: x0 };
    }
    const full = textWidth(one.item.text, font);
    const [after, before] = [width - right - end - 8, begin - left - 8];
    const onRight = full <= after || after >= before;
    const text = shortened(one.item.text, Math.max(onRight ? after : before, 24), font);
    const taken = textWidth(text, font);
    const extent = onRight ? [begin, end + 8 + taken] : [begin - 8 - taken, end];
    let lane = lanes.findIndex((until) => until + 14 < extent[0]);
    if (lane < 0) lane = lanes.push(0) - 1;
    lanes[lane] = extent[1];
    return { one, from, to, begin, end, exact, onRight, text, lane };
  });
  const step = width < NARROW ? 42 : LANE;
  const height = TOP + lanes.length * step + 12;
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": word("timeline"), class: "chart" });
  root.append(axis(x, width, height));
  for (const { one, from, to, begin, end, exact, onRight, text, lane, above } of marks) {
    const y = TOP + lane * step + step / 2 + (above === undefined ? 4 : 12);
    const doubt = `${one.span.uncertain ? " uncertain" : ""}${one.span.approximate ? " approximate" : ""}`;
    const shape = exact
      ? svg("circle", { cx: (from + to) / 2, cy: y, r: 5.5, class: `mark${doubt}` })
      : svg("rect", { x: from, y: y - 5, width: to - from, height: 10, rx: 5, class: `mark${doubt}` });
    const said = [one.item.text, one.date?.text ?? `${one.earliest?.text ?? "…"} – ${one.latest?.text ?? "…"}`].join(", ");
    const cut = text.endsWith("…");
    const at = { y: above === undefined ? y + 4.5 : y - 11, "aria-hidden": "true", "text-anchor": onRight || above !== undefined ? "start" : "end" };
    const [place, dots] = above !== undefined ? [above, above + textWidth(text.slice(0, -1), font)] : onRight ? [end + 8, end + 8 + textWidth(text.slice(0, -1), font)] : [begin - 8, begin - 8];
    root.append(
      svg(
        "a",
        { href: one.item.href, class: `series-${series.get(keyOf(one.category)) ?? 1}`, "aria-label": said },
        one.span.openStart ? arrow(from, begin, y) : null,
        one.span.openEnd ? arrow(to, end, y) : null,
        shape,
        svg("text", { ...at, x: cut && !onRight && above === undefined ? place - textWidth("…", font) : place }, cut ? text.slice(0, -1) : text),
      ),
      ...(cut ? [svg("text", { ...at, x: dots }, "…")] : []), // not in the link: what is seen there is a part of its name
    );
  }
  return root;
}

const arrow = (from, to, y) => {
  const turn = Math.sign(to - from) * 5;
  return svg("path", { class: "open", d: `M${from} ${y}H${to}m${-turn} -4l${turn} 4l${-turn} 4` });
};

function axis(x, width, height) {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const group = svg("g", { class: "axis", "aria-hidden": "true" });
  const ticks = x.ticks(Math.max(3, Math.floor(width / 110)));
  for (const tick of ticks) {
    const format = tick.getUTCDate() > 1 ? { month: "short", day: "numeric" } : tick.getUTCMonth() > 0 ? { month: "short", year: "numeric" } : { year: "numeric" };
    const at = Math.round(x(tick)) + 0.5;
    group.append(
      svg("line", { x1: at, x2: at, y1: TOP - 6, y2: height }),
      svg("text", { x: at, y: TOP - 13, "text-anchor": "middle" }, new Intl.DateTimeFormat(language, { ...format, timeZone: "UTC" }).format(tick)),
    );
  }
  return group;
}

function key(word) {
  const sample = (...parts) => svg("svg", { viewBox: "0 0 34 12", width: 34, height: 12, class: "chart", "aria-hidden": "true" }, ...parts);
  const entries = [
    [sample(svg("circle", { cx: 17, cy: 6, r: 5, class: "mark" })), "day"],
    [sample(svg("rect", { x: 2, y: 1, width: 30, height: 10, rx: 5, class: "mark" })), "span"],
    [sample(svg("rect", { x: 2, y: 1, width: 30, height: 10, rx: 5, class: "mark uncertain" })), "uncertain"],
    [sample(svg("rect", { x: 2, y: 1, width: 12, height: 10, rx: 5, class: "mark" }), arrow(14, 32, 6)), "open"],
  ];
  return el("ul", { class: "chart-key" }, entries.map(([picture, name]) => el("li", {}, picture, ` ${word(name)}`)));
}
