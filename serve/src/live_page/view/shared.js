// What several views show alike.

import { h } from "../dom.js";
import { count } from "../words.js";

export const hcpLink = (id) => h("a", { href: `#/hcp/${encodeURIComponent(id)}` }, id);
export const accountLink = (id) => h("a", { href: `#/account/${encodeURIComponent(id)}` }, id);

/** A zone in words, with how far over or how much is left. */
export function zone(name, headroom) {
  const left = headroom === null || headroom === undefined ? "" : headroom < 0 ? ` by ${count(-headroom)}` : name === "full" ? "" : `, ${count(headroom)} left`;
  return h("span", { class: `zone ${name ?? "none"}` }, name ? `${name}${left}` : "no budget");
}

/** Of an entry of a list: the zone told by its headroom alone. */
export function zoneOf({ headroom, binding_budget }) {
  const name = headroom === null ? null : headroom < 0 ? "over" : headroom === 0 ? "full" : "clear";
  return h("span", {}, name === "clear" ? h("span", {}, `${count(headroom)} left`) : zone(name, headroom), binding_budget ? ` of ${binding_budget}` : "");
}
