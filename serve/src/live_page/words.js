// Numbers, instants and words as people read them.

const MINUTE = 60, HOUR = 3600, DAY = 86400;

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const count = (value) => (value === null || value === undefined ? "–" : number.format(value));
export const one = (value) => (value === null || value === undefined ? "–" : oneDigit.format(value));
export const two = (value) => (value === null || value === undefined ? "–" : twoDigits.format(value));
export const percent = (share) => (share === null || share === undefined ? "–" : `${oneDigit.format(100 * share)} %`);
export const plural = (value, word, words = `${word}s`) => `${count(value)} ${value === 1 ? word : words}`;

/** "up 1.2 points", "down …", "unchanged". */
export function points(now, before) {
  const moved = 100 * (now - before);
  if (Math.abs(moved) < 0.05) return "unchanged";
  return `${moved > 0 ? "up" : "down"} ${oneDigit.format(Math.abs(moved))} points`;
}

/** A length of time in its largest fitting unit. */
export function lasting(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return "less than a second";
  if (seconds < 2 * MINUTE) return plural(Math.round(seconds), "second");
  if (seconds < 2 * HOUR) return plural(Math.round(seconds / MINUTE), "minute");
  if (seconds < 2 * DAY) return plural(Math.round(seconds / HOUR), "hour");
  return plural(Math.round(seconds / DAY), "day");
}

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function format(instant, options, zone) {
  return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone ?? ZONE }).format(new Date(instant));
}

/** 14:02 today, else with the day. */
export function clock(instant, zone) {
  if (!instant) return "–";
  const time = format(instant, { hour: "2-digit", minute: "2-digit" }, zone);
  const day = (at) => format(at, { day: "numeric", month: "short" }, zone);
  return day(instant) === day(Date.now()) ? time : `${format(instant, { weekday: "short", day: "numeric", month: "short" }, zone)}, ${time}`;
}

/** "Thu 14:00", with the date when it is further off than six days. */
export function soon(instant, zone) {
  const far = Math.abs(new Date(instant) - Date.now()) > 6 * DAY * 1000;
  const day = far ? { weekday: "short", day: "numeric", month: "short" } : { weekday: "short" };
  return `${format(instant, day, zone)} ${format(instant, { hour: "2-digit", minute: "2-digit" }, zone)}`;
}

export const date = (instant, zone) => format(instant, { day: "numeric", month: "short" }, zone);

/** How long ago, in words. */
export function ago(instant, now = Date.now()) {
  if (!instant) return "never in 400 days";
  return `${lasting((new Date(now) - new Date(instant)) / 1000)} ago`;
}

const WORDS = {
  face_to_face: "visit", phone: "phone", video: "video", chat: "chat", email: "e-mail", congress: "congress invitation",
  medical_request: "medical request", sales: "sales", marketing: "marketing", medical: "medical", access: "market access",
  patient_services: "patient services", hq: "HQ", rep: "rep", no_access: "no access", unknown: "not known",
};

/** A word of the vocabulary as people say it. */
export const word = (text) => (text === null || text === undefined ? "not known" : WORDS[text] ?? text.replaceAll("_", " "));

export const ZONES = [
  ["over", "over", "more touches than the budget allows"],
  ["full", "full", "the next touch breaches"],
  ["near", "near", "three quarters or more used"],
  ["clear", "clear", "well below"],
  ["without_budget", "no budget", "no budget bears on them"],
];

/** How far doors open, the widest first. */
export const BANDS = [
  ["accessible", "accessible", "more than 70 % of visits get through"],
  ["restricted", "restricted", "more than 30 %, up to 70 %"],
  ["severe", "severe", "30 % or less"],
  ["closed_by_rule", "closed by rule", "the account takes no visits"],
];

export const WINDOWS = { "24h": "24 hours", "7d": "7 days", "28d": "28 days", "90d": "90 days" };

/** A load in visits per week as a sentence part. */
export const visits = (load) => (load === null || load === undefined ? "–" : `${twoDigits.format(load)} visits a week`);
