// Collisions beside their chance line: a busy HCP collides by chance alone, so the rate says little without it.

import { chart, color, hatched, time } from "../../chart.js";
import { behind, card, empty, fill, h } from "../../dom.js";
import { count, date, percent } from "../../words.js";
import { unfinished } from "./trust.js";

/** Below so many pairs a rate says little. */
const ENOUGH = 10;

const rate = (of) => (of.pairs < ENOUGH ? null : of.collisions / of.pairs);
const chance = (of) => (of.pairs < ENOUGH ? null : of.expected_by_chance / of.pairs);

export function collisions() {
  const place = chart(), lead = h("p", {}), text = h("div", {});
  const legend = h("ul", { class: "legend" }, h("li", {}, h("span", { class: "key accent" }), "observed"), h("li", {}, h("span", { class: "key chance" }), "the same voices at random times"));
  return {
    cards: [card("half", "8. Do touches collide more than by chance?", lead, place.place, legend, text)],
    show(found, weeks) {
      const now = rate(found.collisions), by = chance(found.collisions);
      if (now === null) { fill(lead, empty(`Fewer than ${ENOUGH} pairs of unasked touches: too few to tell.`)); return; }
      const verdict = now > 1.1 * by ? "more than chance: somebody does not look before touching" : now < 0.9 * by ? "less than chance: somebody spaces them" : "about what chance gives";
      fill(lead, h("b", {}, percent(now)), ` of consecutive unasked touches collide; the same voices at random times would give ${percent(by)}: ${verdict}.`);
      const points = (weeks?.points ?? []).filter((point) => rate(point.collisions) !== null);
      if (points.length < 2) return;
      const rows = points.map((point) => ({ at: new Date(point.at), rate: rate(point.collisions), chance: chance(point.collisions) }));
      place.show(`Collisions ${percent(rows[0].rate)} on ${date(rows[0].at)}, ${percent(now)} now; chance ${percent(by)}`, () => ({
        height: 210, marginLeft: 44, marginRight: 20, x: time(rows[0].at, rows.at(-1).at),
        y: { domain: [0, 1.15 * Math.max(0.05, ...rows.flatMap((row) => [row.rate, row.chance]))], tickFormat: (value) => `${Math.round(100 * value)} %`, label: null, grid: true, ticks: 5 },
        marks: [
          hatched(unfinished(found)), Plot.ruleY([0]), Plot.lineY(rows, { x: "at", y: "chance", stroke: color("soft"), strokeDasharray: "5 4", strokeWidth: 2 }),
          Plot.lineY(rows, { x: "at", y: "rate", stroke: color("accent"), strokeWidth: 2.5, marker: "circle" }),
          Plot.tip(rows, Plot.pointerX({ x: "at", y: "rate", title: (row) => `${date(row.at)}: ${percent(row.rate)}, chance ${percent(row.chance)}` })),
        ],
      }));
      fill(text, behind("Collisions by week", [
        { head: "Week", cell: (point) => date(point.at) }, { head: "Collisions", number: true, cell: (point) => count(point.collisions.collisions) },
        { head: "Pairs", number: true, cell: (point) => count(point.collisions.pairs) }, { head: "Rate", number: true, cell: (point) => percent(rate(point.collisions)) },
        { head: "By chance", number: true, cell: (point) => percent(chance(point.collisions)) },
      ], points));
    },
  };
}
