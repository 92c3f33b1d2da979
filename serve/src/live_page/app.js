// The frame: which view stands where in the address, the token, and the line that says how old what you see is.

import { get, poll, Problem, query, token } from "./api.js";
import { forget } from "./chart.js";
import { fill, h, say } from "./dom.js";
import { clock, lasting } from "./words.js";
import * as access from "./view/access.js";
import * as account from "./view/account.js";
import * as ahead from "./view/ahead.js";
import * as alerts from "./view/alerts.js";
import * as hcp from "./view/hcp.js";
import * as overview from "./view/overview.js";
import * as pipeline from "./view/pipeline.js";

const VIEWS = { overview, ahead, alerts, access, pipeline, hcp, account };
const NAV = [["overview", "Overview"], ["ahead", "Next 14 days"], ["alerts", "Alerts"], ["access", "Access"], ["pipeline", "Pipeline"]];

/** Nothing came for so long: what is shown may be the world of then. */
const STALE_SECONDS = 300;

const main = document.getElementById("main");
const state = document.getElementById("state");
let view = new AbortController();

/** `#/hcp/ID?window=7d` as {name, id, values}. */
function place() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/");
  return { name: VIEWS[name] ? name : "overview", id: id ? decodeURIComponent(id) : "", values: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a view. */
export const address = (name, id, values = {}) => `#/${name}${id ? `/${encodeURIComponent(id)}` : ""}${query(values)}`;

function open() {
  view.abort();
  view = new AbortController();
  forget();
  const at = place();
  const { signal } = view;
  fill(document.getElementById("nav"), h("ul", {}, NAV.map(([name, title]) =>
    h("li", {}, h("a", { href: address(name), "aria-current": name === at.name ? "page" : null }, title)))));
  document.getElementById("find-id").value = "";
  const title = h("h1", { tabindex: "-1" });
  const problem = h("div", {});
  const body = h("div", {});
  fill(main, title, problem, body);
  const context = {
    ...at, signal, body,
    title(text) {
      if (title.textContent === text) return;
      fill(title, text);
      document.title = `${text} · Touchload`;
    },
    /** Shows why there is no answer; `null` takes it away. */
    problem(error) { 
      // The form is not built anew under the hand of whoever fills it in.
      if (error?.status === 401 && problem.querySelector("form")) return;
      fill(problem, error ? told(error) : null);
      body.hidden = error?.status === 401 || error?.status === 403;
      body.classList.toggle("is-old", Boolean(error));
    },
    /** Polls, telling problems. */
    poll(ask, show, every) {
      const shown = (found) => { context.problem(null); show(found); };
      poll(ask, shown, { every, signal, failed: (error) => context.problem(error) });
    },
    /** Changes the values of the address, which opens the view anew. */
    go(values) { location.hash = address(at.name, at.id, { ...at.values, ...values }); },
  };
  VIEWS[at.name].open(context);
  return title;
}

function told(error) {
  if (error.status === 401) return asking(error);
  const retry = error.status === 0 || error.status === 503 || error.status === 429;
  return h("div", { class: "problem", role: "alert" },
    h("h2", {}, error.title ?? "This view failed"), h("p", {}, error.message),
    h("p", { class: "soft" }, retry ? "The page tries again by itself." : "Trying again does not help without a change."));
}

function asking(error) {
  const field = h("input", { id: "token", type: "password", autocomplete: "off", required: true });
  const submit = (event) => {
    event.preventDefault();
    token.set(field.value.trim());
    open();
    watch();
  };
  return h("form", { class: "problem", onsubmit: submit },
    h("h2", {}, token.get() ? "This token is not known" : "A token is needed"), h("p", { class: "soft" }, error.message),
    h("p", {}, h("label", { for: "token" }, "Your token (kept in this tab until it closes, sent with each question, in no address)")),
    h("div", { class: "row" }, field, h("button", { class: "main" }, "Show"), token.get() ? h("button", {
      type: "button", onclick: () => { token.set(null); open(); watch(); },
    }, "Forget the token") : null));
}

let watching = new AbortController();
let last = "";

/** The line under the header: whether what is shown is of now. */
function watch() {
  watching.abort();
  watching = new AbortController();
  const { signal } = watching;
  const show = (kind, text) => {
    state.className = `state ${kind}`;
    // The time alone is no news for a screen reader.
    if (text !== state.textContent) fill(state, text);
    if (kind !== last) { last = kind; say(text); }
  };
  const shown = (found) => {
    const freshest = Math.min(...found.feeds.map((feed) => feed.last_record_age_seconds));
    const until = clock(new Date(new Date(found.as_of) - freshest * 1000));
    const whose = found.audience === "commercial" ? "commercial view: no medical records" : "full view: medical records included";
    if (!found.is_ready) show("stale", "Not ready: the state of this process is not complete yet. Numbers follow when it is.");
    else if (freshest > STALE_SECONDS) show("stale", `No record for ${lasting(freshest)}: what you see is of ${until}. (${whose})`);
    else show("live", `Live, as of ${clock(found.as_of)}. Last record ${lasting(freshest)} ago. (${whose})`);
  };
  const failed = (error) => show("off", error.status === 401 ? "A token is needed." : `${error.title ?? "Problem"}: ${error.message}`);
  poll(() => get("/v1/pipeline", { signal }), shown, { every: 5000, signal, failed });
}

document.getElementById("find").addEventListener("submit", async (event) => {
  event.preventDefault();
  const id = document.getElementById("find-id").value.trim();
  if (!id) return;
  // Whoever is found is looked at anyway; an account is asked for only when no HCP has this id.
  try {
    await get(`/v1/hcps/${encodeURIComponent(id)}`);
    location.hash = address("hcp", id);
  } catch (error) {
    location.hash = error instanceof Problem && error.status === 404 ? address("account", id) : address("hcp", id);
  }
});

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.querySelector("h1").focus();
});

addEventListener("hashchange", (event) => {
  const view = (url) => new URL(url).hash.split("?")[0];
  const title = open();
  // A filter leaves the focus where it is; another view begins at its title.
  if (view(event.oldURL) !== view(event.newURL)) { scrollTo(0, 0); title.focus(); }
});
open();
watch();
