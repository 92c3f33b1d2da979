"""The pictures of the live page against those that were kept: `live_page_goldens.py CHROMIUM URL GOLDENS FOLDER`.

URL serves the page; what the page asks is answered from the files of GOLDENS/answers, at an instant that stands still, so that a
picture changes with the page alone. Pictures are compared as means of cells of 16 × 16 pixels, which forgives how a line is
smoothed and sees a chart that is not there. Every picture is left in FOLDER. `UPDATE_GOLDEN=1` keeps them as the new ones.

Glyphs are as wide as the fonts of a machine: GOLDENS/fonts.json says what they measured where the pictures were taken. With
other fonts nothing is compared, and the first line printed begins with `not compared`.
"""

import base64
import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Page, Route, expect, sync_playwright

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1280, 900)}
VIEWS = ("overview", "hcp", "account", "access", "ahead", "alerts", "pipeline")
DARK = ("overview", "hcp")
# A cell differs when a channel of its mean does by more than this, of 255.
CHANNEL = 20
# So many cells of a picture may differ, as a share; and so much of its height.
CELLS = 0.001
HEIGHT = 0.01
WAIT_MS = 60_000

TEXTS = ["The quick brown fox 0123456789", "Σ ≤ × – % ▲ ◆ ● ○"]
MEASURE = """(texts) => texts.flatMap((text) => ["400", "700"].map((weight) => {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${weight} 16px ${getComputedStyle(document.documentElement).fontFamily}`;
  return Math.round(context.measureText(text).width);
}))"""

# Means of cells of two pictures, laid over each other from the top left.
COMPARE = """async ([kept, taken, channel]) => {
  const side = 16;
  const means = async (url) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const [across, down] = [Math.floor(image.width / side), Math.floor(image.height / side)];
    const cells = [];
    for (let y = 0; y < down; y++) for (let x = 0; x < across; x++) {
      const {data} = context.getImageData(x * side, y * side, side, side);
      const sum = [0, 0, 0];
      for (let at = 0; at < data.length; at += 4) for (let c = 0; c < 3; c++) sum[c] += data[at + c];
      cells.push(sum.map((of) => of / (side * side)));
    }
    return {cells, across, down, width: image.width, height: image.height};
  };
  const [one, other] = [await means(kept), await means(taken)];
  let differ = 0;
  const down = Math.min(one.down, other.down), across = Math.min(one.across, other.across);
  for (let y = 0; y < down; y++) for (let x = 0; x < across; x++) {
    const [a, b] = [one.cells[y * one.across + x], other.cells[y * other.across + x]];
    if (a.some((of, c) => Math.abs(of - b[c]) > channel)) differ += 1;
  }
  return {differ: differ / (down * across), kept: [one.width, one.height], taken: [other.width, other.height]};
}"""
SHRINK = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.3);
}"""


class Answers:
    """The answers of a server at one instant."""

    def __init__(self, folder: Path) -> None:
        self.of = {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json")}
        self.hcp, self.account = self.of["hcp"]["hcp_id"], self.of["account"]["account_id"]
        self.missing: list[str] = []

    def name(self, url: str) -> str | None:
        parts = urlparse(url)
        plain = {
            "/v1/overview": "overview", "/v1/overview/weeks": "overview_weeks", "/v1/overview/access": "overview_access",
            "/v1/pipeline": "pipeline", "/v1/alerts": "alerts", "/v1/forecast": "forecasts",
            f"/v1/hcps/{self.hcp}": "hcp", f"/v1/hcps/{self.hcp}/forecast": "hcp_forecast",
            f"/v1/accounts/{self.account}": "account", f"/v1/accounts/{self.account}/weeks": "account_weeks",
        }
        if parts.path == "/v1/overview/hcps":
            return f"overview_hcps_{parse_qs(parts.query)['list'][0]}"
        return plain.get(parts.path)

    def answer(self, route: Route) -> None:
        found = self.of.get(self.name(route.request.url) or "")
        if found is None:
            self.missing.append(route.request.url)
            route.abort()
        else:
            route.fulfill(status=200, content_type="application/json", body=json.dumps(found))

    def path(self, view: str) -> str:
        return {"hcp": f"/hcp/{self.hcp}", "account": f"/account/{self.account}"}.get(view, f"/{view}")


def take(page: Page, url: str, path: str, size: tuple[int, int]) -> bytes:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    # The same address again would load nothing.
    page.goto("about:blank")
    page.goto(f"{url}/#{path}")
    expect(page.locator("main .lead, main .big").first).not_to_have_text(re.compile("^(Looking|…|–|$)"), timeout=WAIT_MS)
    expect(page.locator("#state")).to_contain_text("Live, as of", timeout=WAIT_MS)
    page.wait_for_load_state("networkidle")
    # Charts are drawn in the frame after their data.
    page.evaluate("document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))")
    return page.screenshot(full_page=True, animations="disabled")


def as_url(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def compare(desk: Page, golden: Path, picture: bytes) -> str | None:
    """What is wrong with a picture."""
    if not golden.exists():
        return "was never kept"
    found = desk.evaluate(COMPARE, [as_url("webp", golden.read_bytes()), as_url("png", picture), CHANNEL])
    (width, height), (taken_width, taken_height) = found["kept"], found["taken"]
    if width != taken_width or abs(height - taken_height) > HEIGHT * height:
        return f"is {taken_width} × {taken_height} pixels, was {width} × {height}"
    return f"differs in {100 * found['differ']:.1f} % of its cells" if found["differ"] > CELLS else None


def pictures(goldens: Path, views=VIEWS) -> list[tuple[str, str, str, Path]]:
    light = [(view, size, "light") for view in views for size in SIZES]
    dark = [(view, "desktop", "dark") for view in views if view in DARK]
    return [(view, size, scheme, goldens / f"{view}-{size}{'-dark' if scheme == 'dark' else ''}.webp") for view, size, scheme in light + dark]


def main(chromium: str, url: str, goldens: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    answers, wrong, update = Answers(goldens / "answers"), [], os.environ.get("UPDATE_GOLDEN") == "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--force-color-profile=srgb", "--font-render-hinting=none"])
        context = browser.new_context(timezone_id="Europe/Berlin", locale="en-GB", reduced_motion="reduce")
        page, desk = context.new_page(), browser.new_page()
        page.clock.set_fixed_time(answers.of["pipeline"]["as_of"])
        page.route("**/v1/**", answers.answer)
        page.goto(url)
        fonts, kept = page.evaluate(MEASURE, TEXTS), goldens / "fonts.json"
        if update:
            kept.write_text(json.dumps(fonts) + "\n")
        elif json.loads(kept.read_text()) != fonts:
            print(f"not compared: text is {fonts} pixels wide here, {kept.read_text().strip()} where the pictures were taken")
            return
        for view, size, scheme, golden in pictures(goldens):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            picture = take(page, url, answers.path(view), SIZES[size])
            (folder / f"{golden.stem}.png").write_bytes(picture)
            if update:
                shrunk = desk.evaluate(SHRINK, as_url("png", picture))
                golden.write_bytes(base64.b64decode(shrunk.split(",")[1]))
            elif (what := compare(desk, golden, picture)) is not None:
                wrong.append(f"{golden.stem} {what}")
        browser.close()
    assert not answers.missing, f"no answer is kept for {sorted(set(answers.missing))}"
    assert not wrong, f"{wrong}; look at {folder}, and keep them with UPDATE_GOLDEN=1 if they are right"
    print(f"{len(pictures(goldens))} pictures {'kept' if update else 'as they were'}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].rstrip("/"), Path(sys.argv[3]), Path(sys.argv[4]))
