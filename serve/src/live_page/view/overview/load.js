// How load lies over HCPs, now and week by week, as steady visits per week.

import { chart, color, hatched, time } from "../../chart.js";
import { behind, card, empty, fill, h } from "../../dom.js";
import { VISITS } from "../../reference_lines.js";
import { count, date, one, two, visits } from "../../words.js";
import { unfinished } from "./trust.js";

const LINES = [["p50", "half of them below"], ["p90", "nine in ten below"], ["p99", "99 in 100 below"]];

export function load() {
  const bars = chart(), lines = chart(), text = h("div", {}), lead = h("p", {});
  const source = h("p", { class: "small soft" }, `${VISITS.text} (${VISITS.source}).`);
  return {
    cards: [card("half", "7. How heavily are they interrupted?", lead, bars.place, h("h3", {}, "Week by week"), lines.place, source, text)],
    show(found, weeks) {
      const of = found.visits_per_week;
      if (of.p50 === null) { fill(lead, empty("No HCP is in this filter.")); return; }
      fill(lead, `Half of the HCPs carry less than ${visits(of.p50)}, one in ten more than ${two(of.p90)}, one in a hundred more than ${two(of.p99)}. An e-mail weighs a fifth to a third of a visit.`);
      const touched = of.bands.filter((band) => band.hcps > 0);
      const last = touched.at(-1)?.from ?? 0;
      const width = of.bands[1].from - of.bands[0].from;
      const rows = of.bands.filter((band) => band.from <= Math.max(last, 1)).map((band) => ({ ...band, to: band.from + width }));
      bars.show(`Most HCPs carry ${one(touched[0]?.from ?? 0)} to ${one(last + width)} visits a week`, () => ({
        height: 150, marginLeft: 50, marginBottom: 36, x: { label: "Visits a week", labelAnchor: "center", labelArrow: "none" }, y: { label: "HCPs", labelArrow: "none", grid: true, ticks: 4, tickFormat: count },
        marks: [
          Plot.rectY(rows, { x1: "from", x2: "to", y: "hcps", fill: color("accent-soft"), inset: 0.5 }), Plot.ruleY([0]),
          Plot.ruleX([of.p90], { stroke: color("full"), strokeDasharray: "4 3" }), Plot.text([of.p90], { x: (value) => value, frameAnchor: "top", text: () => "nine in ten", textAnchor: "start", dx: 4 }),
          Plot.tip(rows, Plot.pointerX({ x: (band) => (band.from + band.to) / 2, y: "hcps", title: (band) => `${two(band.from)} to ${two(band.to)}: ${count(band.hcps)} HCPs` })),
        ],
      }));
      if (weeks) showWeeks(weeks, unfinished(found));
    },
  };

  function showWeeks(weeks, open) {
    const points = weeks.points.filter((point) => point.visits_per_week.p50 !== null);
    const rows = points.flatMap((point) => LINES.map(([name, title]) => ({ at: new Date(point.at), name, title, load: point.visits_per_week[name] })));
    if (points.length < 2) return;
    const top = Math.max(0.5, ...rows.map((row) => row.load)) * 1.1;
    const reference = VISITS.per_week < 1.25 * top;
    lines.show(`Nine in ten below ${two(points[0].visits_per_week.p90)} on ${date(points[0].at)}, ${two(points.at(-1).visits_per_week.p90)} now`, (width) => ({
      height: 190, marginLeft: 44, marginRight: width > 420 ? 120 : 40,
      x: time(new Date(points[0].at), new Date(points.at(-1).at)), y: { domain: [0, reference ? Math.max(top, VISITS.per_week * 1.1) : top], label: "Visits a week", labelArrow: "none", grid: true, ticks: 5 },
      marks: [
        hatched(open),
        reference ? Plot.ruleY([VISITS.per_week], { stroke: color("soft"), strokeDasharray: "2 3" }) : null,
        reference ? Plot.text([VISITS.per_week], { y: (value) => value, frameAnchor: "left", textAnchor: "start", dy: -7, dx: 4, text: () => "all companies, IQVIA 2025" }) : null,
        Plot.lineY(rows, { x: "at", y: "load", z: "name", stroke: color("accent"), strokeOpacity: (row) => (row.name === "p50" ? 1 : 0.6), strokeWidth: 2, marker: "circle" }),
        Plot.text(rows, Plot.selectLast({ x: "at", y: "load", z: "name", text: width > 420 ? "title" : "name", textAnchor: "start", dx: 8 })),
        Plot.ruleY([0]), Plot.tip(rows, Plot.pointer({ x: "at", y: "load", title: (row) => `${date(row.at)}: ${row.title} ${two(row.load)} visits a week` })),
      ],
    }));
    fill(text, behind("Visits per week by week", [
      { head: "Week", cell: (point) => date(point.at) }, ...LINES.map(([name, title]) => ({ head: title, number: true, cell: (point) => two(point.visits_per_week[name]) })),
    ], points));
  }
}
