"""Ways from one dashboard to the next and to the live page. Ids go into addresses as they are, escaped."""

from __future__ import annotations

TAG = "touchload"


def _live(path: str) -> str:
    return "${page:raw}/" + path


def on_hcp() -> list:
    """From a cell with the id of an HCP."""
    return [
        {
            "title": "This HCP in the explorer",
            "url": "/d/touchload-hcp?var-hcp=${__value.raw:percentencode}&${__url_time_range}",
        },
        {"targetBlank": True, "title": "This HCP on the live page", "url": _live("#/hcp/${__value.raw:percentencode}")},
    ]


def on_account() -> list:
    """From a cell with the id of an account."""
    return [
        {
            "title": "This account here",
            "url": "/d/touchload-accounts?var-account=${__value.raw:percentencode}&${__url_time_range}",
        },
        {
            "targetBlank": True,
            "title": "This account on the live page",
            "url": _live("#/account/${__value.raw:percentencode}"),
        },
    ]


def on_territory() -> list:
    """From a cell with a territory."""
    return [
        {
            "title": "HCPs of this territory",
            "url": "/d/touchload-hcp?var-territory=${__value.raw:percentencode}&${__url_time_range}",
        },
        {
            "targetBlank": True,
            "title": "This territory on the live page",
            "url": _live("#/overview?territory=${__value.raw:percentencode}"),
        },
    ]


def of_dashboard(extra: tuple = ()) -> list:
    """The links above every dashboard."""
    family = {
        "asDropdown": False,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "tags": [TAG],
        "targetBlank": False,
        "title": "Touchload",
        "tooltip": "",
        "type": "dashboards",
        "url": "",
    }
    return [family, _link("Live page", _live(""), "The page that the binary serves"), *extra]


def _link(title: str, url: str, tooltip: str) -> dict:
    return {
        "asDropdown": False,
        "icon": "external link",
        "includeVars": False,
        "keepTime": False,
        "tags": [],
        "targetBlank": True,
        "title": title,
        "tooltip": tooltip,
        "type": "link",
        "url": url,
    }


def silences() -> dict:
    """To the alerts and silences that Alertmanager holds, shown by Grafana."""
    return _link(
        "Alertmanager: groups and silences",
        "/alerting/groups?alertmanager=Touchload%20Alertmanager",
        "What Alertmanager holds now; needs the data source Touchload Alertmanager",
    )
