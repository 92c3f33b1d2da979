"""HCP explorer: who is how busy, and one HCP in full. All of it SQL, as the user of the data source may see it."""

from __future__ import annotations

import links
import references
import theme
import variables
from dashboard import Dashboard, Row
from panels import Panel, column, lanes, reference, stat, table, timeseries
from queries import sql

CHOSEN = (
    "territory IN (${territory:sqlstring}) AND segment IN (${segment:sqlstring}) "
    'AND specialty IN (${specialty:sqlstring}) AND "window" = ${window:sqlstring}'
)
HCP = "hcp_id = ${hcp:sqlstring}"
ASK = "choose an HCP: click an id in the list, or type one above"


def dashboard(page: str) -> Dashboard:
    """The dashboard; `page` is the address of the live page."""
    return Dashboard(
        uid="touchload-hcp",
        title="Touchload: HCP explorer",
        description="Who is over-touched, and one HCP in full: what happened, what holds, what is planned. Commercial audience.",
        variables=[
            variables.territory(),
            variables.segment(),
            variables.specialty(),
            variables.window("24h", "7d", "28d", "90d"),
            variables.text("hcp", "HCP", "", "Id of one HCP; the lower half shows it"),
            variables.page(page),
        ],
        rows=[
            Row("Everybody chosen above", _everybody()),
            Row("One HCP: $hcp (click an id above, or type one)", _one()),
            Row("Everything recorded about this HCP", _records()),
        ],
        time_from="now-90d",
        refresh="",
    )


def _everybody() -> list[Panel]:
    counts = [
        f"count(*) FILTER (WHERE coalesce(zone, 'none') = '{zone}') AS \"{word}\""
        for zone, (word, _) in theme.ZONES.items()
    ]
    zones = ",\n    ".join(counts)
    matrix = f"""
SELECT coalesce(zone, 'none') AS zone,
    count(*) FILTER (WHERE fragmentation < 0.25) AS coherent,
    count(*) FILTER (WHERE fragmentation >= 0.25 AND fragmentation < 0.5) AS mixed,
    count(*) FILTER (WHERE fragmentation >= 0.5) AS fragmented,
    count(*) FILTER (WHERE fragmentation IS NULL) AS unknown
FROM hcp_now_windows
WHERE {CHOSEN}
GROUP BY 1
ORDER BY CASE coalesce(zone, 'none') WHEN 'over' THEN 0 WHEN 'full' THEN 1 WHEN 'near' THEN 2 WHEN 'clear' THEN 3 ELSE 4 END
"""
    people = f"""
SELECT hcp_id, territory, specialty, segment, zone, budget_use, binding_budget, next_free_at, unsolicited, visits_per_week, voices,
    collisions, collision_rate, chance_collision_rate, fragmentation, coherence_basis, consent_conflicts
FROM hcp_now_windows
WHERE {CHOSEN}
ORDER BY budget_use DESC NULLS LAST, visits_per_week DESC, hcp_id
LIMIT 200
"""
    return [
        stat(
            "HCPs by budget, in words",
            "▲ over: more touches than the budget allows. ◆ full: the next touch breaches. ● near: three quarters or more used.",
            [sql(f"SELECT {zones}\nFROM hcp_now_windows\nWHERE {CHOSEN}")],
            unit="short",
            size=(12, 7),
            color={"mode": "fixed", "fixedColor": "text"},
            overrides=[column(word, word, color=color) for word, color in theme.ZONES.values()],
        ),
        table(
            "Budget × whether the touches add up",
            "Counts of HCPs. Fragmentation below 0.25 is coherent, below 0.5 mixed; unknown where the touches say too little. "
            "Over and fragmented is the corner to begin with.",
            [sql(matrix)],
            unit="short",
            size=(12, 7),
            columns=[column("zone", "budget", words=theme.ZONES)],
        ),
        table(
            "HCPs, the furthest over budget first",
            "At most 200. A click on an id opens it below. Where `chance` is as high as `collide`, the HCP is busy and not badly "
            "co-ordinated. Empty cells: too few touches to tell.",
            [sql(people)],
            unit="short",
            size=(24, 12),
            columns=[
                column("hcp_id", "HCP", links=links.on_hcp()),
                column("zone", "budget", words=theme.ZONES),
                column("budget_use", "used", unit="percentunit", decimals=0),
                column("binding_budget", "by which budget"),
                column("next_free_at", "free again", unit="dateTimeAsLocal"),
                column("visits_per_week", "visits a week", decimals=1),
                column("voices", "voices", decimals=1),
                column("collision_rate", "collide", unit="percentunit", decimals=0),
                column("chance_collision_rate", "chance", unit="percentunit", decimals=0),
                column("fragmentation", "fragmentation", unit="percentunit", decimals=0),
                column("coherence_basis", "rests on"),
                column("consent_conflicts", "without consent"),
            ],
            no_value="–",
        ),
    ]


