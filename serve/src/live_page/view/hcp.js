// One HCP: a sentence that says how things stand, the timeline, budgets, whether the touches add up, what is planned.
// Each look is in the audit log, so it is taken anew every half minute, not every few seconds.

import { get } from "../api.js";
import { card, fill, h, table } from "../dom.js";
import { clock, count, lasting, percent, soon, two, visits, WINDOWS, word } from "../words.js";
import { accountLink, zone } from "./shared.js";
import { coherence } from "./hcp/coherence.js";
import { planned } from "./hcp/planned.js";
import { sentence } from "./hcp/sentence.js";
import { timeline } from "./hcp/timeline.js";

export function open(context) {
  const path = `/v1/hcps/${encodeURIComponent(context.id)}`;
  const { signal } = context;
  const lead = h("p", { class: "lead" }, "Looking…"), facts = h("ul", { class: "facts" });
  const parts = { budgets: h("div", {}), windows: h("div", {}), coherence: h("div", {}), planned: h("div", {}) };
  const lanes = timeline();
  const grid = h("div", { class: "grid" },
    card("", "What happened, and what is planned", lanes.place),
    card("half", "Budgets and gaps", parts.budgets), card("half", "Do the touches add up?", parts.coherence),
    card("half", "Next 14 days", parts.planned), card("half", "By window", parts.windows));
  context.title(context.id);
  fill(context.body, lead, facts, grid);
  let known = null, ahead = null;
  const show = () => {
    if (!known) return;
    const zoneName = known.reference?.time_zone;
    fill(lead, sentence(known));
    fill(facts, describe(known));
    fill(parts.budgets, budgets(known, zoneName));
    fill(parts.windows, windows(known));
    fill(parts.coherence, coherence(known));
    if (ahead) fill(parts.planned, planned(ahead, zoneName));
    lanes.show(known, ahead);
  };
  context.poll(() => get(path, { signal }), (found) => { known = found; show(); }, 30000);
  context.poll(() => get(`${path}/forecast?days=14`, { signal }), (found) => { ahead = found; show(); }, 30000);
}

function describe({ reference, as_of, records, audience }) {
  const item = (title, value) => h("li", {}, `${title} `, h("b", {}, value));
  const told = reference ? [
    item("Specialty", word(reference.specialty)), item("Segment", word(reference.segment)), item("Territory", word(reference.territory)),
    reference.account_id ? item("Account", accountLink(reference.account_id)) : null,
    item("Target", reference.is_target ? "yes" : "no"), reference.time_zone ? item("Local time", clock(new Date(), reference.time_zone)) : null,
  ] : [item("Reference data", "none name this HCP")];
  return [...told, item("Records", count(records)), item("As of", clock(as_of)), audience === "commercial" ? h("li", { class: "soft" }, "medical records are not part of this view") : null];
}

function budgets(known, zoneName) {
  const { budgets: all, minimum_gaps: gaps } = known;
  const rows = [
    ...all.map((of) => ({
      name: of.name, stands: zone(of.zone, of.headroom), used: `${count(of.used)} of ${count(of.cap)} in ${lasting(of.window_seconds)}`,
      free: of.cap === 0 ? "never: forbidden" : of.headroom > 0 ? "now" : of.headroom === 0 ? soon(of.next_leaving_at, zoneName) : `later than ${soon(of.next_leaving_at, zoneName)}`,
    })),
    ...gaps.map((of) => ({ name: of.name, stands: of.until ? "a gap runs" : "free", used: `at least ${lasting(of.gap_seconds)} apart`, free: of.until ? soon(of.until, zoneName) : "now" })),
  ];
  const together = known.windows[0]?.metrics.next_free_at;
  return [table(`Every rule that bears on this HCP${zoneName ? `, times in ${zoneName}` : ""}`, [
    { head: "Rule", cell: (row) => row.name }, { head: "Stands", cell: (row) => row.stands }, { head: "Used", cell: (row) => row.used }, { head: "Free again", cell: (row) => row.free },
  ], rows, "No budget and no gap bears on this HCP."),
    together && rows.length > 0 ? h("p", {}, "All rules and quiet hours together: ", h("b", {}, new Date(together) - Date.now() < 60000 ? "free now" : `free again ${soon(together, zoneName)}`), ".") : null];
}

function windows({ windows: all }) {
  const of = (window) => window.metrics;
  const column = (head, cell) => ({ head, cell, number: true });
  const rate = (metrics) => (metrics.collision_rate === null ? "–" : `${count(metrics.collisions)} (${percent(metrics.collision_rate)}; chance ${percent(metrics.chance_collision_rate)})`);
  if (all.length === 0) return h("p", { class: "empty" }, "No record of the last 400 days, and no target.");
  return [
    h("p", {}, `Load now: ${visits(of(all[0]).visits_per_week)}, as if somebody came to the door so often.`),
    table("Touches by trailing window", [
      { head: "Window", cell: (window) => WINDOWS[window.window] }, column("Touches", (window) => count(of(window).touches)), column("Unasked", (window) => count(of(window).unsolicited)),
      column("Collisions", (window) => rate(of(window))), column("Outside hours", (window) => (of(window).untimely === null ? "–" : count(of(window).untimely))), column("Voices", (window) => two(of(window).voices)),
    ], all),
  ];
}

