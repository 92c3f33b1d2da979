"""The live page in a real Chromium: `live_page.py CHROMIUM URL FOLDER`.

URL is a server that holds HCPs, budgets, plans and alerts, reached as a commercial caller, with records arriving. Screenshots of
every view at three sizes, light and dark, are left in FOLDER for a person to look at. Prints one line per check; the first that
fails ends it with an exception.
"""

import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import urlparse

from playwright.sync_api import Error, Page, Route, expect, sync_playwright

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1280, 900)}
# Drawn at once, whatever the number of HCPs: elements of all charts, and rows of all tables.
MARKS = 4_000
ROWS = 600
PAGE_BYTES = 1 << 20
WAIT_MS = 60_000


class Watch:
    """What a page asks, says and loads."""

    def __init__(self, page: Page, host: str) -> None:
        self.host, self.errors, self.bodies, self.bytes, self.urls = host, [], [], 0, []
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.urls.append(request.url))
        page.on("response", self.response)

    def console(self, message) -> None:
        # A forecast of everybody that is being made makes another one wait: the page asks again, the browser tells of it.
        if message.type == "error" and "status of 503" not in message.text:
            self.errors.append(message.text)

    def response(self, response) -> None:
        path = urlparse(response.url).path
        if response.status != 200:
            return
        try:
            body = response.body()
        except Error:  # The page went on before it had arrived.
            return
        if path.startswith("/v1/"):
            self.bodies.append(body.decode())
        else:
            self.bytes += len(body)

    def hold(self) -> None:
        assert not self.errors, self.errors
        elsewhere = [url for url in self.urls if urlparse(url).netloc != self.host]
        assert not elsewhere, f"asked elsewhere: {elsewhere}"
        for body in self.bodies:
            assert "medical-requests" not in body and '"medical"' not in body, f"a medical record: {body[:400]}"


def axe(page: Page, name: str) -> None:
    # Playwright's own world: the policy of the page forbids scripts from elsewhere, and stays in force.
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    told = [f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes'][:3]]}" for one in found]
    assert not told, f"{name}: {told}"


def open_overview(page: Page, url: str) -> None:
    page.goto(f"{url}/#/overview")
    expect(page.locator(".big")).to_have_text(re.compile(r"%|No budget"), timeout=WAIT_MS)


def loads_and_updates(page: Page, url: str, watch: Watch) -> None:
    open_overview(page, url)
    expect(page.locator("#state")).to_contain_text("Live, as of")
    facts = page.locator("main .facts").first
    before = facts.inner_text()
    page.wait_for_function("before => document.querySelector('main .facts').innerText !== before", arg=before, timeout=WAIT_MS)
    assert watch.bytes <= PAGE_BYTES, f"{watch.bytes} bytes"
    watch.hold()


def filters(page: Page, url: str) -> None:
    open_overview(page, url)
    choice = page.locator("select[data-filter=territory]")
    expect(choice).to_be_visible(timeout=WAIT_MS)
    wanted = choice.locator("option").nth(1).get_attribute("value")
    choice.select_option(wanted)
    expect(page).to_have_url(re.compile(f"territory={re.escape(wanted)}"))
    expect(page.locator("main")).to_contain_text("Peer territories", timeout=WAIT_MS)
    page.get_by_role("button", name="Clear filters").click()
    expect(page).not_to_have_url(re.compile("territory="))


def drills_down(page: Page, url: str) -> None:
    open_overview(page, url)
    link = page.locator("main td a[href^='#/hcp/']:visible").first
    expect(link).to_be_visible(timeout=WAIT_MS)
    hcp = link.inner_text()
    link.click()
    expect(page.locator("h1")).to_have_text(hcp)
    expect(page.locator("main .lead").first).to_have_text(re.compile(r"^(Over|Full|Near|Clear|No budget|Nothing)"), timeout=WAIT_MS)
    assert page.evaluate("document.activeElement.tagName") == "H1", "a new view begins at its title"
    account = page.locator("main a[href^='#/account/']").first
    if account.count():
        account.click()
        expect(page.locator("h1")).to_contain_text("Account", timeout=WAIT_MS)
        expect(page.locator("main td a[href^='#/hcp/']:visible").first).to_be_visible(timeout=WAIT_MS)
        expect(page.locator("main")).to_contain_text("Who speaks to it, week by week?")
    page.fill("#find-id", hcp)
    page.press("#find-id", "Enter")
    expect(page.locator("h1")).to_have_text(hcp, timeout=WAIT_MS)


def accepts_an_alert(page: Page, url: str) -> None:
    page.goto(f"{url}/#/alerts?state=firing")
    button = page.get_by_role("button", name="Accept").first
    expect(button).to_be_visible(timeout=WAIT_MS)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("accepted", timeout=WAIT_MS)


def other_views(page: Page, url: str) -> None:
    for path, title in (("ahead", "Next 14 days"), ("access", "Access"), ("pipeline", "Pipeline")):
        page.goto(f"{url}/#/{path}")
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator("main .lead").first).not_to_contain_text("Looking", timeout=WAIT_MS)


