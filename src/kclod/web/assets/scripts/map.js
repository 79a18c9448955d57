// Things at their places on the earth. The outlines come with the site; what is close together at a scale is one mark.
import { geoGraticule10, geoNaturalEarth1, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import fine from "world-atlas/countries-50m.json";
import coarse from "world-atlas/countries-110m.json";
import { cellNode, el, svg, textWidth } from "./dom.js";
import { keyOf, numberOf } from "./rows.js";

const DETAIL = 420; // pixels of a radian from which the fine outlines are worth five times the bytes of the coarse ones
const loaded = new Map();

/** Land and borders of the world, loaded once. */
function outlines(address) {
  if (!loaded.has(address)) {
    loaded.set(
      address,
      fetch(new URL(address, import.meta.url))
        .then((response) => response.json())
        .then((atlas) => ({ land: feature(atlas, atlas.objects.land), borders: mesh(atlas, atlas.objects.countries, (a, b) => a !== b) })),
    );
  }
  return loaded.get(address);
}

export function draw(place, records, { word, series, width }) {
  const located = [];
  const elsewhere = new Map();
  for (const record of records) {
    const [latitude, longitude] = [numberOf(record.latitude), numberOf(record.longitude)];
    if (record.item && latitude !== null && longitude !== null) located.push({ ...record, at: [longitude, latitude] });
    else if (record.item) elsewhere.set(`${keyOf(record.item)} ${keyOf(record.place)}`, record);
  }
  width = Math.max(width, 280);
  const height = Math.round(Math.min(Math.max(width * 0.55, 260), 560));
  const edge = Math.min(60, width / 14);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart world", role: "group", "aria-label": word("map"), tabindex: 0 });
  const under = svg("g", { "aria-hidden": "true" });
  const over = svg("g");
  root.append(under, over);
  const about = el("div", { class: "about-node", "aria-live": "polite" });
  const button = (text, name, action) => el("button", { type: "button", class: "plain", "aria-label": word(name), title: word(name), onclick: action }, text);
  const view = { scale: 1, centre: null };
  const frame = el("div", { class: "map-frame" }, root, el("p", { class: "buttons" }, button("+", "zoom-in", () => zoom(1.8)), button("−", "zoom-out", () => zoom(1 / 1.8)), button("⤢", "fit", () => zoom(0))));
  place.append(frame, key(word), about);
  if (elsewhere.size) {
    place.append(
      el(
        "details",
        { class: "aside" },
        el("summary", {}, word("unplaced", { n: elsewhere.size })),
        el("ul", {}, [...elsewhere.values()].map((one) => el("li", {}, cellNode(one.item), one.place ? [" · ", cellNode(one.place)] : ""))),
      ),
    );
  }

  const turn = widestGap(located.map((one) => one.at[0]));
  const points = { type: "MultiPoint", coordinates: located.length ? located.map((one) => one.at) : [[0, 0]] };
  const whole = () => geoNaturalEarth1().rotate([-turn, 0]);
  const projection = whole();
  const taken = [];
  let world = null;
  let wanted = null;

  function aim() {
    const fitted = whole().fitExtent([[edge, edge], [width - edge, height - edge]], located.length > 1 ? points : { type: "Sphere" });
    const most = whole().fitSize([width, height], { type: "Sphere" }).scale() * 6;
    projection.scale(Math.min(fitted.scale(), most) * view.scale).translate([width / 2, height / 2]);
    const middle = view.centre ?? fitted.invert([width / 2, height / 2]);
    projection.rotate([-turn, 0]).translate([0, 0]);
    const [px, py] = projection(middle);
    projection.translate([width / 2 - px, height / 2 - py]);
    view.centre = middle;
  }

  function show() {
    aim();
    outline();
    const path = geoPath(projection).digits(1);
    under.replaceChildren(svg("path", { class: "grid", d: path(geoGraticule10()) }));
    if (world) under.append(svg("path", { class: "land", d: path(world.land) }), svg("path", { class: "shore", d: path(world.borders) }));
    taken.length = 0;
    const groups = clusters();
    for (const { x, y, members } of groups) taken.push([x - 6, y - 10, x + 6 + 3 * Math.sqrt(members.length), y + 10]);
    over.replaceChildren(...groups.flatMap(dot));
  }

  /** Outlines as fine as the scale asks for; what is there is shown until they have come. */
  function outline() {
    const address = wanted === fine || projection.scale() > DETAIL ? fine : coarse;
    if (address === wanted) return;
    wanted = address;
    outlines(address).then((found) => {
      if (address !== wanted) return;
      world = found;
      show();
      root.dataset.land = "yes";
    });
  }

  function clusters() {
    const found = [];
    for (const one of located) {
      const [x, y] = projection(one.at);
      if (x < -20 || y < -20 || x > width + 20 || y > height + 20) continue;
      const near = found.find((group) => Math.hypot(group.x - x, group.y - y) < 18);
      if (near) near.members.push(one);
      else found.push({ x, y, members: [one] });
    }
    return found.sort((a, b) => b.members.length - a.members.length);
  }

  function dot({ x, y, members }) {
    const items = new Set(members.map((one) => keyOf(one.item)));
    const places = [...new Map(members.map((one) => [keyOf(one.place), one.place?.text ?? one.item.text])).values()];
    const name = places.length > 2 ? `${places.slice(0, 2).join(", ")} …` : places.join(", ");
    const r = 6 + 3.2 * Math.sqrt(items.size);
    const kinds = new Set(members.map((one) => keyOf(one.category)));
    const tone = kinds.size === 1 ? `series-${series.get([...kinds][0]) ?? 1}` : "series-8";
    const pick = () => tell(members, name);
    const [right, label] = labelled(x, y, r, name);
    const button = svg(
      "g",
      { class: `place mark-of ${tone}`, tabindex: 0, role: "button", "aria-label": word("at-place", { n: items.size, place: name }), onclick: pick, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(); } } },
      svg("circle", { class: "mark", cx: x, cy: y, r }),
    );
    // names and numbers are no part of the button, whose own name says both
    const seen = svg(
      "g",
      { class: "place seen", "aria-hidden": "true" },
      items.size > 1 ? svg("text", { class: "inside", x, y: y + 4, "text-anchor": "middle", "aria-hidden": "true" }, items.size) : null,
      label && svg("text", { x: right ? x + r + 5 : x - r - 5, y: y + 4.5, "text-anchor": right ? "start" : "end", "aria-hidden": "true" }, label),
    );
    return [button, seen];
  }

  /** Where a name has room that no other name has taken, right or left of its mark; no name otherwise. */
  function labelled(x, y, r, text) {
    const long = textWidth(text, `13px ${getComputedStyle(document.body).fontFamily}`);
    for (const right of [true, false]) {
      const [from, to] = right ? [x + r + 5, x + r + 5 + long] : [x - r - 5 - long, x - r - 5];
      const free = from > 0 && to < width && !taken.some(([a, b, c, d]) => from < c && to > a && y - 9 < d && y + 9 > b);
      if (!free) continue;
      taken.push([from, y - 9, to, y + 9]);
      return [right, text];
    }
    return [true, null];
  }

  function tell(members, name) {
    const one = new Map(members.map((member) => [`${keyOf(member.item)} ${keyOf(member.place)}`, member]));
    about.replaceChildren(
      el("p", {}, el("b", {}, name)),
      el("ul", {}, [...one.values()].map((member) => el("li", {}, el("span", { class: `swatch series-${series.get(keyOf(member.category)) ?? 1}`, "aria-hidden": "true" }), cellNode(member.item), one.size > 1 && member.place ? [" · ", cellNode(member.place)] : ""))),
    );
    if (new Set(members.map((member) => `${member.at}`)).size > 1) {
      view.centre = [members.reduce((sum, m) => sum + m.at[0], 0) / members.length, members.reduce((sum, m) => sum + m.at[1], 0) / members.length];
      zoom(2.6);
    }
  }

  function zoom(factor) {
    if (factor) view.scale = Math.min(Math.max(view.scale * factor, 0.5), 60);
    else Object.assign(view, { scale: 1, centre: null });
    show();
  }

  function move(dx, dy) {
    view.centre = projection.invert([width / 2 + dx, height / 2 + dy]) ?? view.centre;
    show();
  }

  root.addEventListener("keydown", (event) => {
    if (event.target !== root) return;
    const steps = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60] };
    if (steps[event.key]) move(...steps[event.key]);
    else if (event.key === "+") zoom(1.8);
    else if (event.key === "-") zoom(1 / 1.8);
    else return;
    event.preventDefault();
  });
  let grip = null;
  root.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse") grip = [event.clientX, event.clientY]; });
  root.addEventListener("pointermove", (event) => {
    if (!grip || !event.buttons) return;
    const ratio = width / root.clientWidth;
    const [dx, dy] = [(grip[0] - event.clientX) * ratio, (grip[1] - event.clientY) * ratio];
    if (Math.hypot(dx, dy) < 4) return;
    grip = [event.clientX, event.clientY];
    move(dx, dy);
  });
  root.addEventListener("pointerup", () => { grip = null; });

  show();
  return { svg: () => root };
}

/** What a mark without the colour of a kind stands for. */
function key(word) {
  const mark = svg("svg", { viewBox: "0 0 34 12", width: 34, height: 12, class: "chart any", "aria-hidden": "true" }, svg("circle", { class: "mark", cx: 17, cy: 6, r: 5.5 }));
  return el("ul", { class: "chart-key" }, el("li", {}, mark, ` ${word("mixed")}`));
}

/** The longitude opposite the widest stretch without a point, so that what belongs together is not torn apart. */
function widestGap(longitudes) {
  const sorted = [...new Set(longitudes)].sort((a, b) => a - b);
  if (!sorted.length) return 0;
  let [best, middle] = [-1, 0];
  sorted.forEach((from, index) => {
    const to = index + 1 < sorted.length ? sorted[index + 1] : sorted[0] + 360;
    if (to - from > best) [best, middle] = [to - from, (from + to) / 2];
  });
  return middle > 0 ? middle - 180 : middle + 180;
}
