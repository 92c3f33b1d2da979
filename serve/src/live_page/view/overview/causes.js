// Which functions and territories cause it. Functions and channels, never people.

import { chart, color } from "../../chart.js";
import { behind, card, empty, fill, h } from "../../dom.js";
import { count, percent, word } from "../../words.js";
import { ENOUGH, shareOf } from "./share.js";

const SHOWN = 8;

export function causes(context) {
  const pairs = chart(), sources = chart(), territories = chart();
  const texts = { pairs: h("div", {}), sources: h("div", {}), territories: h("div", {}) };
  return {
    cards: [
      card("third", "3. Who collides with whom?", h("p", { class: "small soft" }, "Two unasked touches of different people or functions within the policy's gap (48 hours by default)."), pairs.place, texts.pairs),
      card("third", "Whose touches reach those who are over?", h("p", { class: "small soft" }, "Unasked touches of the window on HCPs over budget."), sources.place, texts.sources),
      card("third", "Which territories?", h("p", { class: "small soft" }, "Share of target HCPs over budget, beside the median territory."), territories.place, texts.territories),
    ],
    show(found) {
      showPairs(found, pairs, texts.pairs);
      showSources(found, sources, texts.sources);
      showTerritories(found, territories, texts.territories, context);
    },
  };
}

const pairName = (pair) => (pair.first === pair.then ? `${word(pair.first)}, two people` : `${word(pair.first)} → ${word(pair.then)}`);
const sourceName = (source) => [word(source.business_function), source.channel === "email" ? `${word(source.origin)} e-mail` : word(source.channel)].join(", ");

function bars(place, rows, label) {
  const widest = Math.max(...rows.map((row) => row.name.length));
  place.show(label, (width) => ({
    height: 26 * rows.length + 10, marginLeft: Math.min(14 + 6.6 * widest, width / 2 + 20), marginRight: 46, marginTop: 2, marginBottom: 8,
    x: { axis: null }, y: { domain: rows.map((row) => row.name), label: null, tickSize: 0 },
    marks: [
      Plot.barX(rows, { x: "value", y: "name", fill: (row) => color(row.color), rx: 2, insetTop: 3, insetBottom: 3 }),
      Plot.text(rows, { x: "value", y: "name", text: (row) => count(row.value), textAnchor: "start", dx: 5 }),
    ],
  }));
}

function showPairs(found, place, text) {
  const rows = found.collision_pairs.slice(0, SHOWN).map((pair) => ({ name: pairName(pair), value: pair.collisions, color: pair.first === pair.then ? pair.first : "other" }));
  if (rows.length === 0) { fill(text, empty("No collision in this window.")); place.clear(); return; }
  bars(place, rows, `Most collisions: ${rows[0].name}, ${rows[0].value}`);
  fill(text, behind("Collisions by functions, the earlier touch first", [
    { head: "Functions", cell: pairName }, { head: "Collisions", number: true, cell: (pair) => count(pair.collisions) },
  ], found.collision_pairs));
}

function showSources(found, place, text) {
  const all = found.touches_on_over.reduce((sum, of) => sum + of.unsolicited, 0);
  const rows = found.touches_on_over.slice(0, SHOWN).map((of) => ({ name: sourceName(of), value: of.unsolicited, color: of.business_function }));
  if (rows.length === 0) { fill(text, empty("Nobody is over budget.")); place.clear(); return; }
  bars(place, rows, `Most of them: ${rows[0].name}, ${percent(rows[0].value / all)}`);
  fill(text, behind("Unasked touches on HCPs over budget", [
    { head: "From", cell: sourceName }, { head: "Touches", number: true, cell: (of) => count(of.unsolicited) },
    { head: "Share", number: true, cell: (of) => percent(of.unsolicited / all) },
  ], found.touches_on_over));
}

function showTerritories(found, place, text, context) {
  const known = found.territories.map((of) => ({ ...of.targets, name: of.territory, share: shareOf(of.targets) })).sort((a, b) => b.share - a.share);
  const enough = known.filter((of) => of.share !== null);
  const few = known.length - enough.length;
  if (enough.length < 2) {
    place.clear();
    fill(text, empty(known.length < 2 ? "One territory alone: there are no peers to compare." : `Fewer than ${ENOUGH} targets in all but one territory: too few to compare.`));
    return;
  }
  const middle = [...enough].sort((a, b) => a.share - b.share)[Math.floor(enough.length / 2)].share;
  const rows = enough.slice(0, 12);
  place.show(`Highest: ${rows[0].name}, ${percent(rows[0].share)}; median ${percent(middle)}`, () => ({
    height: 22 * rows.length + 36, marginLeft: 90, marginRight: 50, marginTop: 18, marginBottom: 18,
    x: { domain: [0, Math.max(...rows.map((row) => row.share), 0.02) * 1.05], axis: null }, y: { domain: rows.map((row) => row.name), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([middle], { stroke: color("soft"), strokeDasharray: "4 3" }),
      Plot.text([middle], { x: (value) => value, frameAnchor: "top", dy: -14, text: () => "median" }),
      Plot.ruleY(rows, { x1: 0, x2: "share", y: "name", stroke: color("accent-soft"), strokeWidth: 3 }),
      Plot.dot(rows, { x: "share", y: "name", r: 5, fill: color("accent") }),
      Plot.text(rows, { x: "share", y: "name", text: (row) => percent(row.share), textAnchor: "start", dx: 9 }),
    ],
  }));
  const open = (of) => h("a", { href: "#", onclick: (event) => { event.preventDefault(); context.go({ territory: of.name }); } }, of.name);
  fill(text,
    few > 0 ? h("p", { class: "small soft" }, `${few} with fewer than ${ENOUGH} targets are not compared.`) : null,
    behind("Targets over budget by territory", [
      { head: "Territory", cell: open }, { head: "Targets", number: true, cell: (of) => count(of.hcps) },
      { head: "Over", number: true, cell: (of) => count(of.over) }, { head: "Share", number: true, cell: (of) => (of.share === null ? "too few" : percent(of.share)) },
    ], known));
}
