// Questions to the server: the token, errors as people read them, and polling that costs little.

const KEY = "touchload-token";

/** An answer that is no answer; `status` 0: the server could not be reached. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
  }
}

// Kept for this tab, until it closes; sent as a header, never in an address.
export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

const tags = new Map();

/** GET. An answer that has not changed is the same object as before. */
export async function get(path, { signal } = {}) {
  const known = tags.get(path);
  const headers = { Accept: "application/json" };
  if (known) headers["If-None-Match"] = known.etag;
  const response = await ask(path, { headers, signal });
  if (response.status === 304 && known) return known.body;
  const body = await response.json();
  const etag = response.headers.get("ETag");
  if (etag) {
    if (tags.size > 50) tags.clear();
    tags.set(path, { etag, body });
  }
  return body;
}

/** POST of JSON. */
export async function post(path, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

async function ask(path, options) {
  const held = token.get();
  if (held) options.headers.Authorization = `Bearer ${held}`;
  let response;
  try {
    response = await fetch(path, { ...options, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "no connection", "The server cannot be reached. The page tries again by itself.");
  }
  if (response.ok || response.status === 304) return response;
  const told = await response.json().catch(() => ({}));
  throw new Problem(response.status, told.title ?? `status ${response.status}`, told.detail ?? "");
}

/** A query string of what is set. */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value);
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}

/**
 * Asks again and again until the signal ends it: `every` ms after each answer, never two at once, and not while nobody
 * looks at the page. After a failure it waits longer, up to half a minute.
 */
export function poll(ask, show, { every, signal, failed }) {
  let failures = 0, timer;
  const again = (wait) => { if (!signal.aborted) timer = setTimeout(turn, wait); };
  const turn = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const found = await ask();
      if (signal.aborted) return;
      failures = 0;
      show(found);
      again(every);
    } catch (error) {
      if (signal.aborted || error.name === "AbortError") return;
      failures += 1;
      failed(error);
      // A bug of the page is not mended by asking again; the console says where it is.
      if (!(error instanceof Problem)) console.error(error);
      if (error.status !== 401 && error.status !== 403 && error.status !== 422) again(Math.min(every * 2 ** failures, 30000));
    }
  };
  const woken = () => { if (!document.hidden) turn(); };
  document.addEventListener("visibilitychange", woken, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  turn();
}
