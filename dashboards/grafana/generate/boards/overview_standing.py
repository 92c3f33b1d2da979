"""Overview: what can be trusted, how many are over budget, and whether the touches add up."""

from __future__ import annotations

import links
import references
import theme
from panels import Panel, column, joined, reference, stat, table, text, timeseries
from queries import JOB, PLACE, TARGETS, in_territories, over_share, promql, sql

HOW_TO_READ = """
**Commercial view**: no medical record is behind any number here.

- **Over, full, near, clear** say how far a budget of the policy is used up. A budget is a ceiling, never a goal.
- **Chance** is what the same voices would collide at random times: a busy HCP collides by being busy.
- **Too few to tell**: a territory below 20 HCPs with a budget has no share, fewer than 10 pairs no rate.
- Reps enter calls late: the newest days always look quieter than they were.
- Causes are functions, channels and territories. Nobody is ranked here.
"""


def trust() -> list[Panel]:
    """Freshness, silent feeds, completeness."""
    late = theme.steps(theme.GREEN, (300, theme.ORANGE), (3600, theme.RED))
    silent = theme.spans((0, 0, "none", theme.GREEN))
    complete = f"""
SELECT CAST(day AS TIMESTAMP) AS time, topic AS metric, sum(records) / nullif(sum(expected_records), 0) AS complete
FROM completeness
WHERE {in_territories()} AND day >= CAST(now() AS DATE) - INTERVAL '14 days'
GROUP BY 1, 2
ORDER BY 1, 2
"""
    return [
        stat(
            "Newest record came in",
            "Seconds since any record came in. Above five minutes (orange) what you see may be the world of then.",
            [promql(f"time() - max(touchload_last_record_timestamp_seconds{{{JOB}}})", "ago")],
            unit="s",
            thresholds=late,
        ),
        stat(
            "Silent feeds",
            "Feeds (topic and source) without a record for 26 hours. Loads of their channel fall as if nobody were touched.",
            [
                promql(
                    f"count(min by (topic, source) (touchload_last_record_age_seconds{{{JOB}}}) > 26 * 3600) or vector(0)",
                    "silent",
                )
            ],
            unit="none",
            thresholds=theme.steps(theme.GREEN, (1, theme.ORANGE)),
            mappings=silent,
        ),
        stat(
            "Records not read yet",
            "What waits in Kafka. Numbers are those of before these records.",
            [promql(f"sum(touchload_consumer_lag_records{{{JOB}}})", "waiting")],
            unit="short",
            thresholds=theme.steps(theme.GREEN, (10_000, theme.ORANGE)),
        ),
        timeseries(
            "Completeness of recent days",
            "Share of a day's records that has arrived, by feed, learnt from how late records of 35 to 125 days ago came. "
            + references.COMPLETE.says
            + " Nothing is told under 200 such records, or when a feed is silent.",
            [sql(complete, series=True)],
            unit="percentunit",
            size=(12, 8),
            style="points",
            line_at=0.9,
            min=0,
            max=1,
            no_value="not told yet: it needs records of events 35 to 125 days old",
        ),
        stat(
            "Numbers computed",
            "Seconds since the gauges of this page were computed from the live state; every 15 seconds is right.",
            [promql(f"time() - min(touchload_live_query_refresh_timestamp_seconds{{{JOB}}})", "ago")],
            unit="s",
            thresholds=late,
        ),
        stat(
            "Policy in force",
            "The version of the policy that budgets, gaps and weights come from. Two at once: processes disagree.",
            [promql(f"count by (version) (touchload_policy_info{{{JOB}}})", "{{version}}")],
            unit="none",
            show="name",
        ),
        stat(
            "Alerts of the pipeline",
            "Rules of Prometheus about feeds, lag and commits that fire now; the dashboard of alerts names them.",
            [promql('count(ALERTS{alertname=~"Touchload.*", alertstate="firing"}) or vector(0)', "firing")],
            unit="none",
            thresholds=theme.steps(theme.GREEN, (1, theme.RED)),
            mappings=theme.spans((0, 0, "none", theme.GREEN)),
        ),
    ]