def pictures(page: Page, url: str, folder: Path) -> None:
    open_overview(page, url)
    hcp = page.locator("main td a[href^='#/hcp/']:visible").first
    expect(hcp).to_be_visible(timeout=WAIT_MS)
    views = {"overview": "/overview", "hcp": hcp.get_attribute("href")[1:], "ahead": "/ahead", "alerts": "/alerts", "access": "/access", "pipeline": "/pipeline"}
    found = page.evaluate("path => fetch(path).then(answer => answer.json())", f"/v1/hcps/{hcp.inner_text()}")
    if found["reference"] and found["reference"]["account_id"]:
        views["account"] = f"/account/{found['reference']['account_id']}"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name, path in views.items():
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.goto(f"{url}/#{path}")
                expect(page.locator("main .lead, main .big").first).not_to_have_text(re.compile("^(Looking|…|–)"), timeout=WAIT_MS)
                # Charts are drawn in the frame after their data.
                page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {size} scrolls sideways"
            axe(page, f"{name}, {scheme}")
    page.set_viewport_size({"width": 1280, "height": 900})


def answered(body: dict):
    return lambda route: route.fulfill(status=200, content_type="application/json", body=json.dumps(body))


def stale_empty_and_away(page: Page, url: str) -> None:
    open_overview(page, url)
    told = page.evaluate("fetch('/v1/pipeline').then(answer => answer.json())")
    for feed in told["feeds"]:
        feed["last_record_age_seconds"] = 540
    page.route("**/v1/pipeline", answered(told))
    expect(page.locator("#state")).to_contain_text("No record for 9 minutes: what you see is of", timeout=WAIT_MS)
    page.unroute("**/v1/pipeline")
    page.context.set_offline(True)
    expect(page.locator("#state")).to_contain_text("cannot be reached", timeout=WAIT_MS)
    expect(page.locator("main .problem").first).to_be_visible(timeout=WAIT_MS)
    page.context.set_offline(False)
    expect(page.locator("#state")).to_contain_text("Live, as of", timeout=WAIT_MS)
    expect(page.locator("main .problem")).to_have_count(0, timeout=WAIT_MS)
    page.goto(f"{url}/#/overview?territory=nowhere-at-all")
    expect(page.locator("main .empty.card:visible")).to_have_text("No HCP is in this filter.", timeout=WAIT_MS)


def asks_for_a_token(page: Page, url: str) -> None:
    def guard(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer secret":
            route.continue_()
        else:
            body = json.dumps({"type": "about:blank", "title": "not authorized", "status": 401, "detail": "send a token"})
            route.fulfill(status=401, content_type="application/problem+json", body=body)

    page.route("**/v1/**", guard)
    page.goto(f"{url}/#/overview")
    page.reload()
    field = page.get_by_label("Your token")
    expect(field).to_be_visible(timeout=WAIT_MS)
    axe(page, "token")
    field.fill("secret")
    field.press("Enter")
    expect(page.locator(".big")).to_have_text(re.compile(r"%|No budget"), timeout=WAIT_MS)
    assert "secret" not in page.url and page.evaluate("localStorage.length") == 0
    page.unroute("**/v1/**")


def stays_small(page: Page, url: str) -> None:
    """100,000 HCPs, 200 territories: cells instead of marks, and no more drawn than for a few."""
    open_overview(page, url)
    found = page.evaluate("fetch('/v1/overview').then(answer => answer.json())")
    grown = {"hcps": 100_000, "without_budget": 0, "clear": 60_000, "near": 20_000, "full": 8_000, "over": 12_000, "untouched": 9_000}
    found["hcps"] = found["targets"] = grown
    found["territories"] = [{"territory": f"t-{n:03}", "targets": {**grown, "hcps": 500, "over": n % 90}} for n in range(200)]
    cells = [{"budget_use_from": x / 8, "fragmentation_from": y / 10, "hcps": 400 + x * y} for x in range(21) for y in range(10)]
    found["quadrant"] |= {"hcps": 100_000, "cells": cells, "marks": None}
    page.route(re.compile(r".*/v1/overview(\?.*)?$"), answered(found))
    page.goto(f"{url}/#/overview?window=7d")
    expect(page.locator("main")).to_contain_text("12,000 of 100,000", timeout=WAIT_MS)
    page.locator("details summary").first.wait_for()
    # How long an input takes is a figure of the bench; what it depends on is how much is drawn.
    drawn = page.evaluate("document.querySelectorAll('main svg *').length")
    rows = page.evaluate("document.querySelectorAll('main tr').length")
    assert drawn <= MARKS, f"{drawn} marks"
    assert rows <= ROWS, f"{rows} rows"
    page.unroute_all()


def main(chromium: str, url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        watch = Watch(page, urlparse(url).netloc)
        checks = {
            "loads, updates by itself, nothing from elsewhere": lambda: loads_and_updates(page, url, watch),
            "filters": lambda: filters(page, url),
            "drills down": lambda: drills_down(page, url),
            "accepts an alert": lambda: accepts_an_alert(page, url),
            "other views": lambda: other_views(page, url),
            "three sizes, light and dark, accessible": lambda: pictures(page, url, folder),
            "no error, nothing medical": watch.hold,
            "stale, away, empty": lambda: stale_empty_and_away(page, url),
            "stays small": lambda: stays_small(page, url),
            "asks for a token": lambda: asks_for_a_token(page, url),
        }
        for name, check in checks.items():
            begun = time.monotonic()
            check()
            print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].rstrip("/"), Path(sys.argv[3]))
