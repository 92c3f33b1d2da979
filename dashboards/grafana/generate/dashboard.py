"""A dashboard from rows of panels: places, ids and the frame that all of them share."""

from __future__ import annotations

from dataclasses import dataclass, field

import links
from panels import Panel

COLUMNS = 24
# Of Grafana 10.0. Later versions migrate what they load, and an older one would be told of nothing that it does not know.
SCHEMA_VERSION = 38


@dataclass
class Row:
    """Panels under one question, each as high up as there is room, and then as far left."""

    title: str
    panels: list[Panel]


@dataclass
class Dashboard:
    """One dashboard of the family."""

    uid: str
    title: str
    description: str
    variables: list[dict]
    rows: list[Row]
    time_from: str
    refresh: str
    annotations: list[dict] = field(default_factory=list)
    links: tuple = ()

    def to_json(self) -> dict:
        """As Grafana loads it."""
        built_in = {
            "builtIn": 1,
            "datasource": {"type": "grafana", "uid": "-- Grafana --"},
            "enable": True,
            "hide": True,
            "iconColor": "rgba(0, 211, 255, 1)",
            "name": "Annotations & Alerts",
            "type": "dashboard",
        }
        return {
            "annotations": {"list": [built_in, *self.annotations]},
            "description": self.description,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": None,
            "links": links.of_dashboard(self.links),
            "panels": self._placed(),
            "refresh": self.refresh,
            "schemaVersion": SCHEMA_VERSION,
            "tags": [links.TAG],
            "templating": {"list": self.variables},
            "time": {"from": self.time_from, "to": "now"},
            "timepicker": {},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
            "weekStart": "monday",
        }

    def _placed(self) -> list[dict]:
        placed, top, number = [], 0, 0
        for row in self.rows:
            number += 1
            placed.append(_row(row, number, top))
            top += 1
            filled = [top] * COLUMNS
            for panel in row.panels:
                number += 1
                x = min(range(COLUMNS - panel.width + 1), key=lambda at: max(filled[at : at + panel.width]))
                y = max(filled[x : x + panel.width])
                filled[x : x + panel.width] = [y + panel.height] * panel.width
                place = {"h": panel.height, "w": panel.width, "x": x, "y": y}
                placed.append({"id": number, "gridPos": place, **panel.body})
            top = max(filled)
        return placed


def _row(row: Row, number: int, top: int) -> dict:
    place = {"h": 1, "w": COLUMNS, "x": 0, "y": top}
    return {"collapsed": False, "gridPos": place, "id": number, "panels": [], "title": row.title, "type": "row"}


def policy_changes() -> dict:
    """Marks the instants from which another policy held: it moves every share without anybody being touched."""
    known = 'touchload_policy_info{job=~"$job"}'
    return {
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "enable": True,
        "hide": False,
        "iconColor": "purple",
        "name": "Policy changes",
        "tagKeys": "",
        "target": {
            "expr": f"{known} unless on (job, version) ({known} offset 5m)",
            "interval": "5m",
            "refId": "Anno",
        },
        "textFormat": "policy {{version}} takes force",
        "titleFormat": "Policy",
    }
