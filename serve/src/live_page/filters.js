// The filters of a view, kept in its address so that a filtered view can be sent to a colleague.

import { fill, h } from "./dom.js";
import { WINDOWS, word } from "./words.js";

const FACETS = [["territory", "territories", "Territory"], ["segment", "segments", "Segment"], ["specialty", "specialties", "Specialty"], ["product", "products", "Product"]];

/** The values of an address that are filters. */
export const filter = ({ window, territory, segment, specialty, product }) => ({ window, territory, segment, specialty, product });

/** "in ter-002, cardiology, over 28 days" for titles and captions. */
export function described(values) {
  const parts = [values.territory, values.segment && `segment ${values.segment}`, values.specialty && word(values.specialty), values.product].filter(Boolean);
  return parts.length ? parts.join(", ") : "everybody";
}

const ALL = ["territory", "segment", "specialty", "product", "window"];

/** A row of selects, of these names; `show(facets)` fills them. */
export function filters(context, names = ALL) {
  const place = h("div", { class: "filters", role: "group", "aria-label": "Filters" });
  let shown = "";
  const select = (name, title, options) => {
    const chosen = context.values[name] ?? "";
    const field = h("select", { "data-filter": name, onchange: (event) => context.go({ [name]: event.target.value }) },
      options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
    return h("label", {}, title, field);
  };
  const show = (facets) => {
    const all = FACETS.filter(([name]) => names.includes(name)).map(([name, plural, title]) => {
      const values = new Set(facets[plural] ?? []);
      if (context.values[name]) values.add(context.values[name]);
      return [name, title, [...values].sort()];
    });
    // A select that is open is not built anew under the hand of whoever uses it.
    const key = JSON.stringify(all);
    if (key === shown) return;
    shown = key;
    const focused = document.activeElement?.dataset?.filter;
    fill(place,
      all.filter(([, , values]) => values.length > 1 || values.some((value) => value !== "unknown"))
        .map(([name, title, values]) => select(name, title, [["", "all"], ...values.map((value) => [value, word(value)])])),
      names.includes("window") ? select("window", "Window", Object.entries(WINDOWS).map(([value, text]) => [value === "28d" ? "" : value, text])) : null,
      Object.values(filter(context.values)).some(Boolean)
        ? h("button", { type: "button", onclick: () => context.go({ territory: "", segment: "", specialty: "", product: "", window: "" }) }, "Clear filters") : null);
    if (focused) place.querySelector(`[data-filter="${focused}"]`)?.focus();
  };
  show({});
  return { place, show };
}
