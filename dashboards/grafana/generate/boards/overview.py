"""Executive overview: can I trust it, who is over, who causes it, what to hold, who is untouched. In this order."""

from __future__ import annotations

import links
import references
import theme
import variables
from dashboard import Dashboard, Row, policy_changes
from panels import Panel, bars, column, gauge_bars, joined, reference, stat, table, text, timeseries
from queries import JOB, PLACE, cookbook, in_territories, over_share, promql, sql

HOW_TO_READ = """
**Commercial view**: no medical record is behind any number here.

- **Over, full, near, clear** say how far a budget of the policy is used up. A budget is a ceiling, never a goal.
- **Chance** is what the same voices would collide at random times: a busy HCP collides by being busy.
- **Too few to tell**: a territory below 20 HCPs with a budget has no share, fewer than 10 pairs no rate.
- Reps enter calls late: the newest days always look quieter than they were.
- Causes are functions, channels and territories. Nobody is ranked here.
"""


def dashboard(page: str) -> Dashboard:
    """The dashboard; `page` is the address of the live page."""
    return Dashboard(
        uid="touchload-overview",
        title="Touchload: executive overview",
        description="How much HCPs are interrupted, by whom, and what to hold today. Commercial audience.",
        variables=[
            variables.datasource(),
            variables.job(),
            variables.territory_of_metrics(),
            variables.function(),
            variables.window("7d", "28d"),
            variables.page(page),
        ],
        rows=[
            Row("Can I trust what I see now?", _trust()),
            Row("How many are over budget, against last week, four weeks ago and other territories?", _over()),
            Row("Which function pairs and territories cause it?", _causes()),
            Row("What should be held today?", _hold()),
            Row("Who is untouched?", _untouched()),
            Row("How busy, and do the touches add up?", _adding_up()),
        ],
        time_from="now-28d",
        refresh="5m",
        annotations=[policy_changes()],
    )


def _trust() -> list[Panel]:
    late = theme.steps(theme.GREEN, (300, theme.ORANGE), (3600, theme.RED))
    silent = theme.spans((0, 0, "none", theme.GREEN), (1, None, "", theme.ORANGE))[:1]
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
            [promql(f"count(min by (topic, source) (touchload_last_record_age_seconds{{{JOB}}}) > 26 * 3600) or vector(0)", "silent")],
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


def _over() -> list[Panel]:
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
    ]


def _change(span: str, by: str = "") -> str:
    return f"{over_share(PLACE, by)}\n-\n{over_share(PLACE, by, span)}"


def _elsewhere() -> str:
    over = f'touchload_hcps_by_budget_zone{{{JOB}, zone="over"}}'
    budgeted = f'touchload_hcps_by_budget_zone{{{JOB}, zone!="none"}}'
    here_budgeted = f'sum by (territory) (touchload_hcps_by_budget_zone{{{PLACE}, zone!="none"}})'
    here_over = f'(sum by (territory) (touchload_hcps_by_budget_zone{{{PLACE}, zone="over"}}) or 0 * {here_budgeted})'
    return (
        f"(scalar(sum({over}) or vector(0)) - {here_over})\n/\n"
        f"((scalar(sum({budgeted})) - {here_budgeted}) >= 20)"
    )


