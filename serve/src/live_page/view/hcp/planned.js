// The planned touches of the days ahead: what each would break, and the one to move.

import { h, table } from "../../dom.js";
import { count, plural, soon, word } from "../../words.js";
import { zone } from "../shared.js";

const CODES = { budget_full: "budget full", over_budget: "over budget", minimum_gap: "too soon after another", consent_missing: "no consent", forbidden: "forbidden" };

export function planned(found, zoneName) {
  const advice = found.change && h("p", { class: "lead" }, h("b", {}, change(found.change, found.touches, zoneName)));
  const late = found.overdue > 0 && h("p", { class: "soft" }, `${plural(found.overdue, "planned touch", "planned touches")} of the past were neither made nor cancelled: they are not counted.`);
  return [advice, table("Planned touches as they would turn out", [
    { head: "When", cell: (of) => soon(of.record.occurred_at, zoneName) },
    { head: "What", cell: (of) => `${word(of.record.channel)}, ${word(of.record.business_function)}` },
    { head: "With it", cell: (of) => (of.budget ? zone(of.budget.headroom < 0 ? "over" : of.budget.headroom === 0 ? "full" : "clear", of.budget.headroom) : "no budget") },
    { head: "Breaks", cell: (of) => (of.breaks.length ? of.breaks.map((reason) => `${CODES[reason.code] ?? word(reason.code)}${reason.rule ? ` (${reason.rule})` : ""}`).join(", ") : "nothing") },
  ], found.touches, "Nothing is planned in the next 14 days."), late];
}

/** What to do with one planned touch, as a sentence. */
export function change(of, touches, zoneName) {
  const touch = touches?.find((other) => other.record.event_id === of.event_id)?.record;
  const what = touch ? `${word(touch.channel)} by ${word(touch.business_function)}` : "touch";
  const left = of.excess_left > 0 ? ` (${count(of.excess_left)} too many are left even then)` : "";
  return of.act === "move" ? `Move the ${what} of ${soon(of.occurred_at, zoneName)} to ${soon(of.move_to, zoneName)}${left}.` : `Cancel the ${what} of ${soon(of.occurred_at, zoneName)}${left}.`;
}
