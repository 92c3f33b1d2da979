"""Account orchestration: how each account is worked, whether its functions agree, and one account in full."""

from __future__ import annotations

import links
import theme
import variables
from dashboard import Dashboard, Row
from panels import Panel, bars, by_function, column, stat, table, timeseries
from queries import cookbook, sql

IN = "coalesce(territory, 'unknown') IN (${territory:sqlstring})"
ACCOUNT = "account_id = ${account:sqlstring}"
ASK = "choose an account: click an id in the list, or type one above"

MODELS = {
    "coverage": ("coverage", "text"),
    "navigation": ("navigation", theme.BLUE),
    "orchestration": ("orchestration", "purple"),
}


def dashboard(page: str) -> Dashboard:
    """The dashboard; `page` is the address of the live page."""
    return Dashboard(
        uid="touchload-accounts",
        title="Touchload: account orchestration",
        description="Which accounts need several functions to act as one, whether they do, and who is reached there. Commercial audience.",
        variables=[
            variables.territory(),
            variables.window("28d", "90d"),
            variables.text("account", "Account", "", "Id of one account; the lower half shows it"),
            variables.page(page),
        ],
        rows=[
            Row("Which accounts need to be worked as one?", _all()),
            Row("Do the functions agree, and how many voices are heard?", _agreeing()),
            Row("One account: $account (click an id above, or type one)", _one()),
        ],
        time_from="now-90d",
        refresh="",
    )


def _all() -> list[Panel]:
    chosen = f'{IN} AND "window" = ${{window:sqlstring}}'
    models = f"""
SELECT coalesce(required_model, 'not known') AS model, count(*) AS accounts,
    count(*) FILTER (WHERE declared_model IS NOT NULL AND declared_model <> required_model) AS "declared as another"
FROM account_now
WHERE {chosen}
GROUP BY 1
ORDER BY CASE coalesce(required_model, 'not known')
    WHEN 'coverage' THEN 0 WHEN 'navigation' THEN 1 WHEN 'orchestration' THEN 2 ELSE 3 END
"""
    totals = f"""
SELECT count(*) FILTER (WHERE touches > 0) AS "accounts touched",
    count(*) FILTER (WHERE functions_active >= 2) AS "by two functions or more",
    count(*) FILTER (WHERE agreement_pooled IS NULL AND touches > 0) AS "too few pairs to tell agreement"
FROM account_now
WHERE {chosen}
"""
    accounts = f"""
SELECT account_id, territory, required_model, declared_model, complexity, hcps, stakeholder_breadth, touches, functions_active,
    function_breadth, load_p50, load_p90, collision_rate, chance_collision_rate, agreement_pooled, agreement_within, dialogue_share
FROM account_now
WHERE {chosen} AND touches > 0
ORDER BY touches DESC, account_id
LIMIT 200
"""
    return [
        stat(
            "Accounts in this window",
            "Touched at all, touched by two functions or more, and those with fewer than ten pairs of touches by different functions.",
            [sql(totals)],
            unit="short",
            size=(10, 7),
        ),
        bars(
            "Accounts by the model they require",
            "Coverage below 4 points of complexity, navigation below 8, else orchestration (docs/TABLES.md); not known where reference data "
            "say too little. Beside it how many are declared to be worked otherwise.",
            [sql(models)],
            unit="short",
            size=(14, 7),
            across="model",
        ),
        table(
            "Accounts, the most touched first",
            "At most 200. `pooled` is the chance that two touches by different functions at the account share a theme, `within` the same for "
            "one HCP; empty below ten pairs. Collisions are those of its HCPs, beside chance. A parent holds what is below it.",
            [sql(accounts)],
            unit="short",
            size=(24, 12),
            columns=[
                column("account_id", "account", links=links.on_account()),
                column("required_model", "requires", words=MODELS),
                column("declared_model", "declared", words=MODELS),
                column("complexity", "complexity", decimals=1),
                column("stakeholder_breadth", "HCPs reached", unit="percentunit", decimals=0),
                column("functions_active", "functions"),
                column("function_breadth", "effective functions", decimals=1),
                column("load_p50", "load, middle", decimals=1),
                column("load_p90", "load, 90th", decimals=1),
                column("collision_rate", "collide", unit="percentunit", decimals=0),
                column("chance_collision_rate", "chance", unit="percentunit", decimals=0),
                column("agreement_pooled", "agree, pooled", unit="percentunit", decimals=0),
                column("agreement_within", "agree, within", unit="percentunit", decimals=0),
                column("dialogue_share", "dialogue", unit="percentunit", decimals=0),
            ],
            no_value="–",
        ),
    ]


