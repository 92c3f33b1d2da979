// An account over time: its touches week by week and by function, and how many voices it hears.

import { chart, color, time } from "../../chart.js";
import { behind, card, empty, fill, h } from "../../dom.js";
import { count, date, one, plural, word } from "../../words.js";

const WEEK = 7 * 86400e3;
/** The functions in one order, so that colours lie alike in every account. */
const FUNCTIONS = ["sales", "marketing", "medical", "access", "patient_services"];
const place = (name) => (FUNCTIONS.includes(name) ? FUNCTIONS.indexOf(name) : FUNCTIONS.length);
const colour = (name) => (FUNCTIONS.includes(name) ? name : "other");

export function weeks() {
  const bars = chart(), lines = chart();
  const lead = h("p", {}), legend = h("ul", { class: "legend" }), heard = h("p", {}), text = h("div", {}), notes = h("p", { class: "small soft" });
  return {
    cards: [card("half", "Who speaks to it, week by week?", lead, bars.place, legend, notes, text), card("half", "How many voices does it hear?", heard, lines.place,
      h("p", { class: "small soft" }, "Effective numbers over 28 days: two who speak equally often are 2, one who speaks and one who hardly does little more than 1. Below ten touches it is not told."))],
    show(found) {
      const points = found.points.map((point) => ({ ...point, to: new Date(point.at), from: new Date(new Date(point.at) - WEEK) }));
      const names = [...new Set(points.flatMap((point) => point.functions.map((of) => of.business_function)))].sort((a, b) => place(a) - place(b));
      if (names.length === 0) {
        for (const drawing of [bars, lines]) drawing.clear();
        for (const part of [lead, legend, notes, heard]) fill(part);
        fill(text, empty("None of its HCPs was touched in the last thirteen weeks."));
        return;
      }
      const last = points.at(-1);
      fill(lead, last.touches === 0 ? "Nobody touched it in the last week."
        : `${plural(last.touches, "touch", "touches")} in the last week, ${count(last.unsolicited)} of them unasked, on ${plural(last.hcps_touched, "HCP")} of ${count(found.hcps)}.`);
      drawBars(points, names);
      fill(legend, names.map((name) => h("li", {}, h("span", { class: `key ${colour(name)}` }), word(name))));
      fill(notes, found.records_from && new Date(found.records_from) > points[0].from ? `Records here begin on ${date(found.records_from)}. ` : "", "Touches of the HCPs that belong to the account now.");
      drawLines(points);
      fill(text, behind("Touches by week and function, and voices of the 28 days before its end", [
        { head: "Week until", cell: (point) => date(point.at) }, ...names.map((name) => ({ head: word(name), number: true, cell: (point) => count(of(point, name)) })),
        { head: "Unasked", number: true, cell: (point) => count(point.unsolicited) }, { head: "HCPs", number: true, cell: (point) => count(point.hcps_touched) },
        { head: "Voices", number: true, cell: (point) => told(point.voices) }, { head: "Functions", number: true, cell: (point) => told(point.function_voices) },
      ], points));
    },
  };

  function drawBars(points, names) {
    const rows = points.flatMap((point) => {
      let below = 0;
      return names.map((name) => {
        const touches = of(point, name);
        below += touches;
        return { from: point.from, to: point.to, all: point.touches, name, touches, y1: below - touches, y2: below };
      }).filter((row) => row.touches > 0);
    });
    const most = Math.max(...points.map((point) => point.touches));
    bars.show(`${names.map(word).join(", ")}; at most ${plural(most, "touch", "touches")} in a week`, () => ({
      height: 210, marginLeft: 36, marginRight: 10, x: time(points[0].from, points.at(-1).to), y: { domain: [0, Math.max(most, 4)], label: "Touches a week", labelArrow: "none", grid: true, ticks: 5, tickFormat: count },
      marks: [
        Plot.rectY(rows, { x1: "from", x2: "to", y1: "y1", y2: "y2", fill: (row) => color(colour(row.name)), inset: 1 }), Plot.ruleY([0]),
        Plot.tip(rows, Plot.pointer({ x: (row) => new Date((+row.from + +row.to) / 2), y: (row) => (row.y1 + row.y2) / 2, title: (row) => `Week until ${date(row.to)}\n${word(row.name)}: ${count(row.touches)} of ${count(row.all)}` })),
      ],
    }));
  }

  function drawLines(points) {
    const rows = points.flatMap((point) => [["voices", "voices"], ["function_voices", "functions"]].map(([name, title]) => ({ at: point.to, title, value: point[name] }))).filter((row) => row.value !== null);
    const last = points.at(-1), before = points.at(-5);
    fill(heard, last.voices === null && last.function_voices === null ? empty("Fewer than ten touches in 28 days: too few to tell.")
      : [h("b", {}, `${told(last.voices)} voices of ${told(last.function_voices)} functions`), " in the last 28 days", before && before.voices !== null ? `; ${told(before.voices)} of ${told(before.function_voices)} four weeks ago.` : "."]);
    if (rows.length === 0) { lines.clear(); return; }
    lines.show(`${told(last.voices)} voices and ${told(last.function_voices)} functions now`, () => ({
      height: 190, marginLeft: 36, marginRight: 70, x: time(points[0].from, points.at(-1).to), y: { domain: [0, Math.max(3, ...rows.map((row) => row.value)) * 1.1], label: null, grid: true, ticks: 5 },
      marks: [
        Plot.ruleY([0]), Plot.ruleY([1], { stroke: color("soft"), strokeDasharray: "4 3" }),
        Plot.lineY(rows, { x: "at", y: "value", z: "title", stroke: (row) => color(row.title === "voices" ? "accent" : "soft"), strokeWidth: 2.5, marker: "circle" }),
        Plot.text(rows, Plot.selectLast({ x: "at", y: "value", z: "title", text: "title", textAnchor: "start", dx: 8 })),
        Plot.tip(rows, Plot.pointer({ x: "at", y: "value", title: (row) => `28 days until ${date(row.at)}: ${one(row.value)} ${row.title}` })),
      ],
    }));
  }
}

const told = (value) => (value === null ? "–" : one(value));
const of = (point, name) => point.functions.find((known) => known.business_function === name)?.touches ?? 0;
