"""Writes the dashboards of `dashboards/grafana/dashboards`, or says which of them differ (`--check`).

Run as `python3 dashboards/grafana/generate`. The standard library is enough. Whatever is to change, change it here: what Grafana
exports by hand is overwritten by the next run.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# A generator leaves nothing beside its sources.
sys.dont_write_bytecode = True

import lint  # noqa: E402
from boards import accounts, alerts, hcp, overview, pipeline  # noqa: E402

OUT = Path(__file__).resolve().parent.parent / "dashboards"
LIVE_PAGE = "http://localhost:8080"


def main() -> int:
    """0 when everything is written, or nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__, prog="generate")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file differs")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the JSON files")
    parser.add_argument(
        "--live-page", default=LIVE_PAGE, help="address of the live page as browsers reach it (%(default)s)"
    )
    arguments = parser.parse_args()
    page = arguments.live_page.rstrip("/")
    dashboards = [board.dashboard(page).to_json() for board in (overview, hcp, accounts, alerts, pipeline)]
    wanted = {f"{dashboard['uid']}.json": _text(dashboard) for dashboard in dashboards}
    wanted[".lint"] = _text(lint.exclusions(dashboards))
    differing = [name for name, text in wanted.items() if _read(arguments.out / name) != text]
    surplus = [path.name for path in sorted(arguments.out.glob("*.json")) if path.name not in wanted]
    if arguments.check:
        for name in differing + surplus:
            print(f"{arguments.out / name} is not what dashboards/grafana/generate makes; run it", file=sys.stderr)
        return 1 if differing + surplus else 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in differing:
        (arguments.out / name).write_text(wanted[name], encoding="utf-8")
        print(f"wrote {arguments.out / name}")
    for name in surplus:
        print(f"{arguments.out / name} is of no dashboard; remove it", file=sys.stderr)
    return 0


def _text(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
