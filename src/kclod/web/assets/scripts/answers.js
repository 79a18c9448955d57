// The answers of a query: from the JSON of SPARQL 1.1 to cells with the names of things, and what pictures they would make.
import { numberOf } from "./rows.js";

const XSD = "http://www.w3.org/2001/XMLSchema#";
const EDTF = "http://id.loc.gov/datatypes/edtf/EDTF";
const NUMBERS = new Set(["integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger", "positiveInteger"].map((n) => XSD + n));
const DATES = new Set([...["date", "dateTime", "gYear", "gYearMonth"].map((n) => XSD + n), EDTF]);
const BATCH = 500;

/** Columns and rows of cells; `missing` IRIs have no name yet. */
export function tableOf({ head, results }, prefixes) {
  const columns = head.vars.map((name) => ({ name, heading: name.replaceAll("_", " ") }));
  const rows = results.bindings.map((binding) => head.vars.map((name) => cellOf(binding[name], prefixes)));
  return { columns, rows };
}

function cellOf(term, prefixes) {
  if (!term) return null;
  if (term.type === "uri") return { text: compact(term.value, prefixes), iri: term.value, named: false };
  if (term.type === "bnode") return { text: `_:${term.value}` };
  if (term.type === "triple") return { text: JSON.stringify(term.value) };
  return { text: term.value, value: term.value, language: term["xml:lang"], datatype: term.datatype, number: NUMBERS.has(term.datatype), date: DATES.has(term.datatype) };
}

function compact(iri, prefixes) {
  let best = iri;
  for (const [prefix, namespace] of Object.entries(prefixes)) {
    if (prefix && iri.startsWith(namespace) && iri.length > namespace.length && namespace.length > iri.length - best.length) best = `${prefix}:${iri.slice(namespace.length)}`;
  }
  return best;
}

/** Give the cells of some rows the names of their things, in the language of the page. */
export async function name(rows, address, known) {
  const iris = [...new Set(rows.flat().filter((cell) => cell?.iri && !known.has(cell.iri)).map((cell) => cell.iri))];
  for (let start = 0; start < iris.length; start += BATCH) {
    const some = iris.slice(start, start + BATCH);
    const response = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(some) });
    const found = response.ok ? await response.json() : {};
    for (const iri of some) known.set(iri, found[iri] ?? null);
  }
  for (const cell of rows.flat()) {
    const found = cell?.iri && known.get(cell.iri);
    if (found) Object.assign(cell, found, { named: true });
  }
}

/** The pictures that a table can be drawn as: by declaration for a stored query, else by what its columns hold. */
export function picturesOf({ columns, rows }, declared) {
  const found = [];
  if (declared) found.push({ kind: declared.kind, parts: declared.parts });
  const of = (test) => columns.map((column, index) => ({ ...column, index })).filter(({ index, name }) => {
    const cells = rows.map((row) => row[index]).filter(Boolean);
    return cells.length > 0 && test(cells, name);
  });
  const numbers = of((cells) => cells.every((cell) => numberOf(cell) !== null && cell.number));
  const dates = of((cells) => cells.every((cell) => cell.date));
  const things = of((cells) => cells.every((cell) => cell.iri));
  const names = things.length ? things : of((cells) => cells.every((cell) => !cell.number && !cell.date));
  const has = (kind) => found.some((one) => one.kind === kind);
  const latitude = numbers.find(({ name }) => /^(lat|latitude)$/i.test(name));
  const longitude = numbers.find(({ name }) => /^(lon|long|lng|longitude)$/i.test(name));
  if (!names.length) return found;
  const item = [names[0].name];
  if (latitude && longitude && !has("map")) found.push({ kind: "map", parts: { item, latitude: [latitude.name], longitude: [longitude.name], ...(names[1] ? { place: [names[1].name] } : {}) } });
  if (dates.length && !has("timeline")) found.push({ kind: "timeline", parts: { item, date: [dates[0].name] } });
  const size = numbers.find((column) => column !== latitude && column !== longitude);
  if (size && rows.length > 1 && !has("tree")) found.push({ kind: "bars", parts: { item, size: [size.name] } });
  return found;
}
