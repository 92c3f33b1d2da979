// Can I trust what I see now?

import { card, fill, h, table } from "../../dom.js";
import { count, lasting } from "../../words.js";

/** A feed from which nothing came for longer than this is called silent. */
const SILENT_SECONDS = 3600;
/** Records not yet read that a healthy process works off in a moment. */
const BEHIND_RECORDS = 10000;

export function trust() {
  const verdict = h("p", { class: "lead" }, "…");
  const facts = h("ul", { class: "facts" });
  const feeds = h("div", {});
  const part = card("", "1. Can I trust what I see now?", verdict, facts, h("details", {}, h("summary", {}, "Every feed"), feeds));
  let is_complete = true;
  return {
    cards: [part],
    show(now) { is_complete = now.is_complete; },
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