def _causes() -> list[Panel]:
    pairs = f"""
SELECT one || ' × ' || other AS pair, sum(collisions) AS collisions, sum(chance_collisions) AS "by chance"
FROM {cookbook("colliding_functions")} AS pairs
WHERE {in_territories()}
GROUP BY 1
ORDER BY 2 DESC, 1
"""
    places = f"""
SELECT territory, sum(pairs) AS pairs, sum(collisions) AS collisions, sum(chance_collisions) AS by_chance,
    CASE WHEN sum(chance_collisions) >= 10 THEN sum(collisions) / sum(chance_collisions) END AS against_chance
FROM {cookbook("colliding_functions")} AS pairs
WHERE {in_territories()}
GROUP BY territory
ORDER BY territory
"""
    touches = f'touchload_touches_by_channel{{{JOB}, window="$window", solicitation="unsolicited", business_function=~"$function"}}'
    pairs_of_28 = f"(sum(touchload_unsolicited_pairs{{{JOB}}}) >= 10)"
    worse = theme.spans((None, 1, "no more than chance", theme.GREEN), (1, 1.2, "about chance", theme.GREY))
    return [
        bars(
            "Functions that run into each other, beside chance",
            "Unsolicited touches of one HCP closer than 48 hours from different functions or owners, by pair of functions, in 28 days; "
            "beside them what the same voices would give at random times. Chance knows no working week: 15 % more is nothing.",
            [sql(pairs)],
            unit="short",
            size=(12, 9),
            across="pair",
            overrides=[column("collisions", "collisions", color=theme.ORANGE), column("by chance", "by chance", color=theme.GREY)],
            no_value="no pair of functions met an HCP within 48 hours",
        ),
        table(
            "Territories where voices collide",
            "Collisions of 28 days by territory, beside chance. `against chance` is empty below 10 expected collisions; "
            "above 1.2 the timing is worse than being busy explains.",
            [sql(places)],
            unit="short",
            size=(12, 9),
            columns=[
                column("territory", "territory", links=links.on_territory()),
                column("by_chance", "by chance", decimals=0),
                column("against_chance", "against chance", decimals=2, spans=worse),
            ],
            no_value="–",
        ),
        gauge_bars(
            "Unsolicited touches by function and channel",
            "Who interrupts, and how, in the trailing window chosen above. Counts of touches, of all territories.",
            [promql(f"sort_desc(sum by (business_function, channel) ({touches}))", "{{business_function}}, {{channel}}", instant=True)],
            unit="short",
            size=(12, 8),
        ),
        timeseries(
            "Collisions beside their chance line",
            "Share of consecutive unsolicited touches that collide, of all territories, and the share that chance alone gives the same "
            "voices. Nothing below 10 pairs. Only the distance between the lines says something.",
            [
                promql(f'sum(touchload_collisions{{{JOB}, kind="observed"}})\n/\n{pairs_of_28}', "collide"),
                promql(f'sum(touchload_collisions{{{JOB}, kind="expected_by_chance"}})\n/\n{pairs_of_28}', "by chance"),
            ],
            unit="percentunit",
            decimals=0,
            min=0,
            overrides=[
                column("collide", "collide", color=theme.ORANGE),
                column("by chance", "by chance", color=theme.GREY, dashed=True),
            ],
        ),
    ]


def _hold() -> list[Panel]:
    held = f"""
SELECT hcp_id, territory, specialty, segment, zone, CASE WHEN headroom < 0 THEN -headroom END AS too_many, binding_budget,
    next_free_at, visits_per_week, fragmentation
FROM hcp_now
WHERE zone IN ('over', 'full') AND {in_territories()}
ORDER BY budget_use DESC, visits_per_week DESC, hcp_id
LIMIT 50
"""
    ahead = f"""
SELECT hcp_id, territory, touches_too_many, binding_budget, planned_at, channel, business_function, product, act, move_to, excess_left
FROM {cookbook("going_over")} AS ahead
WHERE {in_territories("coalesce(territory, '?')")}
ORDER BY touches_too_many DESC, planned_at, hcp_id
"""
    return [
        table(
            "Touch nobody of these before they are free again",
            "The 50 HCPs whose budgets are used up furthest. `free again` is when the next touch fits every budget; empty: the policy "
            "forbids it. Answers to medical requests, service and safety are never to be held.",
            [sql(held)],
            size=(24, 9),
            columns=[
                column("hcp_id", "HCP", links=links.on_hcp()),
                column("territory", "territory", links=links.on_territory()),
                column("zone", "budget", words=theme.ZONES),
                column("too_many", "too many", unit="short"),
                column("binding_budget", "by which budget"),
                column("next_free_at", "free again", unit="dateTimeAsLocal"),
                column("visits_per_week", "visits a week", decimals=1),
                column("fragmentation", "fragmentation", unit="percentunit", decimals=0),
            ],
            no_value="–",
        ),
        table(
            "Planned touches of the next 14 days to move",
            "Target HCPs who go over budget on what is planned, and the one touch to move or cancel. A forecast knows plans, not "
            "intentions. `left` is what is too many after moving it.",
            [sql(ahead)],
            size=(24, 8),
            columns=[
                column("hcp_id", "HCP", links=links.on_hcp()),
                column("touches_too_many", "too many", unit="short"),
                column("binding_budget", "by which budget"),
                column("planned_at", "planned", unit="dateTimeAsLocal"),
                column("business_function", "function", words=theme.FUNCTIONS),
                column("move_to", "move to", unit="dateTimeAsLocal"),
                column("excess_left", "left", unit="short"),
            ],
            no_value="–",
        ),
    ]


