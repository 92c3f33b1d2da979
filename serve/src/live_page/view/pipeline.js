// Pipeline: lag, rejects by reason, commits, late records, silent feeds.

import { get } from "../api.js";
import { card, fill, h, table } from "../dom.js";
import { clock, count, lasting, percent, word } from "../words.js";

const SILENT_SECONDS = 3600;

export function open(context) {
  const lead = h("p", { class: "lead" }, "Looking…");
  const parts = { feeds: h("div", {}), records: h("div", {}), lag: h("div", {}), rejects: h("div", {}), commits: h("div", {}) };
  context.title("Pipeline");
  fill(context.body, lead, h("div", { class: "grid" },
    card("half", "Feeds", parts.feeds), card("half", "Records since the process started", parts.records), card("half", "Not yet read", parts.lag),
    card("half", "Rejected, by reason", parts.rejects), card("half", "Commits", parts.commits)));
  context.poll(() => get("/v1/pipeline", { signal: context.signal }), (found) => show(found, lead, parts), 5000);
}

function show(found, lead, parts) {
  const silent = found.feeds.filter((feed) => feed.last_record_age_seconds > SILENT_SECONDS).length;
  const behind = found.lag.reduce((sum, of) => sum + of.lag_records, 0);
  const ready = found.is_ready ? "Ready" : "Not ready: partitions are not assigned, or their state is being restored";
  fill(lead, `${ready}. ${silent === 0 ? "No feed is silent" : `${count(silent)} of ${count(found.feeds.length)} feeds silent for over an hour`}. ${count(behind)} records not yet read. ${count(found.state_hcps)} HCPs known. Watermark ${clock(found.watermark)}.`);
  const text = (head, cell) => ({ head, cell }), number = (head, cell) => ({ head, cell, number: true });
  fill(parts.feeds, table("Age of the newest record by feed", [
    text("Feed", (of) => of.topic), text("Source", (of) => (of.source === "none" ? "nothing came yet" : of.source)), number("Last record", (of) => `${lasting(of.last_record_age_seconds)} ago`),
    text("State", (of) => (of.last_record_age_seconds > SILENT_SECONDS ? h("span", { class: "bad" }, "silent") : "talking")),
  ], found.feeds));
  fill(parts.records, table("What became of them; late ones count in full", [
    text("Topic", (of) => of.topic), number("Accepted", (of) => count(of.accepted)),
    number("Rejected", (of) => `${count(of.rejected)} (${percent(of.accepted + of.rejected === 0 ? null : of.rejected / (of.accepted + of.rejected))})`),
    number("Skipped", (of) => count(of.skipped)), number("Late", (of) => count(of.late)), number("Too late", (of) => count(of.too_late)),
  ], found.records));
  const topics = new Map();
  for (const of of found.lag) {
    const all = topics.get(of.topic) ?? { topic: of.topic, partitions: 0, records: 0, seconds: 0 };
    topics.set(of.topic, { ...all, partitions: all.partitions + 1, records: all.records + of.lag_records, seconds: Math.max(all.seconds, of.lag_seconds ?? 0) });
  }
  fill(parts.lag, table("Lag by topic; seconds of the partition that is furthest behind", [
    text("Topic", (of) => of.topic), number("Partitions", (of) => count(of.partitions)), number("Records", (of) => count(of.records)), number("Behind", (of) => (of.records === 0 ? "read to the end" : lasting(of.seconds))),
  ], [...topics.values()], "No partition is assigned."));
  fill(parts.rejects, table("Every rejected record is in table dead_letters", [text("Topic", (of) => of.topic), text("Reason", (of) => word(of.reason)), number("Records", (of) => count(of.records))], found.rejects, "Nothing was rejected since the process started."));
  fill(parts.commits, table("Last commit by table", [text("Table", (of) => of.table), number("Ago", (of) => lasting(of.last_commit_age_seconds))], found.commits, "Nothing was committed since the process started."));
}
