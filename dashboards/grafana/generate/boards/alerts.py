"""Alerts: what is open about HCPs and accounts and what to do, whether alerts can be trusted, and whether they arrive."""

from __future__ import annotations

import links
import theme
import variables
from dashboard import Dashboard, Row
from panels import Panel, column, stat, table, timeseries
from queries import JOB, cookbook, promql, sql

ACTS = {"hold": ("hold", theme.ORANGE), "reassign": ("reassign", theme.BLUE), "accept": ("accept, or correct", "text")}


def dashboard(page: str) -> Dashboard:
    """The dashboard; `page` is the address of the live page."""
    return Dashboard(
        uid="touchload-alerts",
        title="Touchload: alerts",
        description="What is open and what to do about it, which alerts were overturned, and whether receivers get them. Commercial audience.",
        variables=[variables.datasource(), variables.job(), variables.page(page)],
        rows=[
            Row("What is open about HCPs and accounts?", _open()),
            Row("Can the alerts be trusted?", _trust()),
            Row("Is the pipeline itself well?", _pipeline()),
            Row("Do alerts reach their receivers?", _delivery()),
        ],
        time_from="now-7d",
        refresh="1m",
        links=(links.silences(),),
    )


def _open() -> list[Panel]:
    firing = """
SELECT since, severity, rule, state, hcp_id, account_id, summary, act, hold_until, origin
FROM alerts_latest
WHERE state IN ('pending', 'firing', 'acknowledged')
ORDER BY CASE state WHEN 'firing' THEN 0 WHEN 'pending' THEN 1 ELSE 2 END,
    CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, since DESC, alert_id
LIMIT 200
"""
    fired = """
SELECT $__timeGroup(at, '1d'), rule AS metric, count(*) AS alerts
FROM alerts
WHERE state = 'firing' AND $__timeFilter(at)
GROUP BY 1, 2
ORDER BY 1, 2
"""
    return [
        stat(
            "Open alerts",
            "Firing, waiting to fire, and accepted by somebody. Storms count as one.",
            [promql(f"sum by (state) (touchload_alerts{{{JOB}}})", "{{state}}")],
            unit="short",
            size=(8, 8),
            color={"mode": "fixed", "fixedColor": "text"},
            overrides=[column(state, word, color=color) for state, (word, color) in theme.ALERT_STATES.items()],
            no_value="none",
        ),
        timeseries(
            "Open alerts by rule",
            "How many are open. A step of one rule alone is mostly a changed policy, a backfill or a campaign.",
            [promql(f"sum by (rule) (touchload_alerts{{{JOB}}})", "{{rule}}")],
            unit="short",
            decimals=0,
            min=0,
            size=(8, 8),
            no_value="none",
        ),
        timeseries(
            "Alerts that fired, by day and rule",
            "From the table of alerts: every one of them, exactly once, also those found only afterwards.",
            [sql(fired, series=True)],
            unit="short",
            style="bars",
            stack=True,
            decimals=0,
            size=(8, 8),
            no_value="none in this time",
        ),
        table(
            "What to do",
            "The 200 most urgent. Accept one with a reason on the live page or with `touchload ack`; there it says which touches did it.",
            [sql(firing)],
            size=(24, 12),
            columns=[
                column("since", "since", unit="dateTimeAsLocal"),
                column("severity", "severity", words=theme.SEVERITIES),
                column("state", "state", words=theme.ALERT_STATES),
                column("hcp_id", "HCP", links=links.on_hcp()),
                column("account_id", "account", links=links.on_account()),
                column("summary", "what holds", width=420),
                column("act", "what to do", words=ACTS),
                column("hold_until", "until", unit="dateTimeAsLocal"),
                column("origin", "found"),
            ],
            no_value="–",
        ),
    ]


def _trust() -> list[Panel]:
    overturned = f"""
SELECT *
FROM {cookbook("alerts_overturned")} AS overturned
"""
    ended = """
SELECT coalesce(resolution, ack_reason, state) AS how, count(*) AS alerts
FROM alerts
WHERE state IN ('resolved', 'acknowledged') AND $__timeFilter(at)
GROUP BY 1
ORDER BY 2 DESC, 1
"""
    return [
        table(
            "Alerts that late records overturned, of 30 days",
            "By rule and territory: fired live, overturned afterwards, found too late. The share is empty under five alerts. Much of "
            "either means that records come late, not that the rule is wrong.",
            [sql(overturned)],
            unit="short",
            size=(16, 8),
            columns=[
                column("territory", "territory", links=links.on_territory()),
                column("overturned_share", "overturned", unit="percentunit"),
            ],
            no_value="–",
        ),
        table(
            "How alerts ended, or why they were accepted",
            "In the time chosen above. cleared: it no longer holds; corrected: as is known now it never did; policy_change: not under "
            "this policy.",
            [sql(ended)],
            unit="short",
            size=(8, 8),
            no_value="none in this time",
        ),
    ]