def _untouched() -> list[Panel]:
    found = f"""
SELECT hcp_id, territory, specialty, segment, account_id, access_status, account_touches, last_touch
FROM {cookbook("untouched_targets")} AS untouched
WHERE {in_territories("coalesce(territory, '?')")}
ORDER BY account_touches DESC, hcp_id
LIMIT 50
"""
    everybody = f"sum(touchload_hcps{{{JOB}}})"
    return [
        stat(
            "HCPs without a touch in 28 days",
            "Of all tracked HCPs, of all territories. Not every silence is a gap: access, consent and a stated preference come first.",
            [
                promql(f'sum(touchload_hcps{{{JOB}, activity="quiet"}}) or vector(0)', "HCPs"),
                promql(f'(sum(touchload_hcps{{{JOB}, activity="quiet"}}) or vector(0))\n/\n{everybody}', "share"),
            ],
            unit="short",
            size=(6, 8),
            overrides=[column("share", "share", unit="percentunit", decimals=1)],
        ),
        table(
            "Untouched targets at accounts that are touched",
            "Targets whom nobody has touched for 90 days while their account got ten touches or more; the most-touched account first. "
            "Look at access, consent and preference before anybody is sent.",
            [sql(found)],
            unit="short",
            size=(18, 8),
            columns=[
                column("hcp_id", "HCP", links=links.on_hcp()),
                column("account_id", "account", links=links.on_account()),
                column("access_status", "access"),
                column("account_touches", "touches at the account"),
                column("last_touch", "last touch", unit="dateTimeAsLocal"),
            ],
            no_value="–",
        ),
    ]


def _adding_up() -> list[Panel]:
    matrix = [
        {
            "id": "groupingToMatrix",
            "options": {"columnField": "fragmentation", "emptyValue": "zero", "rowField": "load_band", "valueField": "Value"},
        }
    ]
    bands = theme.words({band: (words, "text") for band, words in theme.BANDS.items()})
    band_names = {"matcher": {"id": "byName", "options": "load_band\\fragmentation"}, "properties": [{"id": "mappings", "value": bands}]}
    load = f"sum by (le) (touchload_load_distribution{{{JOB}}})"
    unknown = f'sum(touchload_hcps_without_coherence{{{JOB}, reason="thin_support"}}) or vector(0)'
    return [
        table(
            "Busy × contradicting: how many HCPs",
            "Rows: interruption as visits a week. Columns: coherent (fragmentation below 0.25), mixed (below 0.5), fragmented, unknown "
            "where the touches say too little. Busy and contradicted are different problems: the corner of both is where to begin.",
            [promql(f"sum by (load_band, fragmentation) (touchload_hcps_by_load_and_fragmentation{{{JOB}}})", table=True)],
            unit="short",
            size=(8, 8),
            columns=[band_names],
            transform=matrix,
        ),
        timeseries(
            "Visits a week, on average",
            "Interruption as the steady weekly number of face-to-face visits that would weigh the same. " + references.VISITS.says,
            [
                promql(f"sum(touchload_visits_per_week{{{PLACE}}})\n/\nsum(touchload_hcps_by_load_band{{{PLACE}}})", "this company"),
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
            size=(12, 8),
        ),
        stat(
            "Coherence not known",
            "Touched HCPs whose touches say too little. They are counted here and drawn nowhere as 0 or 1.",
            [promql(unknown, "HCPs")],
            unit="short",
            size=(4, 8),
        ),
        text("How to read this page", "The words of this page.", HOW_TO_READ.strip(), size=(8, 8)),
    ]
