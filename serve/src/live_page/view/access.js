// Access: whether visits get through, by specialty and territory. What is not written down stands beside it, since a closed
// door that nobody reports looks open.

import { get, query } from "../api.js";
import { chart, color } from "../chart.js";
import { behind, card, empty, fill, h } from "../dom.js";
import { described, filters } from "../filters.js";
import { ACCESS } from "../reference_lines.js";
import { BANDS, count, date, percent, plural, word } from "../words.js";

const NAMES = ["territory", "segment", "specialty"];
const COLOURS = { accessible: "clear", restricted: "near", severe: "over", closed_by_rule: "none" };
const REASONS = { thin_support: "fewer than 20 rated HCPs", not_reported: "closed doors are not written down" };
/** Below this share of owners who write closed doors down nothing is told; below the other one it is told with care. */
const CARE = 0.8;
const YEAR = 365 * 86400e3;
/** Bars of one card; the table behind it has them all. */
const SHOWN = 12;

export function open(context) {
  const asked = query(Object.fromEntries(NAMES.map((name) => [name, context.values[name]])));
  const choose = filters(context, NAMES);
  const lead = h("p", { class: "lead" }, "Looking at the visits of a year…");
  const all = { bar: chart(), legend: h("ul", { class: "legend" }), text: h("div", {}) };
  const trust = h("div", {});
  const groups = { specialties: group(), territories: group() };
  const source = h("p", { class: "small soft" }, `${ACCESS.text} (${ACCESS.source}). It was asked of reps of many companies; this is what one company wrote down.`);
  context.title("Access");
  fill(context.body, h("p", { class: "soft" }, `${described(Object.fromEntries(NAMES.map((name) => [name, context.values[name]])))}, visits of sales in the last 365 days`), choose.place, lead, h("div", { class: "grid" },
    card("half", "How many doors are open?", all.bar.place, all.legend, source, all.text), card("half", "Does this say how it is?", trust),
    card("half", "By specialty", groups.specialties.parts), card("half", "By territory", groups.territories.parts),
    card("", "What to do at a closed door", h("p", {}, "Nothing that adds a visit: a closed door is not a task. Wait, use another channel if the HCP consents to it, or ask what the HCP prefers."))));
  context.poll(() => get(`/v1/overview/access${asked}`, { signal: context.signal }), (found) => {
    choose.show(found.facets);
    fill(lead, sentence(found.all));
    showAll(found.all, all);
    fill(trust, bias(found));
    groups.specialties.show("Specialty", found.specialties.map((of) => ({ ...of.access, name: word(of.specialty) })));
    groups.territories.show("Territory", found.territories.map((of) => ({ ...of.access, name: word(of.territory) })));
  }, 60000);
}

function sentence(all) {
  if (all.hcps === 0) return "No HCP is in this filter.";
  if (all.reason === "thin_support") return `Too few to tell: ${plural(all.rated, "HCP is", "HCPs are")} rated, by four visits or by the rule of the account; 20 are needed.`;
  if (all.reason === "not_reported") return "Not told: most of those who visit never wrote down a closed door, so that every door would look open.";
  return `${percent(all.accessible_share)} of ${count(all.rated)} rated HCPs are accessible. ${percent(all.through_share)} of ${count(all.attempts)} visits got through.`;
}

/** The bands of a cohort one after another, as shares. */
function segments(of, row) {
  let from = 0;
  return BANDS.map(([band, title, meaning]) => {
    const share = of.bands[band] / of.rated;
    from += share;
    return { row, band, title, meaning, hcps: of.bands[band], share, x1: from - share, x2: from };
  }).filter((segment) => segment.hcps > 0);
}

const bars = (rows) => [
  Plot.barX(rows, { x1: "x1", x2: "x2", y: "row", fill: (row) => color(COLOURS[row.band]), insetTop: 3, insetBottom: 3, insetLeft: 0.5, insetRight: 0.5 }),
  Plot.tip(rows, Plot.pointer({ x: (row) => (row.x1 + row.x2) / 2, y: "row", title: (row) => `${row.row ? `${row.row}: ` : ""}${row.title}, ${row.meaning}\n${plural(row.hcps, "HCP")} (${percent(row.share)})` })),
];

function showAll(of, { bar, legend, text }) {
  if (!of.bands) { bar.clear(); fill(legend); fill(text, empty(`Not told: ${REASONS[of.reason] ?? "no HCP"}.`)); return; }
  const rows = segments(of, "");
  bar.show(rows.map((row) => `${row.title} ${percent(row.share)}`).join(", "), () => ({
    height: 44, marginLeft: 0, marginRight: 0, marginTop: 4, marginBottom: 4, x: { axis: null, domain: [0, 1] }, y: { axis: null }, marks: bars(rows),
  }));
  fill(legend, rows.map((row) => h("li", {}, h("span", { class: `key ${COLOURS[row.band]}` }), `${row.title} ${percent(row.share)}: ${row.meaning}`)));
  fill(text);
}

