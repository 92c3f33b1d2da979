// How an HCP stands, in one sentence: budget, whether the touches add up, when the next one fits.

import { plural, soon, word } from "../../words.js";

const HEADLINE = "28d";

export const headline = ({ windows }) => windows.find((window) => window.window === HEADLINE)?.metrics;

export function sentence(known) {
  const metrics = headline(known);
  if (!metrics) return "Nothing is known of the last 400 days.";
  const parts = [stands(metrics), addsUp(metrics, known), free(metrics, known.reference?.time_zone)];
  return `${parts.filter(Boolean).join("; ")}.`;
}

function stands({ zone, headroom }) {
  switch (zone) {
    case "over": return headroom < 0 ? `Over by ${-headroom}` : "Over: touches are forbidden";
    case "full": return "Full: the next touch breaches";
    case "near": return `Near the limit: ${plural(headroom, "touch", "touches")} left`;
    case "clear": return `Clear: ${plural(headroom, "touch", "touches")} left`;
    default: return "No budget bears on this HCP";
  }
}

function addsUp({ coherence, coherence_basis: basis, touches }, { windows, timeline, as_of }) {
  if (touches === 0) return "not touched in 28 days";
  if (coherence === null) return "too few touches to tell whether they add up";
  const parts = windows.find((window) => window.window === HEADLINE).coherence_parts;
  if (basis.includes("agreement") && parts.agreement < 0.5) return `${speakers(timeline, as_of)} on different themes`;
  if (basis.includes("coordination") && parts.coordination < 0.5) return "touches collide within two days";
  if (basis.includes("sequence") && parts.sequence < 0.5) return "steps of the plan are out of order";
  if (basis.includes("plan") && parts.plan < 0.5) return "off plan";
  return coherence >= 0.75 ? "touches add up" : "touches partly add up";
}

/** The two functions with most touches of the window, else "touches". */
function speakers(timeline, asOf) {
  const from = new Date(asOf) - 28 * 86400e3, counts = new Map();
  for (const record of timeline) {
    if (record.basis === null || new Date(record.occurred_at) < from) continue;
    counts.set(record.business_function, (counts.get(record.business_function) ?? 0) + 1);
  }
  const [one, other] = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => word(name));
  return other ? `${one} and ${other}` : "channels";
}

function free({ next_free_at: at, zone }, timeZone) {
  if (zone === null && !at) return null;
  if (!at) return "no touch is allowed";
  return new Date(at) - Date.now() < 60000 ? "free now" : `free again ${soon(at, timeZone)}`;
}
