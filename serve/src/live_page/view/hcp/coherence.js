// The parts of coherence with their support: thin support is told, never drawn as 0 or 1.

import { h, table } from "../../dom.js";
import { count, percent, plural, two } from "../../words.js";
import { headline } from "./sentence.js";

const PARTS = [
  ["agreement", "Do functions or channels speak of the same theme?", (of) => `${count(of.support)} touches with a known theme (${percent(of.theme_coverage)} of all; 60 % are needed)`],
  ["coordination", "Do touches keep their distance?", (of) => `${count(Math.max(0, of.unsolicited - 1))} pairs of unasked touches; chance alone: ${of.chance_collision_rate === null ? "–" : two(1 - of.chance_collision_rate)}`],
  ["sequence", "Do planned steps come in order?", (of) => (of.sequence_coherence === null ? "fewer than two touches on a plan" : `${plural(Math.round(of.plan_precision * of.touches), "touch", "touches")} on a plan`)],
  ["plan", "Is the plan kept?", (of) => (of.plan_fit === null ? "no step was due, or no plan" : `${percent(of.plan_precision)} of touches on plan, ${percent(of.plan_recall)} of due steps done`)],
];

export function coherence(known) {
  const metrics = headline(known);
  if (!metrics) return h("p", { class: "empty" }, "Not known.");
  const parts = known.windows.find((window) => window.window === "28d").coherence_parts;
  const all = metrics.coherence === null
    ? "Too few parts are known to tell (two are needed)."
    : `Coherence ${two(metrics.coherence)} of 1, the mean of the parts that are known. Fragmentation ${two(metrics.fragmentation)}.`;
  return [
    h("p", {}, all),
    table("Parts of coherence, last 28 days; 1 is best", [
      { head: "Part", cell: ([, question]) => question },
      { head: "Value", number: true, cell: ([name]) => (parts[name] === undefined ? "not known" : two(parts[name])) },
      { head: "Rests on", cell: ([, , support]) => support(metrics) },
    ], PARTS),
  ];
}
