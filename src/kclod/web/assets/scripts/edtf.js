// What a date says about time, and how exactly (ISO 8601-2, level 0 and 1, as far as dates of the data go).
const DAY = 86_400_000;
const POINT = /^(-?\d{4})(?:-(\d{2}|XX)(?:-(\d{2}|XX))?)?([?~%]?)$/;

function point(text) {
  const match = POINT.exec(text);
  if (!match) return null;
  const [, year, month, day, mark] = match;
  const at = (y, m, d) => new Date(0).setUTCFullYear(y, m, d);
  const months = month && month !== "XX";
  const days = months && day && day !== "XX";
  const start = at(Number(year), months ? month - 1 : 0, days ? Number(day) : 1);
  const end = days ? start + DAY : months ? at(Number(year), Number(month), 1) : at(Number(year) + 1, 0, 1);
  return { start, end, precision: days ? "day" : months ? "month" : "year", uncertain: "?%".includes(mark) && mark !== "", approximate: "~%".includes(mark) && mark !== "" };
}

/** The span of a date: start and end (exclusive) in milliseconds, open sides, precision and doubt; null for other texts. */
export function span(text) {
  if (!text) return null;
  const date = text.replace(/T.*$/, "");
  if (!date.includes("/")) {
    const found = point(date);
    return found && { ...found, openStart: false, openEnd: false };
  }
  const [from, to] = date.split("/");
  const open = (side) => side === "" || side === "..";
  const [first, last] = [open(from) ? null : point(from), open(to) ? null : point(to)];
  if ((!first && !open(from)) || (!last && !open(to)) || (!first && !last)) return null;
  return {
    start: (first ?? last).start,
    end: (last ?? first).end,
    openStart: open(from),
    openEnd: open(to),
    precision: "span",
    uncertain: Boolean(first?.uncertain || last?.uncertain),
    approximate: Boolean(first?.approximate || last?.approximate),
  };
}
