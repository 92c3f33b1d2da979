"""What a reader chooses above a dashboard. Every choice comes from the data; nothing is listed that they do not have."""

from __future__ import annotations

from queries import PROMETHEUS, SQL

ALL = {"selected": True, "text": ["All"], "value": ["$__all"]}
ON_TIME_CHANGE = 2


def datasource() -> dict:
    """Which Prometheus; the provisioned one unless another is chosen."""
    return {
        "current": {"selected": False, "text": "Touchload Prometheus", "value": "touchload-prometheus"},
        "hide": 0,
        "includeAll": False,
        "label": "Data source",
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
        "type": "datasource",
    }


def _query(name: str, label: str, source: dict, query, description: str) -> dict:
    return {
        "current": ALL,
        "datasource": source,
        "description": description,
        "hide": 0,
        "includeAll": True,
        "label": label,
        "multi": True,
        "name": name,
        "options": [],
        "query": query,
        "refresh": ON_TIME_CHANGE,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
        "type": "query",
    }


def _labels(name: str, label: str, query: str, description: str) -> dict:
    asked = {"query": query, "refId": f"variable-{name}"}
    return _query(name, label, PROMETHEUS, asked, description)


def job() -> dict:
    """Which pipelines."""
    shown = _labels("job", "Job", "label_values(touchload_build_info, job)", "Pipelines, by their name in Prometheus")
    return shown | {"allValue": ".+"}


def instance() -> dict:
    """Which processes. Only for what concerns a process: business gauges of one process are a part of the HCPs."""
    query = 'label_values(touchload_build_info{job=~"$job"}, instance)'
    shown = _labels("instance", "Instance", query, "Processes of the pipelines")
    return shown | {"allValue": ".+"}


def territory_of_metrics() -> dict:
    """The 50 largest territories and `other`, as metrics know them."""
    query = 'label_values(touchload_hcps_by_budget_zone{job=~"$job"}, territory)'
    return _labels(
        "territory", "Territory", query, "The 50 largest by name; other holds the rest, and lists then show everybody"
    )


def function() -> dict:
    """Business functions that touched somebody."""
    query = 'label_values(touchload_touches_by_channel{job=~"$job"}, business_function)'
    return _labels("function", "Function", query, "Business functions with touches in the last 28 days")


def _of_hcps(name: str, label: str) -> dict:
    query = f"SELECT DISTINCT {name} FROM hcp_now ORDER BY 1"
    return _query(name, label, SQL, query, f"{label} by reference data; unknown where they say nothing")


def territory() -> dict:
    """Every territory, by reference data."""
    return _of_hcps("territory", "Territory")


def segment() -> dict:
    """Every segment, by reference data."""
    return _of_hcps("segment", "Segment")


def specialty() -> dict:
    """Every specialty, by reference data."""
    return _of_hcps("specialty", "Specialty")


def window(*lengths: str) -> dict:
    """The trailing window; 28 days are the headline."""
    chosen = "28d"
    options = [{"selected": length == chosen, "text": length, "value": length} for length in lengths]
    return {
        "current": {"selected": True, "text": chosen, "value": chosen},
        "description": "Trailing window up to now; never a calendar month",
        "hide": 0,
        "includeAll": False,
        "label": "Window",
        "multi": False,
        "name": "window",
        "options": options,
        "query": ", ".join(lengths),
        "skipUrlSync": False,
        "type": "custom",
    }


def text(name: str, label: str, value: str, description: str) -> dict:
    """A field to type into."""
    return {
        "current": {"selected": False, "text": value, "value": value},
        "description": description,
        "hide": 0,
        "label": label,
        "name": name,
        "options": [{"selected": True, "text": value, "value": value}],
        "query": value,
        "skipUrlSync": False,
        "type": "textbox",
    }


def page(address: str) -> dict:
    """Where browsers reach the live page; links are built from it."""
    return text("page", "Live page", address, "Address of the live page as your browser reaches it; links lead there")
