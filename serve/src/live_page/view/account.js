// One account: what is known of it, how each of its HCPs stands, and its functions and voices over time. Audited as a view,
// taken anew every half minute, the weeks every two minutes.

import { get } from "../api.js";
import { chart, color } from "../chart.js";
import { behind, card, empty, fill, h, table } from "../dom.js";
import { clock, count, percent, plural, two, word } from "../words.js";
import { weeks } from "./account/weeks.js";
import { accountLink, hcpLink, zone } from "./shared.js";

/** Below so many pairs a rate says little. */
const ENOUGH = 10;

export function open(context) {
  const lead = h("p", { class: "lead" }, "Looking…"), facts = h("ul", { class: "facts" }), list = h("div", {}), text = h("div", {});
  const lanes = chart(), overTime = weeks(), path = `/v1/accounts/${encodeURIComponent(context.id)}`;
  context.title(`Account ${context.id}`);
  fill(context.body, lead, facts, h("div", { class: "grid" }, overTime.cards, card("", "Its HCPs", list), card("", "Load of its HCPs", lanes.place, text)));
  context.poll(() => get(`${path}/weeks`, { signal: context.signal }), (found) => overTime.show(found), 120000);
  context.poll(() => get(path, { signal: context.signal }), (found) => {
    const known = found.hcps.filter((of) => of.metrics);
    const sum = (name) => known.reduce((all, of) => all + of.metrics[name], 0);
    const over = known.filter((of) => of.metrics.zone === "over").length, touched = known.filter((of) => of.metrics.touches > 0).length;
    const pairs = known.reduce((all, of) => all + Math.max(0, of.metrics.unsolicited - 1), 0);
    const chance = known.reduce((all, of) => all + (of.metrics.chance_collision_rate ?? 0) * Math.max(0, of.metrics.unsolicited - 1), 0);
    fill(lead, found.hcps_total === 0 ? "No HCP belongs to this account now."
      : `${plural(over, "HCP", "HCPs")} of ${count(found.hcps_total)} over budget; ${count(touched)} touched in 28 days; ${pairs < ENOUGH ? "too few touches to tell whether they collide" : `${percent(sum("collisions") / pairs)} of consecutive touches collide (chance ${percent(chance / pairs)})`}.`);
    const of = found.reference, item = (title, value) => h("li", {}, `${title} `, h("b", {}, value));
    fill(facts, of ? [item("Kind", word(of.kind)), item("Territory", word(of.territory)), item("Country", of.country ?? "not known"), item("Worked as", word(of.declared_model)), of.parent_account_id ? item("Part of", accountLink(of.parent_account_id)) : null] : item("Reference data", "none name this account"), item("As of", clock(found.as_of)));
    draw(known);
    fill(list, table("HCPs of the account, last 28 days", [
      { head: "HCP", cell: (one) => hcpLink(one.hcp_id) }, { head: "Stands", cell: (one) => (one.metrics ? zone(one.metrics.zone, one.metrics.headroom) : "held by another process") },
      { head: "Visits a week", number: true, cell: (one) => two(one.metrics?.visits_per_week) }, { head: "Touches", number: true, cell: (one) => count(one.metrics?.touches) },
      { head: "Collisions", number: true, cell: (one) => count(one.metrics?.collisions) }, { head: "Functions speaking", number: true, cell: (one) => two(one.metrics?.function_voices) },
      { head: "Coherence", number: true, cell: (one) => (one.metrics ? (one.metrics.coherence === null ? "too few touches" : two(one.metrics.coherence)) : "–") },
    ], found.hcps, "None."), found.hcps_total > found.hcps.length ? h("p", { class: "small soft" }, `The first ${count(found.hcps.length)} of ${count(found.hcps_total)}.`) : null);
  }, 30000);

  function draw(known) {
    const rows = known.filter((of) => of.metrics.visits_per_week > 0.005).sort((a, b) => b.metrics.visits_per_week - a.metrics.visits_per_week).slice(0, 20)
      .map((of) => ({ id: of.hcp_id, load: of.metrics.visits_per_week, zone: of.metrics.zone ?? "none" }));
    if (rows.length === 0) { lanes.clear(); fill(text, empty("None of its HCPs carries a load now.")); return; }
    lanes.show(`Most loaded: ${rows[0].id}, ${two(rows[0].load)} visits a week`, () => ({
      height: 22 * rows.length + 16, marginLeft: 100, marginRight: 80, marginTop: 4, marginBottom: 8, x: { axis: null }, y: { domain: rows.map((row) => row.id), label: null, tickSize: 0 },
      marks: [Plot.barX(rows, { x: "load", y: "id", fill: (row) => color(row.zone), rx: 2, insetTop: 3, insetBottom: 3 }), Plot.text(rows, { x: "load", y: "id", text: (row) => `${two(row.load)} ${row.zone === "none" ? "" : row.zone}`, textAnchor: "start", dx: 5 })],
    }));
    fill(text, behind("Visits a week by HCP", [{ head: "HCP", cell: (row) => hcpLink(row.id) }, { head: "Visits a week", number: true, cell: (row) => two(row.load) }, { head: "Stands", cell: (row) => zone(row.zone === "none" ? null : row.zone) }], rows));
  }
}
