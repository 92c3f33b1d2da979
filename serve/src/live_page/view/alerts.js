// Open alerts: what, since when, what to do; and the way to accept one.

import { get, post, query } from "../api.js";
import { card, empty, fill, h, say, table } from "../dom.js";
import { ago, clock, count, plural, soon, word } from "../words.js";
import { accountLink, hcpLink } from "./shared.js";

const STATES = [["", "all"], ["firing", "firing"], ["acknowledged", "accepted"], ["pending", "pending"]];
const REASONS = [["handled", "held, moved or reassigned"], ["agreed_with_hcp", "agreed with the HCP"], ["exception", "an exception was granted"], ["data_error", "the records are wrong"]];

export function open(context) {
  const { state, territory, rule } = context.values;
  const lead = h("p", { class: "lead" }, "Looking…"), list = h("div", {});
  const field = h("select", { onchange: (event) => context.go({ state: event.target.value }) }, STATES.map(([value, text]) => h("option", { value, selected: value === (state ?? "") }, text)));
  const where = h("input", { value: territory ?? "", size: "12", onchange: (event) => context.go({ territory: event.target.value.trim() }) });
  const which = h("input", { value: rule ?? "", size: "16", onchange: (event) => context.go({ rule: event.target.value.trim() }) });
  context.title("Alerts");
  fill(context.body, h("div", { class: "filters" }, h("label", {}, "State", field), h("label", {}, "Territory", where), h("label", {}, "Rule", which)), lead, h("div", { class: "grid" }, card("", "Open alerts, the newest first", list)));
  // Whoever is about to accept an alert does not find another one under the hand.
  let busy = false;
  const ask = () => get(`/v1/alerts${query({ state, territory, rule, limit: 50 })}`, { signal: context.signal });
  const show = (found) => {
    if (busy || list.contains(document.activeElement)) return;
    fill(lead, found.total === 0 ? "No alert is open." : `${plural(found.total, "alert is", "alerts are")} open.${found.is_complete ? "" : " Other processes may hold more."}`);
    fill(list, found.total === 0 ? empty("When an HCP gets too many touches, it stands here, with what to do.") : table(`As of ${clock(found.as_of)}`, [
      { head: "About", cell: about }, { head: "What", cell: (of) => [h("b", {}, word(of.rule)), h("br"), readable(of.summary)] },
      { head: "State", cell: (of) => [of.severity === "critical" ? h("span", { class: "bad" }, `${of.severity} `) : `${of.severity} `, of.state === "acknowledged" ? `accepted (${word(of.ack_reason)})` : of.state] },
      { head: "Since", cell: (of) => ago(of.since, found.as_of) }, { head: "Do", cell: (of) => `${word(of.act.kind)}${of.act.until ? ` until ${soon(of.act.until)}` : ""}` },
      { head: "Accept", cell: (of) => (of.state === "firing" ? accept(of) : "–") },
    ], found.alerts), found.next ? h("p", { class: "small soft" }, `The first ${count(found.alerts.length)} of ${count(found.total)}; filter to see others.`) : null);
  };

  function accept(alert) {
    const reason = h("select", { "aria-label": `Why alert about ${alert.subject.id} is accepted` }, REASONS.map(([value, text]) => h("option", { value }, text)));
    const told = h("span", { class: "small", role: "status" });
    const button = h("button", { type: "button", onclick: async () => {
      busy = true;
      button.disabled = true;
      fill(told, "…");
      try {
        await post(`/v1/alerts/${encodeURIComponent(alert.alert_id)}/acknowledge`, { reason: reason.value });
        fill(told, "accepted");
        say(`Alert about ${alert.subject.id} accepted.`);
      } catch (error) {
        fill(told, error.message);
        button.disabled = false;
      }
      busy = false;
    } }, "Accept");
    return h("div", { class: "row tight" }, reason, button, told);
  }
  context.poll(ask, show, 10000);
}

/** Instants as people read them. */
const readable = (text) => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (instant) => soon(instant)).replaceAll("face_to_face", word("face_to_face"));

function about({ subject }) {
  if (subject.kind === "hcp") return hcpLink(subject.id);
  if (subject.kind === "account") return accountLink(subject.id);
  return `storm of ${word(subject.id)}`;
}