def _one() -> list[Panel]:
    return [
        stat(
            "In one sentence",
            "How far the binding budget is used up, whether the touches of 28 days add up, and when the next one fits.",
            [sql(SENTENCE)],
            unit="string",
            size=(24, 4),
            show="words",
            no_value=ASK,
        ),
        lanes(
            "Day by day, a lane per channel",
            "Touches of the time chosen above; a mark is a day (UTC), its colour and word the function. Several functions on one channel "
            "and day are red.",
            [sql(LANES)],
            states=theme.FUNCTIONS,
            size=(24, 9),
            no_value=ASK,
        ),
        timeseries(
            "Visits a week after each touch",
            "Interruption right after every unsolicited touch, as the steady weekly number of visits that would weigh the same; between "
            "touches it decays. " + references.VISITS.says,
            [sql(LOAD, series=True)],
            unit="short",
            decimals=2,
            style="points",
            min=0,
            no_value=ASK,
            overrides=[reference(references.VISITS)],
        ),
        table(
            "Do the touches add up?",
            "The parts of coherence in the chosen window. A part without enough support is empty, never 0 or 1; only those used make up "
            "the coherence.",
            [sql(PARTS)],
            unit="percentunit",
            size=(12, 8),
            columns=[column("support", "support", unit="string"), column("used", "used", unit="bool_yes_no")],
            no_value="–",
        ),
        table(
            "The same HCP in every window",
            "Trailing windows up to now. `chance` is what the same voices would collide at random times.",
            [sql(WINDOWS)],
            unit="short",
            size=(24, 6),
            columns=[
                column("collision_rate", "collide", unit="percentunit", decimals=0),
                column("chance_collision_rate", "chance", unit="percentunit", decimals=0),
                column("peak_24h", "most within a day"),
                column("untimely", "outside hours"),
                column("voices", "voices", decimals=1),
                column("function_voices", "functions", decimals=1),
                column("fragmentation", "fragmentation", unit="percentunit", decimals=0),
                column("consent_conflicts", "without consent"),
            ],
            no_value="–",
        ),
        table(
            "Planned for the next 14 days",
            "What is planned, what each touch would break, and the one to move or cancel. Empty: nothing is planned.",
            [sql(PLANNED)],
            size=(24, 6),
            columns=[
                column("occurred_at", "planned", unit="dateTimeAsLocal"),
                column("business_function", "function", words=theme.FUNCTIONS),
                column("budget_use", "used with it", unit="percentunit", decimals=0),
                column("move_to", "move to", unit="dateTimeAsLocal"),
            ],
            no_value="–",
        ),
    ]


def _records() -> list[Panel]:
    return [
        table(
            "Records, the newest first",
            "The live version of each interaction in the time chosen above, at most 500. `came in after` is how late it reached us; "
            "`asked for` is what the record declares.",
            [sql(RECORDS)],
            size=(24, 10),
            columns=[
                column("occurred_at", "when", unit="dateTimeAsLocal"),
                column("business_function", "function", words=theme.FUNCTIONS),
                column("solicited", "asked for", unit="bool_yes_no"),
                column("came_in_after", "came in after", unit="s"),
                column("plan_id", "plan"),
                column("plan_step", "step"),
            ],
            no_value="–",
        ),
    ]


SENTENCE = f"""
SELECT
    CASE
        WHEN zone IS NULL THEN 'No budget bears on this HCP'
        WHEN zone = 'over' THEN 'Over by ' || CAST(-headroom AS VARCHAR) || ' (budget ' || binding_budget || ')'
        WHEN zone = 'full' THEN 'Full: the next touch breaches ' || binding_budget
        WHEN zone = 'near' THEN 'Near: ' || CAST(headroom AS VARCHAR) || ' left of ' || binding_budget
        ELSE 'Clear: ' || CAST(headroom AS VARCHAR) || ' left of ' || binding_budget
    END
    || CASE
        WHEN fragmentation IS NULL THEN '; too few touches to tell whether they add up'
        WHEN fragmentation < 0.25 THEN '; the touches add up'
        WHEN fragmentation < 0.5 THEN '; the touches add up in part'
        ELSE '; the touches contradict or collide with each other'
    END
    || CASE
        WHEN zone IS NULL THEN '.'
        WHEN next_free_at IS NULL THEN '; the policy forbids another touch.'
        WHEN next_free_at > as_of THEN '; free again ' || to_char(next_free_at, '%a %-d %b %H:%M') || ' UTC.'
        ELSE '; free now.'
    END AS sentence
FROM hcp_now
WHERE {HCP}
"""

