// Answers of a query as a picture sees them: what each row gives for the parts that the picture has.
export const keyOf = (cell) => (cell ? (cell.iri ?? `${cell.value ?? cell.text}@${cell.language ?? ""}`) : "");

/** One record a row: the cells by part, and those of the variables that a reader can filter by. */
export function records({ columns, rows, parts }) {
  const place = new Map(columns.map((column, index) => [column.name, index]));
  const single = Object.entries(parts).filter(([part]) => part !== "filter");
  return rows.map((row) => ({
    ...Object.fromEntries(single.map(([part, [variable]]) => [part, row[place.get(variable)]])),
    filters: Object.fromEntries((parts.filter ?? []).map((variable) => [variable, row[place.get(variable)]])),
  }));
}

/** The distinct cells of a column, those that most rows have first. */
export function distinct(cells) {
  const found = new Map();
  for (const cell of cells) {
    if (!cell) continue;
    const key = keyOf(cell);
    const entry = found.get(key) ?? { key, cell, count: 0 };
    entry.count += 1;
    found.set(key, entry);
  }
  return [...found.values()].sort((a, b) => b.count - a.count || a.cell.text.localeCompare(b.cell.text));
}

/** The number of the series (1 to 8) of each category; those past the seventh share the eighth. */
export const seriesOf = (categories) => new Map(categories.map(({ key }, index) => [key, Math.min(index + 1, 8)]));

export const numberOf = (cell) => {
  const value = cell && cell.value !== undefined && cell.value.trim() !== "" ? Number(cell.value) : NaN;
  return Number.isFinite(value) ? value : null;
};
