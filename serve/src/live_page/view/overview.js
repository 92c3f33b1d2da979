// Overview: can I trust it, how many are over, who causes it, what to hold, who is untouched; then how load, fragmentation
// and collisions lie.

import { get, query } from "../api.js";
import { fill, h, say } from "../dom.js";
import { described, filter, filters } from "../filters.js";
import { WINDOWS } from "../words.js";
import { causes } from "./overview/causes.js";
import { collisions } from "./overview/collisions.js";
import { load } from "./overview/load.js";
import { lists } from "./overview/lists.js";
import { quadrant } from "./overview/quadrant.js";
import { share } from "./overview/share.js";
import { trust } from "./overview/trust.js";

export function open(context) {
  const asked = query(filter(context.values));
  const choose = filters(context);
  const parts = { trust: trust(), share: share(context), causes: causes(context), lists: lists(context), quadrant: quadrant(), load: load(), collisions: collisions() };
  const waiting = h("p", { class: "empty" }, "Counting everybody…");
  const grid = h("div", { class: "grid" }, Object.values(parts).map((part) => part.cards));
  fill(context.body, h("p", { class: "soft" }, `${described(context.values)}, ${WINDOWS[context.values.window] ?? WINDOWS["28d"]}`), choose.place, waiting, grid);
  context.title("Overview");
  grid.hidden = true;

  let now = null, weeks = null, said = "";
  const show = () => {
    if (!now) return;
    if (grid.hidden) { waiting.remove(); grid.hidden = false; }
    choose.show(now.facets);
    for (const part of Object.values(parts)) part.show?.(now, weeks);
    const sentence = parts.share.sentence(now);
    if (sentence !== said) { said = sentence; say(sentence); }
  };
  const { signal } = context;
  context.poll(() => get(`/v1/overview${asked}`, { signal }), (found) => { if (found !== now) { now = found; show(); } }, 5000);
  context.poll(() => get(`/v1/overview/weeks${asked}`, { signal }), (found) => { if (found !== weeks) { weeks = found; show(); } }, 120000);
  context.poll(() => get("/v1/pipeline", { signal }), (found) => parts.trust.pipeline(found), 5000);
  parts.lists.ask(asked, signal);
}
