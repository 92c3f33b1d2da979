"""What panels ask: PromQL through the chosen Prometheus, SQL through the Postgres door of Touchload."""

from __future__ import annotations

from pathlib import Path

PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
SQL = {"type": "grafana-postgresql-datasource", "uid": "touchload-sql"}

JOB = 'job=~"$job"'
INSTANCE = 'job=~"$job", instance=~"$instance"'
PLACE = 'job=~"$job", territory=~"$territory"'

COOKBOOK = Path(__file__).resolve().parents[3] / "sql" / "cookbook"


def promql(expr: str, legend: str = "", *, instant: bool = False, table: bool = False) -> dict:
    """A PromQL target; its legend may name labels in double braces."""
    return {
        "datasource": PROMETHEUS,
        "editorMode": "code",
        "expr": expr,
        "format": "table" if table else "time_series",
        "instant": instant or table,
        "legendFormat": legend or "__auto",
        "range": not (instant or table),
    }


def sql(text: str, *, series: bool = False) -> dict:
    """A SQL target. A series needs a column `time` first and rows sorted by it."""
    return {
        "datasource": SQL,
        "editorMode": "code",
        "format": "time_series" if series else "table",
        "rawQuery": True,
        "rawSql": text.strip(),
    }


def cookbook(name: str) -> str:
    """A question of the cookbook as a subquery: its text is tested there, against planted truth."""
    lines = (COOKBOOK / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.strip().startswith("--")]
    return "(\n" + "\n".join(kept).strip() + "\n)"


def in_territories(column: str = "territory") -> str:
    """Rows of the chosen territories. Metrics know 50 by name: whoever chooses `other` too sees all of them."""
    chosen = "${territory:sqlstring}"
    named = f"CASE WHEN {column} = '?' THEN 'unknown' ELSE {column} END"
    return f"({named} IN ({chosen}) OR 'other' IN ({chosen}))"


# Whom a panel names as a target now; everybody where no panel names anybody, as on the live page.
TARGETS = """(
    SELECT hcp_id, coalesce(territory, 'unknown') AS territory, specialty, segment
    FROM hcps
    WHERE is_target OR (SELECT count(*) FROM hcps WHERE is_target) = 0
)"""


def over_share(place: str, by: str = "", offset: str = "") -> str:
    """The share of HCPs over a budget, of those that have one; nothing below 20 of them."""
    group = f" by ({by})" if by else ""
    past = f" offset {offset}" if offset else ""
    over = f'sum{group} (touchload_hcps_by_budget_zone{{{place}, zone="over"}}{past})'
    budgeted = f'sum{group} (touchload_hcps_by_budget_zone{{{place}, zone!="none"}}{past})'
    return f"(\n    {over}\n  or\n    0 * {budgeted}\n)\n/\n({budgeted} >= 20)"
