// What share of target HCPs is over budget: now, against last week, four weeks ago and peer territories.

import { chart, color, hatched, time } from "../../chart.js";
import { behind, card, empty, fill, h } from "../../dom.js";
import { count, date, percent, plural, points, ZONES } from "../../words.js";
import { unfinished } from "./trust.js";

/** Below so many targets a share says little: territories are then not compared. */
export const ENOUGH = 20;

/** Targets, or everybody where no panel names any. */
export const whom = (of) => (of.targets.hcps > 0 ? of.targets : of.hcps);
const over = (of) => { const all = whom(of); return all.hcps === 0 ? null : all.over / all.hcps; };
export const shareOf = (standings) => (standings.hcps < ENOUGH ? null : standings.over / standings.hcps);

export function share(context) {
  const big = h("p", { class: "big" }, "–");
  const what = h("p", {});
  const against = h("ul", { class: "facts" });
  const zones = h("ul", { class: "legend" });
  const bar = chart(), line = chart();
  const weeksTable = h("div", {}), note = h("p", { class: "small soft" });
  const now = card("half", "2. How many target HCPs are over budget?", big, what, against, bar.place, zones);
  const past = card("half", "Over and full, week by week", line.place, note, weeksTable);

  const showBar = (all) => {
    const parts = ZONES.filter(([zone]) => all[zone] > 0);
    const rows = parts.map(([zone, title]) => ({ zone, title, hcps: all[zone] }));
    bar.show(rows.map((row) => `${row.title} ${row.hcps}`).join(", "), () => ({
      height: 34, marginLeft: 0, marginRight: 0, marginTop: 2, marginBottom: 2, x: { axis: null }, y: { axis: null },
      marks: [Plot.barX(rows, Plot.stackX({ x: "hcps", fill: (row) => color(row.zone === "without_budget" ? "none" : row.zone), inset: 1, title: (row) => `${row.title}: ${count(row.hcps)}` }))],
    }));
    fill(zones, rows.map((row) => h("li", {}, h("span", { class: `key ${row.zone === "without_budget" ? "none" : row.zone}` }), `${row.title} ${count(row.hcps)} (${percent(row.hcps / all.hcps)})`)));
  };

  const showPast = (weeks, open) => {
    const sound = weeks.points.filter((point) => whom(point).hcps > 0);
    if (sound.length < 2) { fill(note, empty("No earlier week is known yet.")); return; }
    const rows = sound.flatMap((point) => ["over", "full"].map((zone) => ({ at: new Date(point.at), zone, share: whom(point)[zone] / whom(point).hcps })));
    const partly = partlyKnown(weeks);
    const top = Math.max(0.05, ...rows.map((row) => row.share)) * 1.15;
    line.show(`Share over budget ${percent(over(sound[0]))} on ${date(sound[0].at)}, ${percent(over(sound.at(-1)))} now`, () => ({
      height: 210, marginLeft: 44, marginRight: 40,
      x: time(new Date(sound[0].at), new Date(sound.at(-1).at)),
      y: { domain: [0, top], percent: false, tickFormat: (value) => `${Math.round(100 * value)} %`, label: null, grid: true, ticks: 5 },
      color: { domain: ["over", "full"], range: [color("over"), color("full")] },
      marks: [
        partly ? Plot.rectX([{ from: new Date(sound[0].at), to: partly }], { x1: "from", x2: "to", fill: color("hatch"), fillOpacity: 0.18 }) : null,
        hatched(open),
        Plot.ruleY([0]),
        Plot.lineY(rows, { x: "at", y: "share", stroke: "zone", strokeWidth: 2, marker: "circle" }),
        Plot.text(rows, Plot.selectLast({ x: "at", y: "share", z: "zone", text: "zone", textAnchor: "start", dx: 8, fill: "zone" })),
        Plot.ruleX(rows, Plot.pointerX({ x: "at", stroke: color("soft") })),
        Plot.tip(rows, Plot.pointerX({ x: "at", y: "share", title: (row) => `${date(row.at)}: ${row.zone} ${percent(row.share)}` })),
      ],
    }));
    fill(note, partly
      ? `Shaded: records here begin on ${date(weeks.records_from)}, so budgets of those weeks are not fully counted.`
      : "Each point is that instant by what is known today, late records included.",
    open ? ` Hatched: since ${date(open.from)} less than 90 % of the records has arrived.` : "");
    fill(weeksTable, behind("Targets over and full by week", [
      { head: "Week", cell: (point) => date(point.at) },
      { head: "Target HCPs", number: true, cell: (point) => count(whom(point).hcps) },
      { head: "Over", number: true, cell: (point) => `${count(whom(point).over)} (${percent(over(point))})` },
      { head: "Full", number: true, cell: (point) => count(whom(point).full) },
    ], sound));
  };

  return {
    cards: [now, past],
    sentence: (found) => `${percent(over(found))} of target HCPs are over budget: ${whom(found).over} of ${whom(found).hcps}.`,
    show(found, weeks, everywhere) {
      const all = whom(found), noun = found.targets.hcps > 0 ? "target HCPs" : "HCPs (no panel names targets)";
      if (all.hcps === 0) { fill(what, empty("No HCP is in this filter.")); fill(big, "–"); return; }
      if (all.without_budget === all.hcps) {
        fill(big, "No budget");
        fill(what, `bears on any of ${count(all.hcps)} ${noun}. Until a policy sets budgets nobody can be over.`);
      } else {
        fill(big, percent(over(found)));
        fill(what, `${count(all.over)} of ${count(all.hcps)} ${noun} are over. ${plural(all.full, "more", "more")} ${all.full === 1 ? "is" : "are"} full: the next touch breaches.`);
      }
      fill(against, weeks ? [compare("Last week", weeks, 1, over(found)), compare("Four weeks ago", weeks, 4, over(found))] : h("li", { class: "soft" }, "Counting earlier weeks…"), peers(everywhere, context.values.territory));
      showBar(all);
      if (weeks) showPast(weeks, unfinished(found));
    },
  };
}