def _pipeline() -> list[Panel]:
    alerts = 'ALERTS{alertname=~"Touchload.*"}'
    names = {
        "alertname": "alert",
        "alertstate": "state",
        "severity": "severity",
        "topic": "topic",
        "source": "source",
        "territory": "territory",
        "receiver": "receiver",
    }
    hidden = {name: True for name in ("Time", "Value", "__name__", "job", "instance")}
    shown = {
        "id": "organize",
        "options": {"excludeByName": hidden, "indexByName": {n: i for i, n in enumerate(names)}, "renameByName": names},
    }
    return [
        table(
            "Rules of Prometheus that hold now",
            "Symptoms of the pipeline and patterns over many HCPs (dashboards/prometheus). What to do is in the runbook of "
            "docs/OPERATING.md, under the name of the alert. Empty is good.",
            [promql(f"{alerts} > 0", table=True)],
            size=(12, 7),
            columns=[
                column("severity", "severity", words=theme.SEVERITIES),
                column("state", "state", words=theme.ALERT_STATES),
            ],
            transform=[shown],
            no_value="nothing is wrong",
        ),
        timeseries(
            "Rules that held",
            "How many series of each rule were firing. Needs the rules of dashboards/prometheus in the Prometheus chosen above.",
            [promql('count by (alertname) (ALERTS{alertname=~"Touchload.*", alertstate="firing"})', "{{alertname}}")],
            unit="short",
            decimals=0,
            style="bars",
            stack=True,
            size=(12, 7),
            no_value="nothing was wrong",
        ),
    ]


def _delivery() -> list[Panel]:
    waiting = f"touchload_alert_delivery_oldest_timestamp_seconds{{{JOB}}}"
    latency = (
        f"sum by (le, receiver) (rate(touchload_alert_delivery_latency_seconds_bucket{{{JOB}}}[$__rate_interval]))"
    )
    turn = f"sum by (le) (rate(touchload_alert_turn_seconds_bucket{{{JOB}}}[$__rate_interval]))"
    return [
        timeseries(
            "Transitions that are durable",
            "Alerts that opened, fired, were accepted or ended, by the state they came to and what made them. Only live ones reach pagers.",
            [
                promql(
                    f"sum by (state, origin) (rate(touchload_alert_transitions_total{{{JOB}}}[$__rate_interval])) * 60",
                    "{{state}}, {{origin}}",
                )
            ],
            unit="cpm",
            decimals=1,
            size=(8, 8),
        ),
        timeseries(
            "Oldest alert that waits, by receiver",
            "How long a receiver has not taken what waits for it; 0 when nothing waits. Above five minutes TouchloadDeliveryFailing fires.",
            [promql(f"max by (receiver) ((time() - {waiting}) * ({waiting} > bool 0))", "{{receiver}}")],
            unit="s",
            min=0,
            line_at=300,
            size=(8, 8),
            no_value="no receiver is configured",
        ),
        timeseries(
            "Deliveries and failures",
            "POSTs to receivers a minute: taken, failed (tried again), unreadable (left out).",
            [
                promql(
                    f"sum by (receiver, outcome) (rate(touchload_alert_deliveries_total{{{JOB}}}[$__rate_interval])) * 60",
                    "{{receiver}}, {{outcome}}",
                )
            ],
            unit="cpm",
            decimals=1,
            size=(8, 8),
            no_value="no receiver is configured",
        ),
        timeseries(
            "From a transition to its first delivery",
            "Half of them and 99 in 100 take at most so long, by receiver.",
            [
                promql(f"histogram_quantile(0.5, {latency})", "{{receiver}}, half"),
                promql(f"histogram_quantile(0.99, {latency})", "{{receiver}}, 99 in 100"),
            ],
            unit="s",
            size=(8, 8),
            no_value="nothing was delivered",
        ),
        timeseries(
            "Alerts that wait, by receiver",
            "What a receiver has not taken yet. It is kept in Kafka and lost nowhere.",
            [promql(f"sum by (receiver) (touchload_alert_delivery_waiting{{{JOB}}})", "{{receiver}}")],
            unit="short",
            decimals=0,
            min=0,
            size=(8, 8),
            no_value="no receiver is configured",
        ),
        timeseries(
            "What alerts cost the pipeline",
            "Time that the pipeline spends on a turn of alerts, 99 in 100; and runs of rules that failed, a minute.",
            [
                promql(f"histogram_quantile(0.99, {turn})", "a turn"),
                promql(
                    f"sum(rate(touchload_alert_rule_failures_total{{{JOB}}}[$__rate_interval])) * 60",
                    "failed runs a minute",
                ),
            ],
            unit="s",
            size=(8, 8),
            overrides=[column("failed runs a minute", "failed runs a minute", unit="cpm", color=theme.RED)],
        ),
    ]
