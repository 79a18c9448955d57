// The field of a query: a plain text area, which becomes an editor when somebody turns to it. The editor weighs more than
// all the rest of the page, and who only reads an answer can do without it.

/** The field over a text area. `run` is called for Ctrl-Enter. */
export function fieldOf(area, terms, run) {
  let editor = null;
  let loading = null;
  const load = () =>
    (loading ??= import("./editor.js").then(({ makeEditor }) => {
      const focused = document.activeElement === area;
      const { selectionStart, selectionEnd } = area;
      editor = makeEditor(area, terms, run);
      if (focused) editor.select(selectionStart, selectionEnd);
    }));
  // without the editor the text area does; the next sign tries again
  const turnTo = () => load().catch(() => { loading = null; });
  for (const sign of ["pointerenter", "focus"]) area.addEventListener(sign, turnTo);
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  });
  return {
    get value() { return area.value; },
    set value(text) {
      area.value = text;
      if (editor) editor.value = text;
    },
    /** Mark a place (counted from 1), which wants the editor; nothing takes the mark away. */
    mark(line, column) {
      if (!line) editor?.mark();
      else load().then(() => editor.mark(line, column), () => { loading = null; });
    },
  };
}