def over() -> list[Panel]:
    """Shares over budget, now and then, here and elsewhere."""
    by_territory = [
        promql(f'sum by (territory) (touchload_hcps_by_budget_zone{{{PLACE}, zone!="none"}})', table=True),
        promql(over_share(PLACE, "territory"), table=True),
        promql(_change("1w", "territory"), table=True),
        promql(_change("4w", "territory"), table=True),
        promql(_elsewhere(), table=True),
    ]
    names = {
        "Value #A": "HCPs with a budget",
        "Value #B": "over budget",
        "Value #C": "change in a week",
        "Value #D": "change in four weeks",
        "Value #E": "other territories",
    }
    share = [column(name, name, unit="percentunit", decimals=1) for name in list(names.values())[1:]]
    moved = theme.steps(theme.GREEN, (0.0, "text"), (0.02, theme.ORANGE))
    alike = f"""
WITH uses AS (
    SELECT 'now' AS moment, hcp_id, budget_use
    FROM hcp_metrics_at(now(), 'commercial') WHERE "window" = '28d'
    UNION ALL
    SELECT 'week', hcp_id, budget_use
    FROM hcp_metrics_at(now() - INTERVAL '7 days', 'commercial') WHERE "window" = '28d'
    UNION ALL
    SELECT 'month', hcp_id, budget_use
    FROM hcp_metrics_at(now() - INTERVAL '28 days', 'commercial') WHERE "window" = '28d'
),
strata AS (
    SELECT t.territory, t.specialty, t.segment,
        count(*) FILTER (WHERE u.moment = 'now') AS n_now,
        count(*) FILTER (WHERE u.moment = 'now' AND u.budget_use > 1) AS x_now,
        count(*) FILTER (WHERE u.moment = 'week') AS n_week,
        count(*) FILTER (WHERE u.moment = 'week' AND u.budget_use > 1) AS x_week,
        count(*) FILTER (WHERE u.moment = 'month') AS n_month,
        count(*) FILTER (WHERE u.moment = 'month' AND u.budget_use > 1) AS x_month
    FROM {TARGETS} AS t
    JOIN uses u ON u.hcp_id = t.hcp_id
    WHERE u.budget_use IS NOT NULL
    GROUP BY t.territory, t.specialty, t.segment
),
beside_peers AS (
    SELECT *, sum(n_now) OVER (PARTITION BY specialty, segment) - n_now AS peer_n,
        sum(x_now) OVER (PARTITION BY specialty, segment) - x_now AS peer_x
    FROM strata
)
SELECT territory, sum(n_now) AS targets, sum(x_now) AS over_now,
    CASE WHEN sum(n_now) >= 20 THEN sum(x_now) * 1.0 / sum(n_now) END AS share_now,
    CASE WHEN sum(n_week) >= 20 THEN sum(x_week) * 1.0 / sum(n_week) END AS share_week_ago,
    CASE WHEN sum(n_month) >= 20 THEN sum(x_month) * 1.0 / sum(n_month) END AS share_4_weeks_ago,
    CASE WHEN sum(CASE WHEN peer_n >= 20 THEN n_now ELSE 0 END) >= 20 THEN
        sum(CASE WHEN peer_n >= 20 THEN n_now * peer_x * 1.0 / peer_n ELSE 0 END)
        / sum(CASE WHEN peer_n >= 20 THEN n_now ELSE 0 END) END AS peers_share
FROM beside_peers
WHERE {in_territories()}
GROUP BY territory
ORDER BY territory
"""
    shares = {
        "share_now": "over now",
        "share_week_ago": "a week ago",
        "share_4_weeks_ago": "four weeks ago",
        "peers_share": "their like elsewhere",
    }
    few = "too few HCPs with a budget to tell, or no history yet"
    return [
        stat(
            "Over budget now",
            "Share of HCPs over a budget, of those that have one. The live page counts targets alone.",
            [promql(over_share(PLACE), "over")],
            unit="percentunit",
            decimals=1,
            size=(4, 4),
            no_value=few,
        ),
        stat(
            "Change in a week",
            "Points up (orange from 2 on) or down since this hour a week ago, by what was known then.",
            [promql(_change("1w"), "change")],
            unit="percentunit",
            decimals=1,
            thresholds=moved,
            no_value=few,
        ),
        stat(
            "Change in four weeks",
            "Points up or down since four weeks ago. Windows of 28 days share no day with then.",
            [promql(_change("4w"), "change")],
            unit="percentunit",
            decimals=1,
            thresholds=moved,
            no_value=few,
        ),
        stat(
            "HCPs by budget, in words",
            "▲ over: more touches than the budget allows. ◆ full: the next touch breaches. ● near: three quarters or more used. "
            "○ clear: below. – no budget bears on them.",
            [promql(f"sum by (zone) (touchload_hcps_by_budget_zone{{{PLACE}}})", "{{zone}}")],
            unit="short",
            size=(12, 4),
            color={"mode": "fixed", "fixedColor": "text"},
            overrides=[column(zone, word, color=color) for zone, (word, color) in theme.ZONES.items()],
        ),
        timeseries(
            "Share over budget, and the same a week and four weeks before",
            "Each line is the same number; the dashed ones are moved ahead by a week and by four weeks, to be compared at one glance.",
            [
                promql(over_share(PLACE), "now"),
                promql(over_share(PLACE, offset="1w"), "a week before"),
                promql(over_share(PLACE, offset="4w"), "four weeks before"),
            ],
            unit="percentunit",
            decimals=1,
            min=0,
            size=(12, 9),
            overrides=[
                column("a week before", "a week before", color=theme.GREY, dashed=True),
                column("four weeks before", "four weeks before", color="#5f6b7a", dashed=True),
            ],
        ),
        table(
            "Territories beside the others",
            "Share over budget of each territory, how it moved, and the share of all other territories together. Empty below 20 HCPs "
            "with a budget. A territory of many top-segment HCPs differs from others for that alone: the live page compares like with like.",
            by_territory,
            unit="short",
            size=(12, 9),
            columns=[column("territory", "territory", links=links.on_territory()), *share],
            transform=joined("territory", names),
            no_value="–",
        ),
        table(
            "Targets, like with like, from the records",
            "Share of target HCPs over budget now, a week and four weeks ago by what is known today, and what the same specialties and "
            "segments show in the other territories. Empty under 20 targets with a budget. It needs no history of Prometheus; the last "
            "days read too low while reps sync late.",
            [sql(alike)],
            unit="short",
            size=(24, 8),
            columns=[
                column("territory", "territory", links=links.on_territory()),
                column("over_now", "targets over"),
                *(column(name, title, unit="percentunit", decimals=1) for name, title in shares.items()),
            ],
            no_value="–",
        ),
    ]


