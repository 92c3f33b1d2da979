"""What the dashboards do otherwise than grafana/dashboard-linter wants, each with its reason: the file `.lint` beside them.

The linter reads YAML, of which JSON is a part. Rules that hold everywhere are not named here; tests hold them.
"""

from __future__ import annotations

import re

ONE_DATABASE = "SQL goes to the one data source touchload-sql: the role of its user decides what may be seen, so nobody chooses another."
WHOLE = "Business gauges of one process are a part of the HCPs: they are summed over processes, and nobody chooses among these."
OF_RULES = "ALERTS has the labels of what fired, and rules over everything have no job."
REASONS = {
    "template-datasource-rule": ONE_DATABASE,
    "panel-datasource-rule": ONE_DATABASE,
    "template-instance-rule": WHOLE,
    "target-instance-rule": WHOLE,
    "target-job-rule": OF_RULES,
}


def exclusions(dashboards: list[dict]) -> dict:
    """The content of `.lint`."""
    entries: dict[str, list] = {rule: [] for rule in REASONS}
    for dashboard in dashboards:
        title = dashboard["title"]
        names = {variable["name"] for variable in dashboard["templating"]["list"]}
        if "datasource" not in names:
            entries["template-datasource-rule"].append({"dashboard": title})
        elif "instance" not in names:
            entries["template-instance-rule"].append({"dashboard": title})
        for panel in dashboard["panels"]:
            of_panel = {"dashboard": title, "panel": panel["title"]}
            targets = panel.get("targets", [])
            asked = [target["expr"] for target in targets if "expr" in target]
            if any("rawSql" in target for target in targets):
                entries["panel-datasource-rule"].append(of_panel)
            if any(_lacks(expr, "instance") for expr in asked):
                entries["target-instance-rule"].append(of_panel)
            if any(_lacks(expr, "job") for expr in asked):
                entries["target-job-rule"].append(of_panel)
    return {"exclusions": {rule: {"reason": REASONS[rule], "entries": found} for rule, found in entries.items()}}


def _lacks(expr: str, label: str) -> bool:
    selectors = re.findall(r"\b(?:touchload_\w+|job\w*:[\w:]+|ALERTS)(\{[^}]*\})?", expr)
    return any(f'{label}=~"${label}"' not in matchers for matchers in selectors)
