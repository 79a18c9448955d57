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

/** The page in the language that its address asks for, where a host has sent another because it knows no parameters. */
export function inLanguage() {
  const wanted = new URLSearchParams(location.search).get("lang");
  const home = document.querySelector("a.brand")?.pathname;
  const known = [...document.querySelectorAll(".languages [lang]")].map(({ lang }) => lang);
  if (!home || !known.includes(wanted) || wanted === document.documentElement.lang || location.pathname.includes("/_lang/")) return;
  const path = location.pathname.slice(home.length);
  location.replace(`${home}_lang/${wanted}/${path === "" || path.endsWith("/") ? `${path}index` : path.replace(/\.html$/, "")}.html${location.hash}`);
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
