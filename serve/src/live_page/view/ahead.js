// Next 14 days: who goes over on what is planned, and which touch to move. Asked when it opens and once a minute: each look
// at everybody's plans is in the audit log.

import { get, query } from "../api.js";
import { card, fill, h, table } from "../dom.js";
import { clock, count, plural, soon } from "../words.js";
import { change } from "./hcp/planned.js";
import { hcpLink } from "./shared.js";

const SPANS = [["7", "7 days"], ["14", "14 days"], ["28", "28 days"]];

export function open(context) {
  const days = context.values.days ?? "14";
  const path = `/v1/forecast${query({ days, limit: 100 })}`;
  const lead = h("p", { class: "lead" }, "Looking at everybody's plans…"), list = h("div", {});
  const field = h("select", { onchange: (event) => context.go({ days: event.target.value }) }, SPANS.map(([value, text]) => h("option", { value, selected: value === days }, text)));
  context.title(days === "14" ? "Next 14 days" : `Next ${days} days`);
  fill(context.body, h("div", { class: "filters" }, h("label", {}, "How far ahead", field)), lead, h("div", { class: "grid" }, card("", "Who goes over on what is planned", list)));
  context.poll(() => get(path, { signal: context.signal }), (found) => {
    fill(lead, found.hcps_total === 0 ? `Nobody goes over until ${soon(found.until)} if everything planned is made. Plans that no system sends are not known here.`
      : `${plural(found.hcps_total, "HCP goes", "HCPs go")} over until ${soon(found.until)} if everything planned is made. One move each is proposed.`);
    fill(list, found.hcps_total === 0 ? null : table(`Most touches too many first, as of ${clock(found.as_of)}`, [
      { head: "HCP", cell: (of) => hcpLink(of.hcp_id) }, { head: "Goes over", cell: (of) => soon(of.over.at) },
      { head: "Rule", cell: (of) => `${of.over.budget.name}: ${count(of.over.budget.used)} of ${count(of.over.budget.cap)}` },
      { head: "Too many", number: true, cell: (of) => count(of.excess) }, { head: "Planned", number: true, cell: (of) => count(of.planned) },
      { head: "Do", cell: (of) => (of.change ? change(of.change) : "nothing that may be held back") },
    ], found.hcps), found.hcps_total > found.hcps.length ? h("p", { class: "small soft" }, `The first ${found.hcps.length} of ${count(found.hcps_total)}.`) : null);
  }, 60000);
}
