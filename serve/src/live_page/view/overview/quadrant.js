// Budget use by fragmentation: busy and contradicted are different problems, and are never multiplied.

import { chart, color } from "../../chart.js";
import { behind, card, empty, fill, h } from "../../dom.js";
import { count, one, percent, plural } from "../../words.js";

/** Budget use is drawn up to here; what lies beyond stands at the edge. */
const EDGE = 2.5;

export function quadrant() {
  const place = chart(), text = h("div", {}), lead = h("p", { class: "small soft" });
  return {
    cards: [card("half", "6. Busy, contradicted, or both?", lead, place.place, text)],
    show(found) {
      const { quadrant: of } = found;
      if (of.hcps === 0) {
        fill(lead);
        place.clear();
        fill(text, empty(`No HCP has both a budget and enough touches to tell whether they add up${of.thin_support ? `; ${plural(of.thin_support, "HCP has", "HCPs have")} too few` : ""}.`));
        return;
      }
      const corner = of.cells.filter((cell) => cell.budget_use_from >= 1 && cell.fragmentation_from >= 0.5 - 1e-9).reduce((sum, cell) => sum + cell.hcps, 0);
      fill(lead, `${plural(corner, "HCP is", "HCPs are")} full or over and hear${corner === 1 ? "s" : ""} contradicting voices (top right). ${of.thin_support ? `${plural(of.thin_support, "HCP is", "HCPs are")} left out: too few touches to tell.` : ""}`);
      // Budgets have whole caps, so marks share few values of use: spread sideways a little they do not hide each other.
      const marks = of.marks?.map((mark, n) => ({ x: Math.min(mark.budget_use ?? EDGE, EDGE) + 0.09 * ((n * 0.618034) % 1 - 0.5), y: mark.fragmentation }));
      const cells = of.cells.map((cell) => ({ ...cell, x1: cell.budget_use_from, x2: cell.budget_use_from + of.cell_budget_use, y1: cell.fragmentation_from, y2: cell.fragmentation_from + of.cell_fragmentation }));
      place.show(`${count(of.hcps)} HCPs by budget use and fragmentation; ${count(corner)} in the corner of both`, (width) => ({
        height: Math.min(340, width * 0.7), marginLeft: 50, marginBottom: 40, grid: true,
        x: { domain: [-0.05, EDGE + 0.05], label: "Budget use (1 = full, beyond = over)", labelAnchor: "center", labelArrow: "none", tickFormat: (value) => one(value) },
        y: { domain: [0, 1], label: "Fragmentation", labelArrow: "none", tickFormat: (value) => one(value), ticks: 5 },
        color: { type: "sqrt", range: [color("accent-soft"), color("accent")], interpolate: "rgb" },
        marks: [
          Plot.ruleX([1], { stroke: color("over"), strokeDasharray: "4 3" }), Plot.ruleY([0.5], { stroke: color("soft"), strokeDasharray: "4 3" }),
          ...(marks
            ? [Plot.dot(marks, { x: "x", y: "y", r: 3, fill: color("accent"), fillOpacity: 0.35 })]
            : [Plot.rect(cells, { x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: color("accent"), inset: 0.5, fillOpacity: (cell) => 0.15 + 0.85 * Math.sqrt(cell.hcps / Math.max(...cells.map((other) => other.hcps))) }),
               Plot.tip(cells, Plot.pointer({ x: (cell) => (cell.x1 + cell.x2) / 2, y: (cell) => (cell.y1 + cell.y2) / 2, title: (cell) => plural(cell.hcps, "HCP") }))]),
          Plot.text(["quiet, contradicted"], { x: 0.03, y: 0.97, textAnchor: "start", fill: color("soft") }),
          Plot.text(["busy and contradicted"], { x: EDGE - 0.03, y: 0.97, textAnchor: "end", fill: color("soft") }),
          Plot.text(["quiet, adds up"], { x: 0.03, y: 0.03, textAnchor: "start", fill: color("soft") }),
          Plot.text(["busy, adds up"], { x: EDGE - 0.03, y: 0.03, textAnchor: "end", fill: color("soft") }),
        ],
      }));
      fill(text, behind("HCPs by budget use and fragmentation", [
        { head: "Budget use from", cell: (cell) => one(cell.budget_use_from) + (cell.budget_use_from >= EDGE ? " and more" : "") },
        { head: "Fragmentation from", cell: (cell) => one(cell.fragmentation_from) },
        { head: "HCPs", number: true, cell: (cell) => `${count(cell.hcps)} (${percent(cell.hcps / of.hcps)})` },
      ], of.cells));
    },
  };
}
