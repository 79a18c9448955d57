// A table of answers: sorted by any column, filtered by a text, shown in parts.
import { cellNode, el } from "./dom.js";
import { numberOf } from "./rows.js";

const PART = 100;

export function showTable(place, { columns, rows }, { word, named }) {
  const language = document.documentElement.lang;
  let order = null;
  let shown = PART;
  let wanted = "";
  const body = el("tbody");
  const status = el("p", { class: "quiet", role: "status" });
  const more = el("button", { type: "button", class: "plain", hidden: true, onclick: () => { shown += PART * 5; update(); } }, word("more-rows"));
  const heads = columns.map((column, index) => {
    const button = el("button", { type: "button", class: "sort", onclick: () => sort(index) }, el("bdi", {}, column.heading));
    return el("th", { scope: "col" }, button);
  });
  const filter = el("input", { type: "search", "aria-label": word("filter-rows"), placeholder: word("filter-rows"), oninput: () => { wanted = filter.value.trim().toLocaleLowerCase(language); shown = PART; update(); } });
  place.replaceChildren(
    ...(rows.length > 10 ? [el("p", { class: "row" }, filter)] : []),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": word("table") }, el("table", {}, el("thead", {}, el("tr", {}, heads)), body)),
    status,
    more,
  );

  function sort(index) {
    order = order?.index === index ? { index, up: !order.up } : { index, up: true };
    heads.forEach((head, n) => (n === index ? head.setAttribute("aria-sort", order.up ? "ascending" : "descending") : head.removeAttribute("aria-sort")));
    update();
  }

  async function update() {
    let found = wanted ? rows.filter((row) => row.some((cell) => cell && `${cell.text} ${cell.iri ?? ""}`.toLocaleLowerCase(language).includes(wanted))) : [...rows];
    if (order) {
      await named(rows);
      const { index, up } = order;
      const numeric = rows.every((row) => !row[index] || row[index].number);
      const compare = numeric ? (a, b) => numberOf(a) - numberOf(b) : (a, b) => a.text.localeCompare(b.text, language, { numeric: true });
      found.sort((a, b) => (!a[index] || !b[index] ? Number(!a[index]) - Number(!b[index]) : (up ? 1 : -1) * compare(a[index], b[index])));
    }
    const part = found.slice(0, shown);
    await named(part);
    body.replaceChildren(...part.map((row) => el("tr", {}, row.map((cell) => el("td", { class: cell?.number ? "number" : null }, content(cell))))));
    status.textContent = found.length > shown || wanted ? word("rows-shown", { n: part.length, all: found.length }) : "";
    more.hidden = found.length <= shown;
  }
  return update();
}

function content(cell) {
  if (!cell) return "";
  const parts = [cellNode(cell)];
  if (cell.language && cell.language !== document.documentElement.lang) parts.push(" ", el("abbr", { class: "tag" }, cell.language));
  else if (cell.datatype && !cell.number && !cell.date && !/#(string|boolean|anyURI)$/.test(cell.datatype)) parts.push(" ", el("span", { class: "tag" }, cell.datatype.replace(/^.*[#/]/, "")));
  return parts;
}