/** What stands between the numbers and the doors. */
function bias(found) {
  const { all } = found;
  const reporting = all.no_access_reporting, from = found.records_from && new Date(found.records_from);
  const isYoung = from && from > new Date(new Date(found.as_of) - YEAR);
  const doubts = [
    all.reason === "not_reported" && "closed doors are not written down",
    all.reason === null && reporting === null && "too few people visit to tell whether closed doors are written down",
    all.reason === null && reporting !== null && reporting < CARE && "not everybody writes closed doors down",
    all.unclosed_share > 0.1 && "many calls were never closed",
    isYoung && `records begin on ${date(from)}, not a year ago`,
    !found.is_complete && "this process holds a part of the HCPs only",
  ].filter(Boolean);
  const fact = (text, value) => h("li", {}, `${text} `, h("b", {}, value));
  return [
    h("p", { class: "lead" }, doubts.length === 0 ? [h("span", { class: "good" }, "As far as one company sees it. "), "Closed doors are written down."] : [h("span", { class: "bad" }, "With care: "), `${doubts.join("; ")}.`]),
    h("ul", { class: "facts" },
      fact("People with 20 visits or more who wrote down a closed door", reporting === null ? "not told of fewer than five" : percent(reporting)),
      fact("Calls still planned a week after their time", percent(all.unclosed_share)),
      fact("Target HCPs rated", all.targets === 0 ? "no panel names targets" : `${count(all.rated_targets)} of ${count(all.targets)}`),
      fact("Visits", count(all.attempts))),
    h("p", { class: "small soft" }, "A rep notes a visit that took place more readily than one that did not, and goes where doors are open: both make access look better than it is. Below half of the people who write closed doors down nothing is told. An HCP counts from four visits on; what changed since last year is a question of the cookbook (access_this_year_and_last)."),
  ];
}

/** The cohorts of one kind. */
function group() {
  const place = chart(), text = h("div", {});
  return {
    parts: [place.place, text],
    show(kind, cohorts) {
      const told = cohorts.filter((of) => of.bands).sort((a, b) => b.accessible_share - a.accessible_share || (a.name < b.name ? -1 : 1));
      const shown = told.slice(0, SHOWN), rows = shown.flatMap((of) => segments(of, of.name));
      if (rows.length === 0) place.clear();
      else place.show(`Widest open: ${shown[0].name}, ${percent(shown[0].accessible_share)} accessible${shown.length > 1 ? `; least: ${told.at(-1).name}, ${percent(told.at(-1).accessible_share)}` : ""}`, (width) => ({
        height: 28 * shown.length + 8, marginLeft: width > 420 ? 150 : 110, marginRight: 56, marginTop: 4, marginBottom: 4,
        x: { axis: null, domain: [0, 1] }, y: { domain: shown.map((of) => of.name), label: null, tickSize: 0 },
        marks: [...bars(rows), Plot.text(shown, { x: 1, y: "name", text: (of) => percent(of.accessible_share), textAnchor: "start", dx: 6 })],
      }));
      const silent = cohorts.filter((of) => of.reason === "not_reported").length, thin = cohorts.filter((of) => of.reason === "thin_support").length;
      const left = [thin > 0 && `${count(thin)} with ${REASONS.thin_support}`, silent > 0 && `${count(silent)} where ${REASONS.not_reported}`].filter(Boolean);
      const cell = (head, value) => ({ head, number: true, cell: value });
      const band = (name) => (of) => (of.bands ? count(of.bands[name]) : "–");
      fill(text,
        rows.length === 0 ? empty("None of them can be told.") : h("p", { class: "small soft" }, "The number at the end is the share that is accessible."),
        left.length > 0 ? h("p", { class: "small soft" }, `Not told: ${left.join("; ")}.`) : null,
        behind(`Rated HCPs by band, by ${kind.toLowerCase()}`, [
          { head: kind, cell: (of) => of.name }, cell("HCPs", (of) => count(of.hcps)), cell("Rated", (of) => count(of.rated)), cell("Visits", (of) => count(of.attempts)),
          ...BANDS.map(([name, title]) => cell(title, band(name))), cell("Got through", (of) => percent(of.through_share)),
          cell("Write closed doors down", (of) => (of.no_access_reporting === null ? "too few people" : percent(of.no_access_reporting))),
          cell("Never closed", (of) => percent(of.unclosed_share)), { head: "Told", cell: (of) => (of.reason ? `no: ${REASONS[of.reason]}` : "yes") },
        ], cohorts));
    },
  };
}
