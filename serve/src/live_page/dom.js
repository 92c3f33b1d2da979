// Elements from a description. Text is always set as text: nothing that the server sends is ever read as markup.

/** An element with attributes, listeners (`onclick`) and children; `null` children are left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  fill(element, ...children);
  return element;
}

/** Replaces what stands in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let saying;

/** Tells a screen reader, once it has been quiet for a moment. */
export function say(text) {
  clearTimeout(saying);
  saying = setTimeout(() => fill(document.getElementById("said"), text), 400);
}

/** A table with a caption. Columns: {head, cell(row), number}. */
export function table(caption, columns, rows, empty = "Nothing.") {
  if (rows.length === 0) return h("p", { class: "empty" }, empty);
  const kind = (column) => (column.number ? { class: "number" } : {});
  // What scrolls sideways can be reached by the keyboard.
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", ...kind(column) }, column.head)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((column) => h("td", kind(column), column.cell(row))))))));
}

/** The table behind a chart, folded away. */
export function behind(caption, columns, rows) {
  return h("details", {}, h("summary", {}, "The numbers as a table"), table(caption, columns, rows));
}

/** A card with a heading. */
export function card(size, heading, ...children) {
  return h("section", { class: `card ${size}` }, h("h2", {}, heading), children);
}

export const empty = (text) => h("p", { class: "empty" }, text);
