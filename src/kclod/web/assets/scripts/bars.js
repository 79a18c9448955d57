// A number for each of some things.
import { max, min } from "d3-array";
import { scaleLinear } from "d3-scale";
import { shortened, svg } from "./dom.js";
import { numberOf } from "./rows.js";

const ROW = 26;
const MOST = 60;

export function draw(place, records, { word, width }) {
  const bars = records.map(({ item, size }) => ({ item, size: numberOf(size) })).filter(({ item, size }) => item && size !== null).slice(0, MOST);
  const language = document.documentElement.lang;
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
  const names = Math.min(Math.max(width * 0.4, 110), 320);
  const font = `13px ${getComputedStyle(document.body).fontFamily}`;
  const x = scaleLinear([Math.min(0, min(bars, (b) => b.size) ?? 0), Math.max(0, max(bars, (b) => b.size) ?? 1)], [names + 8, Math.max(width, 260) - 70]);
  const height = bars.length * ROW + 8;
  const root = svg("svg", { viewBox: `0 0 ${Math.max(width, 260)} ${height}`, class: "chart", role: "group", "aria-label": word("bars") });
  bars.forEach(({ item, size }, index) => {
    const y = index * ROW + ROW / 2 + 4;
    root.append(
      svg(
        item.href ? "a" : "g",
        { role: item.href ? null : "img", href: item.href, class: "series-1", "aria-label": `${item.text}: ${format.format(size)}` },
        svg("text", { x: names, y: y + 4.5, "text-anchor": "end", "aria-hidden": "true" }, shortened(item.text, names - 8, font)),
        svg("rect", { class: "mark", x: Math.min(x(0), x(size)), y: y - 7, width: Math.max(1, Math.abs(x(size) - x(0))), height: 14, rx: 2 }),
        svg("text", { class: "figure", x: Math.max(x(0), x(size)) + 6, y: y + 4.5, "aria-hidden": "true" }, format.format(size)),
      ),
    );
  });
  place.append(root);
  return { svg: () => root };
}
