// What to hold today, who is over, who is untouched. These name HCPs, so each question is in the audit log: they are asked
// when the view opens and once a minute.

import { get, poll, query } from "../../api.js";
import { card, fill, h, table } from "../../dom.js";
import { filter } from "../../filters.js";
import { ago, count, lasting, plural, soon, word } from "../../words.js";
import { hcpLink, zoneOf } from "../shared.js";

const SHOWN = 8;

export function lists(context) {
  const parts = {
    hold: h("div", {}, "…"),
    over: h("div", {}, "…"),
    untouched: h("div", {}, "…"),
  };
  const lead = h("p", {}), untouchedLead = h("p", {});
  const ask = (asked, signal) => {
    for (const [list, show] of Object.entries({ hold: showHold, over: showOver, untouched: showUntouched })) {
      const path = `/v1/overview/hcps${query({ list, limit: SHOWN, ...filter(context.values) })}`;
      const failed = (error) => fill(parts[list], h("p", { class: "soft" }, error.message));
      poll(() => get(path, { signal }), (found) => show(found), { every: 60000, signal, failed });
    }
  };
  const showHold = (found) => {
    fill(lead, found.hcps_total === 0 ? "Nothing: no touch planned for the next 24 hours breaks a budget."
      : h("b", {}, `${plural(found.hcps_total, "HCP has", "HCPs have")} a touch planned within 24 hours that breaks a budget.`));
    fill(parts.hold, found.hcps_total === 0 ? null : table("Planned touches to hold, those with most touches too many first", [
      { head: "HCP", cell: (of) => hcpLink(of.hcp_id) }, { head: "Planned", cell: (of) => soon(of.over_at) },
      { head: "Stands", cell: zoneOf }, { head: "Free again", cell: free }, { head: "Territory", cell: (of) => word(of.territory) },
    ], found.hcps), more(found));
  };
  const showOver = (found) => fill(parts.over, table("Most touches too many first", [
    { head: "HCP", cell: (of) => hcpLink(of.hcp_id) }, { head: "Stands", cell: zoneOf }, { head: "Free again", cell: free },
    { head: "Last touch", cell: (of) => ago(of.last_touch_at, found.as_of) }, { head: "Territory", cell: (of) => word(of.territory) },
  ], found.hcps, "Nobody is over budget."), more(found));
  const showUntouched = (found) => {
    fill(untouchedLead, found.hcps_total === 0 ? "No target HCP is without a touch in this window."
      : `${plural(found.hcps_total, "target HCP has", "target HCPs have")} had no touch in this window. A budget is a ceiling, not a goal: silence may be right.`);
    fill(parts.untouched, found.hcps_total === 0 ? null : table("Longest untouched first", [
      { head: "HCP", cell: (of) => hcpLink(of.hcp_id) }, { head: "Last touch", cell: (of) => ago(of.last_touch_at, found.as_of) },
      { head: "Specialty", cell: (of) => word(of.specialty) }, { head: "Territory", cell: (of) => word(of.territory) },
    ], found.hcps), more(found));
  };
  return {
    ask,
    cards: [
      card("half", "4. What should be held today?", lead, parts.hold),
      card("half", "Who is over now?", parts.over),
      card("half", "5. Who is untouched?", untouchedLead, parts.untouched),
    ],
  };
}

const free = (of) => (of.next_free_at ? (new Date(of.next_free_at) - Date.now() < 60000 ? "now" : soon(of.next_free_at)) : "no rule says");
const more = (found) => (found.hcps_total > found.hcps.length ? h("p", { class: "small soft" }, `The first ${found.hcps.length} of ${count(found.hcps_total)}.`) : null);