LANES = (
    "SELECT date_trunc('day', occurred_at) AS time,\n"
    + ",\n".join(
        f"    CASE WHEN count(DISTINCT CASE WHEN channel = '{channel}' THEN business_function END) > 1 THEN 'several' "
        f"ELSE max(CASE WHEN channel = '{channel}' THEN business_function END) END AS \"{word}\""
        for channel, word in theme.CHANNELS.items()
    )
    + f"""
FROM touchpoints
WHERE {HCP} AND $__timeFilter(occurred_at) AND status IN ({theme.TOUCHES})
GROUP BY 1
ORDER BY 1
"""
)

LOAD = f"""
SELECT occurred_at AS time, visits_per_week AS "this HCP", {references.VISITS.expression} AS "{references.VISITS.legend}"
FROM (
    SELECT occurred_at, status, solicited,
        visits_per_week(occurred_at, INTERVAL '28 days') OVER (
            PARTITION BY hcp_id ORDER BY occurred_at RANGE BETWEEN INTERVAL '400 days' PRECEDING AND CURRENT ROW) AS visits_per_week
    FROM touchpoints
    WHERE {HCP}
) AS loads
WHERE $__timeFilter(occurred_at) AND NOT solicited AND status IN ({theme.TOUCHES})
ORDER BY 1
"""

_OF_PART = f'FROM hcp_now_windows WHERE {HCP} AND "window" = ${{window:sqlstring}}'

PARTS = f"""
SELECT 'agreement: functions or channels share a theme' AS part, coalesce(cross_function_agreement, cross_channel_agreement) AS value,
    CAST(support AS VARCHAR) || ' touches with a theme' AS support, strpos(coalesce(coherence_basis, ''), 'agreement') > 0 AS used
{_OF_PART}
UNION ALL
SELECT 'coordination: voices do not collide', 1 - collision_rate, CAST(unsolicited AS VARCHAR) || ' unsolicited touches',
    strpos(coalesce(coherence_basis, ''), 'coordination') > 0
{_OF_PART}
UNION ALL
SELECT 'sequence: steps come in the order of their plan', sequence_coherence, CASE WHEN sequence_coherence IS NULL THEN 'no two steps' ELSE 'steps of plans' END,
    strpos(coalesce(coherence_basis, ''), 'sequence') > 0
{_OF_PART}
UNION ALL
SELECT 'plan: what is due is done, and little else', plan_fit, CASE WHEN plan_fit IS NULL THEN 'no step due' ELSE 'steps due' END,
    strpos(coalesce(coherence_basis, ''), 'plan') > 0
{_OF_PART}
UNION ALL
SELECT 'coherence: the mean of those used', coherence, coalesce(coherence_basis, 'fewer than two parts'), coherence IS NOT NULL
{_OF_PART}
"""

WINDOWS = f"""
SELECT "window", touches, unsolicited, calls, emails, invitations, collisions, collision_rate, chance_collision_rate, peak_24h, untimely,
    voices, function_voices, fragmentation, consent_conflicts
FROM hcp_now_windows
WHERE {HCP}
ORDER BY CASE "window" WHEN '24h' THEN 0 WHEN '7d' THEN 1 WHEN '28d' THEN 2 ELSE 3 END
"""

PLANNED = f"""
SELECT occurred_at, channel, business_function, product, theme, breaks, binding_budget, budget_use, act, move_to
FROM forecast(now(), 14, 'commercial')
WHERE {HCP}
ORDER BY occurred_at, event_id
"""

RECORDS = f"""
SELECT occurred_at, kind, channel, origin, business_function, status, solicited, product, theme, topic, plan_id, plan_step, source,
    date_part('epoch', ingested_at) - date_part('epoch', occurred_at) AS came_in_after
FROM touchpoints
WHERE {HCP} AND $__timeFilter(occurred_at)
ORDER BY occurred_at DESC, kind, event_id
LIMIT 500
"""
