// The editor: Yasqe with the prefixes, classes and properties of the release in place of the lists that it would ask of
// other hosts.
import Yasqe from "@zazuko/yasqe";

const MOST = 60;

/** An editor in place of a text area. `run` is called for Ctrl-Enter. */
export function makeEditor(area, terms, run) {
  const place = document.createElement("div");
  place.className = "editor";
  area.after(place);
  teach(terms);
  const yasqe = new Yasqe(place, {
    value: area.value,
    persistenceId: null,
    consumeShareLink: null,
    createShareableLink: null,
    showQueryButton: false,
    resizeable: false,
    editorHeight: "auto",
    viewportMargin: Infinity,
    autocompleters: ["variables", "own-prefixes", "own-classes", "own-properties"],
    extraKeys: { "Ctrl-Enter": run, "Cmd-Enter": run, "Ctrl-S": () => {}, Tab: false, "Shift-Tab": false },
    screenReaderLabel: document.querySelector(`label[for="${area.id}"]`).textContent,
  });
  yasqe.showNotification = () => {}; // a line in English over the text; suggestions come without being asked for
  area.hidden = true;
  area.required = false;
  const scroller = place.querySelector(".CodeMirror-scroll");
  scroller.removeAttribute("tabindex");
  const input = yasqe.getInputField();
  input.setAttribute("aria-label", area.labels[0]?.textContent ?? "");
  document.querySelector(`label[for="${area.id}"]`).addEventListener("click", () => yasqe.focus());
  yasqe.on("change", () => { area.value = yasqe.getValue(); });
  // The focus stays in the text when a suggestion is pressed. CodeMirror lets it go and takes it back 20 ms later, from
  // whoever has it by then: a key pressed meanwhile would not get out of the editor (WCAG 2.1.2).
  place.addEventListener("mousedown", (event) => {
    if (!event.target.closest(".CodeMirror-hints")) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  let mark = null;
  return {
    set value(text) { yasqe.setValue(text); },
    /** Put the cursor, or a selection, where it was in the text area. */
    select(from, to) {
      const doc = yasqe.getDoc();
      yasqe.focus();
      doc.setSelection(doc.posFromIndex(from), doc.posFromIndex(to));
    },
    /** Mark a place (counted from 1); nothing takes the mark away. */
    mark(line, column) {
      mark?.forEach((one) => one.clear());
      mark = null;
      if (!line) return;
      const row = Math.min(line, yasqe.lineCount()) - 1;
      const length = yasqe.getLine(row).length;
      const from = Math.max(0, Math.min((column ?? 1) - 1, length - 1));
      yasqe.addLineClass(row, "background", "fault-line");
      mark = [
        yasqe.getDoc().markText({ line: row, ch: from }, { line: row, ch: Math.max(from + 1, length) }, { className: "fault" }),
        { clear: () => yasqe.removeLineClass(row, "background", "fault-line") },
      ];
      yasqe.scrollIntoView({ line: row, ch: from }, 80);
    },
  };
}

function teach({ prefixes, classes, properties }) {
  const lines = Object.entries(prefixes).map(([prefix, iri]) => `${prefix}: <${iri}>`);
  Yasqe.forkAutocompleter("prefixes", { name: "own-prefixes", persistenceId: null, get: () => lines }, false);
  const byLength = Object.entries(prefixes).filter(([prefix]) => prefix).sort((a, b) => b[1].length - a[1].length);
  const compact = (iri) => {
    const known = byLength.find(([, namespace]) => iri.startsWith(namespace) && /^[\w-]+$/.test(iri.slice(namespace.length)));
    return known ? { text: `${known[0]}:${iri.slice(known[1].length)}`, prefix: { [known[0]]: known[1] } } : { text: `<${iri}>` };
  };
  for (const [name, from, list] of [["own-classes", "class", classes], ["own-properties", "property", properties]]) {
    const known = new Map(list.map((term) => [term.iri, { ...term, ...compact(term.iri) }]));
    const byText = new Map([...known.values()].map((term) => [term.text, term]));
    Yasqe.forkAutocompleter(
      from,
      {
        name,
        autoShow: true,
        persistenceId: null,
        get: (_yasqe, token) => matching([...known.values()], token?.string ?? "", token?.autocompletionString ?? ""),
        postProcessSuggestion: (_yasqe, _token, iri) => known.get(iri).text,
        postprocessHints: (yasqe, hints) =>
          hints.map((hint) => {
            const term = byText.get(hint.text);
            return {
              ...hint,
              displayText: `${hint.text}  ${term.label}`,
              hint: (cm, data, chosen) => {
                cm.replaceRange(chosen.text, chosen.from ?? data.from, chosen.to ?? data.to, "complete");
                if (term.prefix) yasqe.addPrefixes(term.prefix);
              },
            };
          }),
      },
      false,
    );
  }
}

/** Terms by what was typed: the beginning of an IRI or a compact name, or a part of a name or label. Nothing where a term
 *  is typed in full: a suggestion that was taken would come again for ever, and Tab take it again (WCAG 2.1.2). */
function matching(terms, typed, iri) {
  if (terms.some((term) => term.text === typed.trim())) return [];
  const plain = typed.replace(/^<|>$/g, "").trim().toLowerCase();
  const local = plain.includes(":") ? plain.slice(plain.indexOf(":") + 1) : plain;
  const scored = [];
  for (const term of terms) {
    const [text, label] = [term.text.toLowerCase(), term.label.toLowerCase()];
    let score = 0;
    if (term.iri.toLowerCase().startsWith(iri.toLowerCase()) && iri.includes(":")) score = 3;
    else if (text.startsWith(plain)) score = 3;
    else if (local && !plain.includes(":") && (label.startsWith(local) || text.split(":")[1]?.startsWith(local))) score = 2;
    else if (local && !plain.includes(":") && (label.includes(local) || text.includes(local))) score = 1;
    if (score) scored.push([score, term]);
  }
  return scored.sort((a, b) => b[0] - a[0] || (b[1].count ?? 0) - (a[1].count ?? 0)).slice(0, MOST).map(([, term]) => term.iri);
}
