// The swim-lane timeline: channels as lanes, functions as colours, themes as letters; unasked touches are filled, asked ones
// hollow, planned ones dashed; collisions are lines between two touches; what arrived days late is marked.

import { chart, color } from "../../chart.js";
import { behind, empty, fill, h } from "../../dom.js";
import { clock, plural, soon, word } from "../../words.js";

const DAY = 86400e3;
const LANES = ["face_to_face", "phone", "video", "chat", "email", "congress", "medical_request"];
const PLANNED = new Set(["planned", "scheduled", "nominated"]);
/** A record that came in so many days after its event is marked. */
const LATE_DAYS = 2;
const SPANS = [[35, "5 weeks"], [90, "90 days"], [395, "13 months"]];

export function timeline() {
  const drawing = chart(), text = h("div", {}), legend = h("ul", { class: "legend" });
  let days = SPANS[0][0], last = null;
  const choice = h("div", { class: "row", role: "group", "aria-label": "How far back" }, SPANS.map(([span, title]) =>
    h("button", { type: "button", "aria-pressed": String(span === days), onclick: (event) => {
      days = span;
      for (const button of choice.children) button.setAttribute("aria-pressed", String(button === event.target));
      if (last) show(...last);
    } }, title)));
  const place = h("div", {}, choice, drawing.place, legend, text);

  function show(known, ahead) {
    last = [known, ahead];
    const now = new Date(known.as_of), first = new Date(now - days * DAY), end = new Date(+now + 14 * DAY);
    const touches = known.timeline.map((record) => read(record, now)).filter((touch) => touch.at >= first && touch.at <= end).sort((a, b) => a.at - b.at);
    if (touches.length === 0) { drawing.clear(); fill(legend); fill(text, empty(`No record of the last ${days} days, and nothing planned in the next 14.`)); return; }
    const letters = letter(touches);
    const pairs = collisions(touches, known.collision_gap_seconds ?? 48 * 3600);
    draw({ touches, pairs, now, first, end, letters, breaks: broken(ahead) });
    fill(legend, key(touches, letters, pairs));
    fill(text, behind(`Every record, newest first; ${plural(pairs.length, "collision")}`, columns(known, letters), [...touches].reverse()));
  }

  function draw({ touches, pairs, now, first, end, letters, breaks }) {
    const lanes = LANES.filter((lane) => touches.some((touch) => touch.lane === lane));
    const made = touches.filter((touch) => touch.is_touch), plans = touches.filter((touch) => touch.is_planned), others = touches.filter((touch) => !touch.is_touch && !touch.is_planned && touch.lane !== "medical_request");
    const requests = touches.filter((touch) => touch.lane === "medical_request").map((touch) => ({ ...touch, until: touch.answered ?? now }));
    drawing.show(`${plural(made.length, "touch", "touches")} in ${lanes.length} channels, ${plural(pairs.length, "collision")}, ${plans.length} planned`, (width) => ({
      height: 52 * lanes.length + 46, marginLeft: width > 500 ? 130 : 84, marginRight: 20, marginTop: 22,
      x: { type: "utc", domain: [first, end], label: null, grid: true }, y: { domain: lanes, label: null, tickSize: 0, tickFormat: (lane) => word(lane) },
      marks: [
        Plot.rectX([{ from: now, to: end }], { x1: "from", x2: "to", fill: color("hatch"), fillOpacity: 0.12 }),
        Plot.ruleX([now], { stroke: color("ink") }), Plot.text([now], { x: (at) => at, frameAnchor: "top", dy: -14, text: () => "now" }),
        Plot.link(pairs, { x1: (pair) => pair[0].at, x2: (pair) => pair[1].at, y1: (pair) => pair[0].lane, y2: (pair) => pair[1].lane, stroke: color("over"), strokeWidth: 2 }),
        Plot.link(requests, { x1: "at", x2: "until", y1: "lane", y2: "lane", stroke: color("medical"), strokeWidth: 6, strokeOpacity: 0.4 }),
        Plot.dot(requests, { x: "at", y: "lane", r: 5, symbol: "square", fill: color("medical") }),
        Plot.dot(made, { x: "at", y: "lane", r: 7, stroke: (touch) => color(touch.colour), strokeWidth: 2, fill: (touch) => (touch.is_asked ? color("card") : color(touch.colour)) }),
        Plot.dot(plans, { x: "at", y: "lane", r: 7, stroke: (touch) => color(touch.colour), strokeWidth: 2, strokeDasharray: "3 2", fill: color("card") }),
        Plot.dot(others, { x: "at", y: "lane", r: 5, symbol: "times", stroke: color("none") }),
        Plot.text(plans.filter((touch) => breaks.has(touch.id)), { x: "at", y: "lane", dy: 17, text: () => "▲", fill: color("over") }),
        Plot.text([...made, ...plans].filter((touch) => letters.has(touch.theme)), { x: "at", y: "lane", dy: -15, text: (touch) => letters.get(touch.theme) + (touch.step ? `·${touch.step}` : "") }),
        Plot.text(made.filter((touch) => touch.is_late), { x: "at", y: "lane", dy: 17, text: () => "↓", fill: color("soft") }),
        Plot.tip([...made, ...plans, ...others, ...requests], Plot.pointer({ x: "at", y: "lane", title: told })),
      ],
    }));
  }
  return { place, show };
}

