// What a page does where the site is a folder of files (kclod export site) and no server answers. On a server none of it
// happens: that sends the language that is asked for, and answers searches.
import { el } from "./dom.js";

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const kept = new Map();

/** Names that begin, or have a word that begins, with a text; from the files by first letters below an address. */
export async function named(text, below, most = 10) {
  const wanted = plain(text);
  const first = wanted.match(/[\p{L}\p{N}_]/u)?.[0];
  if (!first) return [];
  const address = `${below}/names/${first.codePointAt(0).toString(16).padStart(4, "0")}.json`;
  if (!kept.has(address)) kept.set(address, fetch(address).then((response) => (response.ok ? response.json() : []), () => []));
  const language = document.documentElement.lang;
  const found = new Map();
  for (const [name, nameLanguage, href, labels] of await kept.get(address)) {
    const seen = plain(name);
    const place = seen.startsWith(wanted) ? 0 : [...seen.matchAll(/(?<![\p{L}\p{N}_])[\p{L}\p{N}_]/gu)].some(({ index }) => seen.startsWith(wanted, index)) ? 1 : 2;
    const rank = place * 2 + (nameLanguage === language ? 0 : 1);
    if (place < 2 && (found.get(href)?.rank ?? 9) > rank) found.set(href, { rank, href, name, nameLanguage, label: labels[language] ?? name });
  }
  return [...found.values()].sort((a, b) => a.rank - b.rank || a.label.localeCompare(b.label)).slice(0, most);
}

const SELECTING = ["class", "iri", "in", "fact", "page"];

/** The parameters of an address as they are spelled. */
const spelled = (search) => new Map(search.slice(1).split("&").filter(Boolean).map((part) => [part.split("=", 1)[0], part.slice(part.indexOf("=") + 1)]));

/** The page or file that the address asks for by its parameters, where a host has sent another because it knows none. */
export async function asAsked() {
  const home = document.querySelector("a.brand")?.pathname;
  const links = [...document.querySelectorAll(".languages [lang]")];
  const own = links.find(({ href }) => href); // a page is told the parameters that it was made for
  if (!home || !own || location.pathname.slice(home.length).startsWith("_")) return;
  const asked = spelled(location.search);
  const made = new URL(own.href).searchParams;
  const given = new URLSearchParams(location.search);
  const lang = links.some((link) => link.lang === given.get("lang")) ? given.get("lang") : null;
  const elsewhere = [...given].some(([name, value]) => (SELECTING.includes(name) || name.startsWith("by.")) && !made.getAll(name).includes(value));
  if (!elsewhere && (!lang || lang === document.documentElement.lang)) return;
  const folders = lang ? [`_lang/${lang}/`, `_accept/${lang}/`, ""] : [""];
  const path = location.pathname.slice(home.length).replace(/\.html$/, "");
  let stem = path === "" || path.endsWith("/") ? `${path}index` : path;
  const extension = ["cite", "describe"].includes(path) && given.get("format") ? given.get("format") : path === "cite" ? "txt" : "html";
  if (elsewhere) {
    const parts = SELECTING.filter((name) => asked.get(name) && !(name === "page" && asked.get(name) === "1")).map((name) => `/${name}=${asked.get(name).replaceAll("//", "/")}`);
    stem = `_selected/${stem}${parts.join("")}`.replaceAll("%", "%25").replaceAll("?", "%3F");
  }
  const narrowed = [...given.keys()].some((name) => name.startsWith("by."));
  for (const folder of folders) {
    const file = `${home}${folder}${narrowed ? "_errors/501.html" : `${stem}.${extension}`}`;
    if ((await fetch(file, { method: "HEAD" })).ok) return location.replace(`${file}${location.hash}`);
  }
}

/** The answer to a search whose page is the empty form, because a host knows no parameters. */
export async function answered(form) {
  const text = new URLSearchParams(location.search).get("q")?.trim();
  const input = form.querySelector("input[type=search]");
  if (!text || input.value || location.pathname.replace(/\.html$/, "") !== new URL(form.action).pathname) return;
  input.value = text;
  const found = await named(text, form.action, 100);
  form.after(el("ul", { class: "members" }, ...found.map(({ href, label, name }) => el("li", null, el("a", { href }, el("bdi", null, label)), name === label ? "" : el("span", { class: "quiet" }, " · ", el("bdi", null, name))))));
}
