// Can I trust what I see now?

import { chart, color } from "../../chart.js";
import { behind, card, empty, fill, h, table } from "../../dom.js";
import { count, date, lasting, percent } from "../../words.js";

/** A feed from which nothing came for longer than this is called silent. */
const SILENT_SECONDS = 3600;
/** Records not yet read that a healthy process works off in a moment. */
const BEHIND_RECORDS = 10000;

/** Days below this are hatched: what happened on them is not all here yet. */
const COMPLETE = 0.9;

/** The last days, as far back as they are below; `null` where they are complete or it is not known. */
export function unfinished({ as_of, completeness }) {
  const days = completeness?.days ?? [];
  let from = null;
  for (const day of [...days].reverse()) {
    if (day.share === null || day.share >= COMPLETE) break;
    from = day.day;
  }
  return from && { from: new Date(from), to: new Date(as_of) };
}

export function trust() {
  const verdict = h("p", { class: "lead" }, "…");
  const facts = h("ul", { class: "facts" });
  const feeds = h("div", {});
  const part = card("two-thirds", "1. Can I trust what I see now?", verdict, facts, h("details", {}, h("summary", {}, "Every feed"), feeds));
  const days = chart(), lead = h("p", { class: "small" }), text = h("div", {});
  const recent = card("third", "How complete are recent days?", lead, days.place, text);
  let is_complete = true;
  return {
    cards: [part, recent],
    show(now) {
      is_complete = now.is_complete;
      const known = (now.completeness?.days ?? []).filter((day) => day.share !== null);
      if (known.length === 0) {
        days.clear();
        fill(lead);
        fill(text, empty(now.completeness
          ? "It cannot be told: that takes 200 records a day, events five weeks old to learn from how late they come, and feeds that are talking."
          : "The log was not looked at yet; it is within a minute of a start."));
        return;
      }
      const last = now.completeness.last_7_days;
      const open = known.filter((day) => day.share < COMPLETE).length;
      fill(lead, last === null ? "" : h("b", {}, percent(last)), last === null ? "" : " of the records of the last 7 days have arrived. ", open > 0 ? `${count(open)} of ${count(known.length)} days are hatched: expect them to rise as late calls come in.` : "No recent day is waiting for many records.");
      days.show(`${open} of ${known.length} recent days below 90 % complete`, () => ({
        height: 110, marginLeft: 40, marginRight: 4, x: { type: "band", domain: now.completeness.days.map((day) => day.day), label: null, tickFormat: (day) => date(day), ticks: 4, tickSize: 0, axis: null },
        y: { domain: [0, 1], label: null, ticks: 3, tickFormat: (share) => `${Math.round(100 * share)} %`, grid: true },
        marks: [
          Plot.barY(known, { x: "day", y: "share", fill: (day) => (day.share < COMPLETE ? "url(#hatch)" : color("accent-soft")), stroke: color("accent-soft"), inset: 0.5 }),
          Plot.ruleY([COMPLETE], { stroke: color("soft"), strokeDasharray: "4 3" }), Plot.ruleY([0]),
          Plot.tip(known, Plot.pointerX({ x: "day", y: "share", title: (day) => `${date(day.day)}: ${percent(day.share)} arrived` })),
        ],
      }));
      fill(text, behind("Share of each day's records that has arrived", [{ head: "Day", cell: (day) => date(day.day) }, { head: "Arrived", number: true, cell: (day) => (day.share === null ? "not known" : percent(day.share)) }], now.completeness.days));
    },
    pipeline(found) {
      const silent = found.feeds.filter((feed) => feed.last_record_age_seconds > SILENT_SECONDS);
      const behind = found.lag.reduce((sum, lag) => sum + lag.lag_records, 0);
      const rejected = found.records.reduce((sum, of) => sum + of.rejected, 0);
      const read = found.records.reduce((sum, of) => sum + of.accepted + of.rejected + of.skipped, 0);
      const doubts = [
        !found.is_ready && "the state is not complete yet",
        !is_complete && "this process holds a part of the HCPs only",
        silent.length > 0 && `nothing for over an hour from ${silent.map(name).join(", ")}`,
        behind > BEHIND_RECORDS && `${count(behind)} records are not read yet`,
        read > 0 && rejected / read > 0.05 && `${count(rejected)} of ${count(read)} records were rejected`,
      ].filter(Boolean);
      fill(verdict, doubts.length === 0
        ? [h("span", { class: "good" }, "Yes. "), "Every feed is talking and read to its end."]
        : [h("span", { class: "bad" }, "With care: "), `${doubts.join("; ")}.`]);
      const fact = (text, value) => h("li", {}, text, " ", h("b", {}, value));
      fill(facts,
        fact("Last record", `${lasting(Math.min(...found.feeds.map((feed) => feed.last_record_age_seconds)))} ago`),
        fact("Not yet read", count(behind)), fact("Rejected since start", `${count(rejected)} of ${count(read)}`),
        fact("Late since start", count(found.records.reduce((sum, of) => sum + of.late, 0))),
        h("li", {}, h("a", { href: "#/pipeline" }, "Pipeline")));
      fill(feeds, table("Age of the newest record by feed", [
        { head: "Feed", cell: name },
        { head: "Last record", cell: (feed) => `${lasting(feed.last_record_age_seconds)} ago` },
        { head: "State", cell: (feed) => (feed.last_record_age_seconds > SILENT_SECONDS ? h("span", { class: "bad" }, "silent") : "talking") },
      ], found.feeds));
    },
  };
}

const name = (feed) => (feed.source === "none" || feed.source === feed.topic ? feed.topic : `${feed.topic} (${feed.source})`);