function read(record, now) {
  const at = new Date(record.occurred_at), is_planned = at > now || PLANNED.has(record.status);
  const arrived = record.ingested_on ? Math.round((new Date(record.ingested_on) - new Date(record.occurred_at.slice(0, 10))) / DAY) : 0;
  return {
    ...record, at, id: record.event_id, lane: record.kind === "requests" ? "medical_request" : record.channel, colour: record.business_function ?? "other",
    answered: record.answered_at && new Date(record.answered_at), is_planned: is_planned && record.kind !== "requests" && record.status !== "cancelled",
    is_touch: record.basis !== null && at <= now, is_asked: record.basis !== null && record.basis !== "unsolicited",
    is_late: arrived >= LATE_DAYS, late_days: arrived, step: record.plan_step,
  };
}

/** Consecutive unasked touches closer than the gap, of different voices and not of one plan (metrics.md, collisions). */
function collisions(touches, gapSeconds) {
  const gap = gapSeconds * 1000;
  const unasked = touches.filter((touch) => touch.is_touch && !touch.is_asked && !(touch.precision === "date" && gap < DAY));
  const pairs = unasked.slice(1).map((touch, n) => [unasked[n], touch]);
  return pairs.filter(([before, touch]) => touch.at - before.at < gap
    && !(before.owner_id === touch.owner_id && before.business_function === touch.business_function)
    && !(before.plan_id === touch.plan_id && touch.plan_id));
}

/** A letter for each theme, the most frequent first. */
function letter(touches) {
  const counts = new Map();
  for (const { theme } of touches) if (theme) counts.set(theme, (counts.get(theme) ?? 0) + 1);
  return new Map([...counts].sort((a, b) => b[1] - a[1]).slice(0, 26).map(([theme], n) => [theme, String.fromCharCode(65 + n)]));
}

const broken = (ahead) => new Set((ahead?.touches ?? []).filter((of) => of.breaks.length).map((of) => of.record.event_id));

function told(touch) {
  return [
    `${clock(touch.at)}: ${word(touch.lane)}, ${word(touch.business_function)}`,
    touch.is_planned ? "planned" : touch.is_touch ? (touch.is_asked ? `asked for (${word(touch.basis)})` : "unasked") : word(touch.status),
    touch.theme && `theme ${touch.theme}`, touch.plan_id && `plan ${touch.plan_id}${touch.step ? `, step ${touch.step}` : ""}`, touch.owner_id && `by ${touch.owner_id}`,
    touch.answered && `answered ${soon(touch.answered)}`, touch.is_late && `arrived ${touch.late_days} days late`,
  ].filter(Boolean).join("\n");
}

function key(touches, letters, pairs) {
  const functions = [...new Set(touches.map((touch) => touch.colour))].filter((name) => name !== "other");
  const item = (kind, text) => h("li", {}, h("span", { class: `key ${kind}` }), text);
  return [
    functions.map((name) => item(name, word(name))), item("unasked", "unasked"), item("asked", "asked for"),
    touches.some((touch) => !touch.is_touch && !touch.is_planned && touch.lane !== "medical_request") ? item("missed", "did not take place") : null,
    touches.some((touch) => touch.is_planned) ? item("planned", "planned (▲ breaks a rule)") : null, pairs.length ? item("collision", "collision") : null,
    touches.some((touch) => touch.is_late) ? item("late", "arrived days late") : null,
    [...letters].map(([theme, name]) => h("li", {}, h("b", {}, name), ` ${theme}`)),
  ];
}

const columns = ({ reference }, letters) => [
  { head: "When", cell: (touch) => clock(touch.at, reference?.time_zone) + (touch.precision === "date" ? " (day only)" : "") },
  { head: "Channel", cell: (touch) => word(touch.lane) }, { head: "Function", cell: (touch) => word(touch.business_function) },
  { head: "What", cell: (touch) => (touch.is_planned ? "planned" : `${word(touch.status)}${touch.is_touch ? (touch.is_asked ? ", asked for" : ", unasked") : ""}`) },
  { head: "Theme", cell: (touch) => (touch.theme ? `${letters.get(touch.theme) ?? ""} ${touch.theme}` : "not known") },
  { head: "Plan", cell: (touch) => (touch.plan_id ? `${touch.plan_id}${touch.step ? `, ${touch.step}` : ""}` : "–") },
  { head: "By", cell: (touch) => touch.owner_id ?? "not known" },
  { head: "Arrived", cell: (touch) => (touch.is_late ? `${touch.late_days} days late` : "in time") },
];
