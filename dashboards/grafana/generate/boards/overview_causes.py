"""Overview: who causes over-touching, what to hold, and who is left out."""

from __future__ import annotations

import links
import theme
from panels import Panel, bars, column, gauge_bars, stat, table, timeseries
from queries import JOB, TARGETS, cookbook, in_territories, promql, sql


def causes() -> list[Panel]:
    """Function pairs, territories, channels; collisions beside chance."""
    # Readers of a dashboard see no owners, so two owners of one function cannot be told apart there.
    pairs = f"""
SELECT one || ' × ' || other AS pair, sum(collisions) AS collisions, sum(chance_collisions) AS "by chance"
FROM {cookbook("colliding_functions")} AS pairs
WHERE {in_territories()} AND one <> other
GROUP BY 1
ORDER BY 2 DESC, 1
"""
    places = f"""
SELECT territory, sum(pairs) AS pairs, sum(collisions) AS collisions, sum(chance_collisions) AS by_chance,
    CASE WHEN sum(chance_collisions) >= 10 THEN sum(collisions) / sum(chance_collisions) END AS against_chance
FROM {cookbook("colliding_functions")} AS pairs
WHERE {in_territories()} AND one <> other
GROUP BY territory
ORDER BY territory
"""
    touches = f'touchload_touches_by_channel{{{JOB}, window="$window", solicitation="unsolicited", business_function=~"$function"}}'
    pairs_of_28 = f"(sum(touchload_unsolicited_pairs{{{JOB}}}) >= 10)"
    worse = theme.spans((None, 1, "no more than chance", theme.GREEN), (1, 1.2, "about chance", theme.GREY))
    return [
        bars(
            "Functions that run into each other, beside chance",
            "Unsolicited touches of one HCP closer than 48 hours from different functions, by pair of functions, in 28 days; "
            "beside them what the same voices would give at random times. Chance knows no working week: 15 % more is nothing.",
            [sql(pairs)],
            unit="short",
            size=(12, 9),
            across="pair",
            overrides=[
                column("collisions", "collisions", color=theme.ORANGE),
                column("by chance", "by chance", color=theme.GREY),
            ],
            no_value="no pair of functions met an HCP within 48 hours",
        ),
        table(
            "Territories where functions collide",
            "Collisions of 28 days between different functions by territory, beside chance; those within one function, between two of "
            "its owners, are not among them. `against chance` is empty below 10 expected collisions; "
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
            [
                promql(
                    f"sort_desc(sum by (business_function, channel) ({touches}))",
                    "{{business_function}}, {{channel}}",
                    instant=True,
                )
            ],
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


def hold() -> list[Panel]:
    """Whom to leave alone, and which planned touch to move."""
    held = f"""
SELECT hcp_id, territory, specialty, segment, zone, CASE WHEN headroom < 0 THEN -headroom END AS too_many, binding_budget,
    next_free_at, visits_per_week, fragmentation
FROM hcp_now
WHERE zone IN ('over', 'full') AND {in_territories()}
ORDER BY budget_use DESC, visits_per_week DESC, hcp_id
LIMIT 50
"""
    ahead = f"""
SELECT f.hcp_id, t.territory, f.hcp_excess AS touches_too_many, f.binding_budget, f.occurred_at AS planned_at, f.channel,
    f.business_function, f.product, f.act, f.move_to, f.excess_left
FROM forecast(now(), 14, 'commercial') f
JOIN {TARGETS} AS t ON t.hcp_id = f.hcp_id
WHERE f.act IS NOT NULL AND {in_territories("t.territory")}
ORDER BY f.hcp_excess DESC, f.occurred_at, f.hcp_id
LIMIT 50
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


def untouched() -> list[Panel]:
    """Who has not been touched."""
    found = f"""
SELECT h.hcp_id, t.territory, t.specialty, t.segment, h.account_id, r.access_status, a.touches AS account_touches
FROM hcp_now_windows h
JOIN {TARGETS} AS t ON t.hcp_id = h.hcp_id
JOIN account_now a ON a.account_id = h.account_id AND a."window" = '90d' AND a.touches >= 10
LEFT JOIN accounts r ON r.account_id = h.account_id
WHERE h."window" = '90d' AND h.touches = 0 AND {in_territories("t.territory")}
ORDER BY a.touches DESC, h.hcp_id
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
            ],
            no_value="–",
        ),
    ]
