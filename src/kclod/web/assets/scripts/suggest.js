// Suggestions under a search field (WAI-ARIA Authoring Practices, combobox with list autocompletion): arrows choose, Enter
// goes there, Escape closes.
import { el } from "./dom.js";
import { named } from "./files.js";

const WAIT = 120;

export function suggest(form) {
  const input = form.querySelector("input[type=search]");
  const list = el("ul", { id: `${input.id}-list`, class: "suggestions", role: "listbox", "aria-label": input.labels[0].textContent, hidden: true });
  form.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  let timer = 0;
  let asked = null;
  let chosen = -1;

  function show(options) {
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.replaceChildren(...options);
    list.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(options.length > 0));
  }

  function choose(index) {
    const options = list.children;
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = index < -1 ? options.length - 1 : index >= options.length ? -1 : index;
    const option = options[chosen];
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    } else input.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    const text = input.value.trim();
    asked?.abort();
    if (!text) return show([]);
    asked = new AbortController();
    try {
      const address = new URL(form.dataset.suggest, location.href);
      address.searchParams.set("q", text);
      const response = await fetch(address, { signal: asked.signal });
      const files = response.status === 404 || response.status === 501; // no server, or none that searches
      if ((!response.ok && !files) || input.value.trim() !== text) return show([]);
      const results = files ? await named(text, form.action) : (await response.json()).results;
      if (input.value.trim() !== text) return;
      const options = results.filter(({ href }) => href).map((thing, index) =>
        el(
          "li",
          { id: `${list.id}-${index}`, role: "option", "aria-selected": "false", "data-href": thing.href, onpointerdown: (event) => { event.preventDefault(); location.assign(thing.href); } },
          el("bdi", { lang: thing.language }, thing.label),
          thing.name !== thing.label ? el("span", { class: "quiet" }, " · ", el("bdi", { lang: thing.nameLanguage }, thing.name)) : "",
          thing.kind ? el("span", { class: "kind" }, thing.kind) : "",
        ),
      );
      show(options);
    } catch {
      show([]); // the form itself still works
    }
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  input.addEventListener("blur", () => show([]));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // an unfinished syllable
    const open = !list.hidden;
    if (event.key === "ArrowDown" && !open) ask();
    else if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp" && open) choose(chosen - 1);
    else if (event.key === "Escape" && open) show([]);
    else if (event.key === "Enter" && open && chosen >= 0) location.assign(list.children[chosen].dataset.href);
    else return;
    event.preventDefault();
  });
}