/** Until when points count budgets on records that this process does not have. */
function partlyKnown(weeks) {
  const from = weeks.records_from && new Date(weeks.records_from);
  const whole = from && new Date(+from + 28 * 86400e3);
  const first = new Date(weeks.points[0].at);
  const broken = weeks.points.filter((point) => !point.budgets_whole).at(-1);
  const until = Math.max(whole && whole > first ? whole : 0, broken ? new Date(broken.at) : 0);
  return until ? new Date(Math.min(until, new Date(weeks.points.at(-1).at))) : null;
}

function compare(title, weeks, back, share) {
  const then = weeks.points.at(-1 - back);
  const before = then && whom(then).hcps > 0 ? over(then) : null;
  const known = then && weeks.records_from && new Date(weeks.records_from) < new Date(+new Date(then.at) - 7 * 86400e3);
  const text = before === null || share === null || !known ? "not known: no records of then" : `${percent(before)} (${points(share, before)})`;
  return h("li", {}, `${title} `, h("b", {}, text));
}

/** Other territories, by the overview of all of them; a chosen one stands among them. */
function peers(everywhere, territory) {
  if (!everywhere) return h("li", { class: "soft" }, "Peer territories: counting…");
  const shares = everywhere.territories.map((of) => ({ name: of.territory, share: shareOf(of.targets) })).filter((of) => of.share !== null);
  const others = shares.filter((of) => of.name !== territory).map((of) => of.share).sort((a, b) => a - b);
  if (others.length < (territory ? 1 : 2)) return territory ? h("li", { class: "soft" }, "Peer territories: too few targets to tell") : null;
  const middle = others[Math.floor(others.length / 2)];
  return h("li", {}, territory ? "Peer territories " : "Territories ", h("b", {}, `${percent(others[0])} to ${percent(others.at(-1))}, median ${percent(middle)}`));
}
