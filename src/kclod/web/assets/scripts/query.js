// The query page: answers come without leaving the page, and the plain form becomes an editor for who writes in it.
import { name, picturesOf, tableOf } from "./answers.js";
import { el } from "./dom.js";
import { saveSvg } from "./export.js";
import { fieldOf } from "./field.js";
import { drawPicture } from "./picture.js";
import { showTable } from "./table.js";
import { speaker } from "./words.js";

const form = document.querySelector("form.query");
const area = document.getElementById("query");
const RESULTS = "application/sparql-results+json";
const MOST_DRAWN = 5000;

const terms = await (await fetch(form.dataset.terms)).json();
const word = speaker(terms.words);
const endpoint = form.getAttribute("action");
const known = new Map();
const named = (rows) => name(rows, form.dataset.labels, known);
const result = document.getElementById("result-place");
const format = document.getElementById("format");
const button = form.querySelector("button[type=submit]");
const stop = el("button", { type: "button", class: "plain", hidden: true, onclick: () => running?.abort() }, word("stop"));
const share = el("button", { type: "button", class: "plain", onclick: copyLink }, word("share"));
const said = el("span", { class: "quiet", role: "status" });
button.after(stop, share, said);
form.append(el("p", { class: "quiet" }, word("keys")));

const field = fieldOf(area, terms, () => { run(); });
let running = null;

form.addEventListener("submit", (event) => {
  if (format.value !== "html") return; // a download: the form does it
  event.preventDefault();
  run();
});
for (const list of document.querySelectorAll(".topics")) {
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const query = link && new URL(link.href).searchParams.get("query");
    if (!query || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    field.value = query;
    form.scrollIntoView();
    run();
  });
}
addEventListener("popstate", () => {
  const query = new URLSearchParams(location.search).get("query");
  if (query) {
    field.value = query;
    run({ keep: true });
  }
});
if (new URLSearchParams(location.search).has("query")) run({ keep: true });
document.documentElement.dataset.editor = "ready";

function addressOf(query, more = {}) {
  const parameters = new URLSearchParams({ query, ...more });
  const language = new URLSearchParams(location.search).get("lang");
  if (language && !more.format) parameters.set("lang", language);
  return `${endpoint}?${parameters}`;
}

async function copyLink() {
  const address = new URL(addressOf(field.value), location.href).href;
  try {
    await navigator.clipboard.writeText(address);
    said.textContent = word("copied");
  } catch {
    result.prepend(el("p", {}, el("input", { type: "text", readonly: true, value: address, "aria-label": word("share") })));
  }
}

async function run({ keep = false } = {}) {
  const query = field.value;
  running?.abort();
  const mine = new AbortController();
  running = mine;
  field.mark();
  said.textContent = word("running");
  stop.hidden = false;
  result.setAttribute("aria-busy", "true");
  const started = performance.now();
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { Accept: `${RESULTS}, text/turtle;q=0.9, application/problem+json;q=0.5` },
      body: new URLSearchParams({ query }),
      signal: mine.signal,
    });
    const seconds = (performance.now() - started) / 1000;
    if (!response.ok) return await refuse(response);
    const kind = response.headers.get("Content-Type").split(";")[0];
    const heading = el("h2", { id: "result", tabindex: -1 }, word("result"));
    const place = el("div", {});
    if (kind === RESULTS) {
      const answer = await response.json();
      result.replaceChildren(heading, place);
      if ("boolean" in answer) place.append(el("p", { class: "answer" }, word(answer.boolean ? "yes" : "no")));
      else await showAnswers(place, answer, query, seconds);
    } else {
      const text = await response.text();
      result.replaceChildren(heading, downloads(query, ["ttl", "nt", "jsonld", "rdf"]), el("pre", { class: "code", tabindex: 0 }, el("code", {}, text)));
    }
    if (!keep) history.pushState(null, "", addressOf(query));
    said.textContent = "";
    heading.scrollIntoView({ block: "nearest" });
  } catch (error) {
    if (error.name === "AbortError") {
      if (running === mine) said.textContent = word("stopped");
    } else fail(word("unreachable"), `${error.message}`);
  } finally {
    if (running === mine) {
      stop.hidden = true;
      running = null;
      result.removeAttribute("aria-busy");
      result.dataset.state = "done";
    }
  }
}