def _agreeing() -> list[Panel]:
    agreement = f"""
SELECT account_id, territory, hcps, functions, touches, theme_coverage, pooled, pooled_pairs, within_hcps
FROM {cookbook("account_agreement")} AS agreement
WHERE {IN}
ORDER BY pooled, account_id
"""
    voices = f"""
SELECT account_id, max(territory) AS territory, count(*) AS hcps, avg(voices) AS voices, avg(function_voices) AS functions,
    avg(visits_per_week) AS visits_per_week
FROM hcp_now
WHERE {IN} AND voices IS NOT NULL
GROUP BY account_id
HAVING count(*) >= 3
ORDER BY 4 DESC, account_id
LIMIT 20
"""
    shares = [
        column(name, title, unit="percentunit", decimals=0)
        for name, title in (
            ("theme_coverage", "theme known"),
            ("pooled", "agree, pooled"),
            ("within_hcps", "agree, within"),
        )
    ]
    return [
        table(
            "Accounts where functions speak of different things",
            "The 20 lowest of 90 days, whatever window is chosen. Themes that nobody recorded are left out: see `theme known`. The lowest "
            "of many is low partly by chance: look at another span before acting.",
            [sql(agreement)],
            unit="short",
            size=(12, 9),
            columns=[
                column("account_id", "account", links=links.on_account()),
                *shares,
                column("pooled_pairs", "pairs"),
            ],
            no_value="–",
        ),
        table(
            "Accounts whose HCPs hear most voices",
            "The 20 highest of 28 days, whatever window is chosen, of accounts with three touched HCPs or more: the effective number of "
            "people, and of functions, who speak to one HCP there, on average; k equal voices count k. No person is named.",
            [sql(voices)],
            unit="short",
            size=(12, 9),
            columns=[
                column("account_id", "account", links=links.on_account()),
                column("hcps", "HCPs touched"),
                column("voices", "voices", decimals=1),
                column("functions", "functions", decimals=1),
                column("visits_per_week", "visits a week", decimals=1),
            ],
            no_value="–",
        ),
    ]


def _one() -> list[Panel]:
    windows = f"""
SELECT "window", hcps, hcps_touched, touches, unsolicited, promo, functions_active, function_breadth, load_p90, collision_rate,
    chance_collision_rate, agreement_pooled, agreement_within, dialogue_share, required_model
FROM account_now
WHERE {ACCOUNT}
ORDER BY CASE "window" WHEN '24h' THEN 0 WHEN '7d' THEN 1 WHEN '28d' THEN 2 ELSE 3 END
"""
    people = f"""
SELECT hcp_id, specialty, segment, zone, binding_budget, next_free_at, unsolicited, visits_per_week, voices, fragmentation
FROM hcp_now
WHERE {ACCOUNT}
ORDER BY budget_use DESC NULLS LAST, visits_per_week DESC, hcp_id
LIMIT 200
"""
    weeks = f"""
SELECT date_trunc('week', t.occurred_at) AS time, t.business_function AS metric, count(*) AS touches
FROM touchpoints t
JOIN hcp_now h ON h.hcp_id = t.hcp_id
WHERE h.{ACCOUNT} AND $__timeFilter(t.occurred_at) AND t.status IN ({theme.TOUCHES})
GROUP BY 1, 2
ORDER BY 1, 2
"""
    themes = f"""
SELECT date_trunc('week', t.occurred_at) AS time, coalesce(t.theme, 'not recorded') AS metric, count(*) AS touches
FROM touchpoints t
JOIN hcp_now h ON h.hcp_id = t.hcp_id
WHERE h.{ACCOUNT} AND $__timeFilter(t.occurred_at) AND t.status IN ({theme.TOUCHES})
GROUP BY 1, 2
ORDER BY 1, 2
"""
    return [
        table(
            "This account in every window",
            "As in the list above. 24h and 7d carry counts alone: rates of so few touches say nothing.",
            [sql(windows)],
            unit="short",
            size=(24, 6),
            columns=[
                column("hcps_touched", "HCPs touched"),
                column("functions_active", "functions"),
                column("function_breadth", "effective functions", decimals=1),
                column("load_p90", "load, 90th", decimals=1),
                column("collision_rate", "collide", unit="percentunit", decimals=0),
                column("chance_collision_rate", "chance", unit="percentunit", decimals=0),
                column("agreement_pooled", "agree, pooled", unit="percentunit", decimals=0),
                column("agreement_within", "agree, within", unit="percentunit", decimals=0),
                column("dialogue_share", "dialogue", unit="percentunit", decimals=0),
                column("required_model", "requires", words=MODELS),
            ],
            no_value="–",
        ),
        timeseries(
            "Touches a week, by function",
            "Of the HCPs who count for this account now. The first and the last week are parts of a week.",
            [sql(weeks, series=True)],
            unit="short",
            style="bars",
            stack=True,
            decimals=0,
            overrides=by_function(),
            no_value=ASK,
        ),
        timeseries(
            "Touches a week, by theme",
            "Of the same HCPs. One theme after the other is a plan; several at once by different functions is what `agree` counts.",
            [sql(themes, series=True)],
            unit="short",
            style="bars",
            stack=True,
            decimals=0,
            no_value=ASK,
        ),
        table(
            "HCPs of this account",
            "How each of them stands, at most 200, the furthest over budget first.",
            [sql(people)],
            unit="short",
            size=(24, 9),
            columns=[
                column("hcp_id", "HCP", links=links.on_hcp()),
                column("zone", "budget", words=theme.ZONES),
                column("binding_budget", "by which budget"),
                column("next_free_at", "free again", unit="dateTimeAsLocal"),
                column("visits_per_week", "visits a week", decimals=1),
                column("voices", "voices", decimals=1),
                column("fragmentation", "fragmentation", unit="percentunit", decimals=0),
            ],
            no_value="–",
        ),
    ]
