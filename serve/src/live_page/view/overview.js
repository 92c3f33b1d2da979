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
  const nothing = h("p", { class: "empty card" }, Object.values(filter(context.values)).some(Boolean)
    ? "No HCP is in this filter."
    : "Nothing is known of anybody yet: no record has come in and no panel names targets. This page fills by itself as records arrive.");
  nothing.hidden = true;
  const grid = h("div", { class: "grid" }, parts.trust.cards, nothing, Object.entries(parts).map(([name, part]) => (name === "trust" ? null : part.cards)));
  fill(context.body, h("p", { class: "soft" }, `${described(context.values)}, ${WINDOWS[context.values.window] ?? WINDOWS["28d"]}`), choose.place, waiting, grid);
  context.title("Overview");
  grid.hidden = true;

  let now = null, weeks = null, everywhere = null, said = "";
  const show = () => {
    if (!now) return;
    if (grid.hidden) { waiting.remove(); grid.hidden = false; }
    choose.show(now.facets);
    // Where nobody is, one sentence says so instead of a page of empty charts.
    const nobody = now.hcps.hcps === 0;
    for (const [name, part] of Object.entries(parts)) for (const card of part.cards) card.hidden = nobody && name !== "trust";
    nothing.hidden = !nobody;
    if (nobody) return;
    for (const part of Object.values(parts)) part.show?.(now, weeks, context.values.territory ? everywhere : now);
    const sentence = parts.share.sentence(now);
    if (sentence !== said) { said = sentence; say(sentence); }
  };
  const { signal } = context;
  context.poll(() => get(`/v1/overview${asked}`, { signal }), (found) => { if (found !== now) { now = found; show(); } }, 5000);
  context.poll(() => get(`/v1/overview/weeks${asked}`, { signal }), (found) => { if (found !== weeks) { weeks = found; show(); } }, 120000);
  // Peers of a chosen territory: the same question without it, which other pages ask too.
  const peers = `/v1/overview${query({ ...filter(context.values), territory: "" })}`;
  if (context.values.territory) context.poll(() => get(peers, { signal }), (found) => { if (found !== everywhere) { everywhere = found; show(); } }, 60000);
  context.poll(() => get("/v1/pipeline", { signal }), (found) => parts.trust.pipeline(found), 5000);
  parts.lists.ask(asked, signal);
}
