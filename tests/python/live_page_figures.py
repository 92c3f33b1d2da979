"""How fast the live page is in a real Chromium: `live_page_figures.py CHROMIUM URL`.

URL is a server that holds HCPs, reached as a commercial caller. Prints one JSON object; times are milliseconds.

| member | meaning |
|---|---|
| `hcps` | HCPs of the overview |
| `paint_ms` | navigation to the first paint |
| `cold_ms`, `warm_ms` | navigation until the overview shows its share; the answer not kept, kept |
| `bytes` | of everything that is loaded but answers |
| `interaction_p50_ms`, `interaction_longest_ms` | an input until the frame after it, over tables, filters and views |
| `empty_p50_ms` | the same of a page that holds one button |
"""

import json
import sys
from urllib.parse import urlparse

from playwright.sync_api import Browser, Page, sync_playwright

WAIT_MS = 120_000
WARM_LOADS = 5
# Told to the page before it begins: when the share was there.
FIRST_DATA = """
addEventListener("DOMContentLoaded", () => {
  const seen = () => {
    const big = document.querySelector(".big");
    if (window.firstData === undefined && big && /%|No budget/.test(big.textContent)) window.firstData = performance.now();
  };
  new MutationObserver(seen).observe(document.body, {childList: true, subtree: true, characterData: true});
});
"""
# The overview is there, with its weeks.
WHOLE = """() => /%|No budget/.test(document.querySelector(".big")?.textContent ?? "")
  && !document.querySelector("main").textContent.includes("Counting earlier weeks")"""
# From an event until the frame after it has been drawn.
INPUTS = """async (acts) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const took = [];
  for (const [selector, number, value] of acts) {
    const element = document.querySelectorAll(selector)[number];
    if (!element) continue;
    await frame();
    const begun = performance.now();
    if (value === null) element.click();
    else { element.value = value; element.dispatchEvent(new Event("change", {bubbles: true})); }
    await frame();
    took.push(performance.now() - begun);
  }
  return took;
}"""


def load(browser: Browser, url: str) -> tuple[Page, float, int]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    loaded = []

    def keep(response) -> None:
        if response.status == 200 and not urlparse(response.url).path.startswith("/v1/"):
            loaded.append(response)

    page.add_init_script(FIRST_DATA)
    page.on("response", keep)
    page.goto(f"{url}/#/overview")
    page.wait_for_function("() => window.firstData !== undefined", timeout=WAIT_MS)
    return page, page.evaluate("window.firstData"), sum(len(response.body()) for response in loaded)


def interactions(page: Page, url: str) -> list[float]:
    """Tables unfolded and folded, every filter, every view."""
    page.wait_for_function(WHOLE, timeout=WAIT_MS)
    summaries = page.locator("main details > summary").count()
    took = page.evaluate(INPUTS, [["main details > summary", n, None] for n in [*range(summaries), *range(summaries)]])
    for name in ("territory", "segment", "specialty", "window"):
        # Each filter is chosen in a page that shows everybody.
        page.evaluate("location.hash = '#/overview'")
        select = page.locator(f"select[data-filter={name}]")
        page.wait_for_function(WHOLE, timeout=WAIT_MS)
        select.wait_for(timeout=WAIT_MS)
        value = select.locator("option").nth(1).get_attribute("value")
        took += page.evaluate(INPUTS, [[f"select[data-filter={name}]", 0, value]])
        page.wait_for_function("() => !location.hash.endsWith('overview') && !document.querySelector('.grid').hidden", timeout=WAIT_MS)
    for path in ("ahead", "access", "pipeline", "overview"):
        took += page.evaluate(INPUTS, [[f"nav a[href='#/{path}']", 0, None]])
        page.wait_for_function("() => !/Looking|^$/.test(document.querySelector('main .lead, main .big')?.textContent ?? '')", timeout=WAIT_MS)
    return took


def main(chromium: str, url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page, cold, size = load(browser, url)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        hcps = page.evaluate("fetch('/v1/overview').then(answer => answer.json()).then(found => found.hcps.hcps)")
        warm = []
        for _ in range(WARM_LOADS):
            other, first, _ = load(browser, url)
            warm.append(first)
            other.close()
        took = sorted(interactions(page, url))
        empty = browser.new_page(viewport={"width": 1280, "height": 900})
        empty.set_content("<button onclick='this.textContent += 1'>0</button>")
        bare = sorted(empty.evaluate(INPUTS, [["button", 0, None]] * 40))
        browser.close()
    told = {
        "hcps": hcps,
        "paint_ms": paint,
        "cold_ms": cold,
        "warm_ms": sorted(warm)[len(warm) // 2],
        "bytes": size,
        "interaction_p50_ms": took[len(took) // 2],
        "interaction_longest_ms": took[-1],
        "empty_p50_ms": bare[len(bare) // 2],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].rstrip("/"))