async function showAnswers(place, answer, query, seconds) {
  const table = tableOf(answer, terms.prefixes);
  const plain = (text) => text.replace(/\s+/g, " ").trim();
  const declared = terms.queries.find(({ text }) => plain(text) === plain(query));
  for (const column of table.columns) column.heading = declared?.headings?.[column.name] ?? column.heading;
  const seconds3 = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 }).format(seconds);
  place.append(el("p", {}, word("rows-in", { n: table.rows.length, seconds: seconds3 })), downloads(query, ["json", "xml", "csv", "tsv"]));
  if (!table.rows.length) return;
  const views = [
    ["table", (panel) => showTable(panel, table, { word, named })],
    ...picturesOf(table, declared?.picture).map((picture) => [picture.kind, (panel) => drawInto(panel, { ...table, ...picture })]),
  ];
  const panel = el("div", { class: "view" });
  if (views.length > 1) {
    const tabs = views.map(([kind, show], index) => {
      const tab = el("button", { type: "button", "aria-pressed": String(index === 0), onclick: () => { tabs.forEach((one) => one.setAttribute("aria-pressed", String(one === tab))); panel.replaceChildren(); show(panel); } }, word(`view-${kind}`));
      return tab;
    });
    place.append(el("div", { class: "views", role: "group", "aria-label": word("view") }, tabs));
  }
  place.append(panel);
  await views[0][1](panel);
}

async function drawInto(panel, data) {
  const rows = data.rows.slice(0, MOST_DRAWN);
  await named(rows);
  const drawing = el("div", { class: "drawing" });
  const save = el("button", { type: "button", class: "plain" }, "SVG");
  panel.replaceChildren(el("figure", { class: "picture", "data-state": "drawn" }, drawing, el("figcaption", {}, data.rows.length > rows.length ? el("p", {}, word("drawn-part", { n: rows.length })) : "", save)));
  const drawn = await drawPicture(drawing, { ...data, rows, words: terms.words, parts: data.parts });
  save.addEventListener("click", () => saveSvg(drawn.svg(), "result.svg", word("result")));
}

function downloads(query, formats) {
  const titles = { json: "JSON", xml: "XML", csv: "CSV", tsv: "TSV", ttl: "Turtle", nt: "N-Triples", jsonld: "JSON-LD", rdf: "RDF/XML" };
  return el("p", { class: "formats" }, `${word("whole")} `, formats.flatMap((one, index) => [index ? " · " : "", el("a", { href: addressOf(query, { format: one }) }, titles[one])]));
}

async function refuse(response) {
  const problem = await response.json().catch(() => ({}));
  const after = Number(response.headers.get("Retry-After")) || 0;
  const code = terms.words[`code-${problem.code}`] ? `code-${problem.code}` : `status-${response.status}`;
  field.mark(problem.line, problem.column);
  const message = terms.words[code] ? word(code, { line: problem.line ?? "?", column: problem.column ?? "?", seconds: problem.seconds ?? "" }) : `${response.status} ${problem.title ?? ""}`;
  fail(message, problem.detail, after);
}

function fail(message, detail, after = 0) {
  const again = el("button", { type: "button", onclick: () => run() }, word("again"));
  const wait = el("span", { class: "quiet" });
  result.replaceChildren(
    el(
      "div",
      { class: "problem", role: "alert" },
      el("p", {}, el("b", {}, message)),
      detail ? el("p", { class: "quiet" }, el("bdi", { lang: "en" }, detail)) : "",
      after ? el("p", { class: "row" }, again, wait) : "",
    ),
  );
  said.textContent = "";
  if (!after) return;
  let left = Math.min(after, 120);
  again.disabled = true;
  const tick = () => {
    wait.textContent = left > 0 ? word("wait", { n: left }) : "";
    again.disabled = left > 0;
    if (left-- > 0 && again.isConnected) setTimeout(tick, 1000);
  };
  tick();
}
