// Charts: Observable Plot, drawn anew when the data or the width change. Every chart says in words what it shows, and has
// its numbers in a table behind it.

import { h, fill } from "./dom.js";

/** Narrower than on any phone: the page is being laid out. */
const NARROWEST = 180;

const drawn = new Set();
const widths = new ResizeObserver((entries) => {
  for (const entry of entries) entry.target.redraw?.(Math.floor(entry.contentRect.width));
});

/** A place for a chart: `draw(width)` gives the options of Plot; `show(label, draw)` draws it. */
export function chart() {
  const place = h("div", { class: "chart" });
  let draw, label, last = 0, waiting = 0;
  const paint = () => {
    waiting = 0;
    if (!draw || last < NARROWEST) return;
    const options = draw(last);
    const figure = globalThis.Plot.plot({
      className: "plot", width: last, ...options,
      style: { background: "transparent", ...options.style },
    });
    // The place is the image and says what it shows; what is drawn in it is nothing to read out.
    figure.setAttribute("aria-hidden", "true");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", label);
    fill(place, figure);
  };
  // At most once a frame, however often data and width change.
  const soon = () => { waiting ||= requestAnimationFrame(paint); };
  place.redraw = (width) => { if (Math.abs(width - last) > 1) { last = width; soon(); } };
  widths.observe(place);
  drawn.add(place);
  return {
    place,
    show(words, options) { label = words; draw = options; soon(); },
    /** Nothing to draw. */
    clear() { draw = null; place.removeAttribute("role"); place.removeAttribute("aria-label"); fill(place); },
  };
}

/** Ends every chart of a view. */
export function forget() {
  for (const place of drawn) widths.unobserve(place);
  drawn.clear();
}

/** A span of which not everything has arrived yet: hatched, as on every chart of recent days. `null` without a span. */
export const hatched = (span) => (span ? globalThis.Plot.rectX([span], { x1: "from", x2: "to", fill: "url(#hatch)", fillOpacity: 0.55 }) : null);

/** Options of every axis of time. */
export const time = (first, last) => ({ type: "utc", label: null, domain: [first, last] });

export const color = (name) => `var(--${name})`;