def _change(span: str, by: str = "") -> str:
    return f"{over_share(PLACE, by)}\n-\n{over_share(PLACE, by, span)}"


def _elsewhere() -> str:
    over = f'touchload_hcps_by_budget_zone{{{JOB}, zone="over"}}'
    budgeted = f'touchload_hcps_by_budget_zone{{{JOB}, zone!="none"}}'
    here_budgeted = f'sum by (territory) (touchload_hcps_by_budget_zone{{{PLACE}, zone!="none"}})'
    here_over = f'(sum by (territory) (touchload_hcps_by_budget_zone{{{PLACE}, zone="over"}}) or 0 * {here_budgeted})'
    return f"(scalar(sum({over}) or vector(0)) - {here_over})\n/\n((scalar(sum({budgeted})) - {here_budgeted}) >= 20)"


def adding_up() -> list[Panel]:
    """Load and coherence."""
    matrix = [
        {
            "id": "groupingToMatrix",
            "options": {
                "columnField": "fragmentation",
                "emptyValue": "zero",
                "rowField": "load_band",
                "valueField": "Value",
            },
        }
    ]
    bands = theme.words({band: (words, "text") for band, words in theme.BANDS.items()})
    band_names = {
        "matcher": {"id": "byName", "options": "load_band\\fragmentation"},
        "properties": [{"id": "mappings", "value": bands}],
    }
    load = f"sum by (le) (touchload_load_distribution{{{JOB}}})"
    unknown = f'sum(touchload_hcps_without_coherence{{{JOB}, reason="thin_support"}}) or vector(0)'
    return [
        table(
            "Busy × contradicting: how many HCPs",
            "Rows: interruption as visits a week. Columns: coherent (fragmentation below 0.25), mixed (below 0.5), fragmented, unknown "
            "where the touches say too little. Busy and contradicted are different problems: the corner of both is where to begin.",
            [
                promql(
                    f"sum by (load_band, fragmentation) (touchload_hcps_by_load_and_fragmentation{{{JOB}}})", table=True
                )
            ],
            unit="short",
            size=(8, 8),
            columns=[band_names],
            transform=matrix,
        ),
        timeseries(
            "Visits a week, on average",
            "Interruption as the steady weekly number of face-to-face visits that would weigh the same. "
            + references.VISITS.says,
            [
                promql(
                    f"sum(touchload_visits_per_week{{{PLACE}}})\n/\nsum(touchload_hcps_by_load_band{{{PLACE}}})",
                    "this company",
                ),
                promql(f"vector({references.VISITS.expression})", references.VISITS.legend),
            ],
            unit="short",
            decimals=2,
            min=0,
            size=(8, 8),
            overrides=[reference(references.VISITS)],
        ),
        timeseries(
            "Load of HCPs: half of them, one in ten, one in a hundred",
            "Interruption load (1 is one visit at this moment, halved every half-life of the policy): the level that half, a tenth and a "
            "hundredth of HCPs exceed. The last is rough: it lies within a bucket.",
            [
                promql(f"histogram_quantile(0.5, {load})", "half exceed"),
                promql(f"histogram_quantile(0.9, {load})", "one in ten exceeds"),
                promql(f"histogram_quantile(0.99, {load})", "one in a hundred exceeds"),
            ],
            unit="short",
            decimals=1,
            min=0,
            size=(8, 8),
        ),
        timeseries(
            "Coherence: the middle HCP, by what it rests on",
            "Median coherence (1: the touches add up) of HCPs whose coherence rests on the same parts; only equal parts are comparable.",
            [promql(f"avg by (basis) (job_basis:touchload_coherence:p50{{{JOB}}})", "{{basis}}")],
            unit="percentunit",
            decimals=0,
            min=0,
            max=1,
            size=(8, 8),
        ),
        stat(
            "Coherence not known",
            "Touched HCPs whose touches say too little. They are counted here and drawn nowhere as 0 or 1.",
            [promql(unknown, "HCPs")],
            unit="short",
            size=(4, 8),
        ),
        stat(
            "Outside working hours",
            "Unsolicited touches of 28 days outside the local working hours of their HCPs, and how many of HCPs whose time zone nobody "
            "knows, of whom nothing can be said.",
            [
                promql(f'sum(touchload_unsolicited_by_timing{{{JOB}, timing="outside_working_hours"}})', "outside"),
                promql(f'sum(touchload_unsolicited_by_timing{{{JOB}, timing="time_zone_unknown"}})', "not known"),
            ],
            unit="short",
            size=(4, 8),
        ),
        text("How to read this page", "The words of this page.", HOW_TO_READ.strip(), size=(8, 8)),
    ]
