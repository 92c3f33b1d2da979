-- Question: what share of target HCPs is over budget, against last week, four weeks ago and comparable territories?
-- Answer: by territory, targets over a budget now, a week and four weeks before, and what the same specialties and
--   segments show now in the other territories (`peers_share`).
-- Misleads: a trailing window of 28 days makes neighbouring weeks alike: 21 of its 28 days are the same. The last
--   days are incomplete where reps sync late, so `now` reads too low. Targets and segments are those of the instant of
--   `params`.
-- Ask: every role; the commercial audience's numbers.
-- Parameters: the instant, in `params` and three times in the functions.
-- Thin support: shares are NULL under 20 targets with a budget; peers under 20.
-- Cost: three passes over 400 days of the log. Stored day rows (`hcp_metrics_latest`) are cheaper where they are
--   enough.
WITH params AS (
    SELECT now() AS at
),
targets AS (
    SELECT x.hcp_id, coalesce(h.territory, '?') AS territory, h.specialty, h.segment
    FROM params p
    CROSS JOIN targets_history x
    JOIN hcps_history h ON h.hcp_id = x.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
    WHERE (x.valid_from IS NULL OR x.valid_from <= p.at) AND (x.valid_to IS NULL OR x.valid_to > p.at)
),
uses AS (
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
        sum(CASE WHEN u.moment = 'now' THEN 1 ELSE 0 END) AS n_now,
        sum(CASE WHEN u.moment = 'now' AND u.budget_use > 1 THEN 1 ELSE 0 END) AS x_now,
        sum(CASE WHEN u.moment = 'week' THEN 1 ELSE 0 END) AS n_week,
        sum(CASE WHEN u.moment = 'week' AND u.budget_use > 1 THEN 1 ELSE 0 END) AS x_week,
        sum(CASE WHEN u.moment = 'month' THEN 1 ELSE 0 END) AS n_month,
        sum(CASE WHEN u.moment = 'month' AND u.budget_use > 1 THEN 1 ELSE 0 END) AS x_month
    FROM targets t
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
    CASE WHEN sum(n_now) >= 20 THEN round(sum(x_now) * 1.0 / sum(n_now), 4) END AS share_now,
    CASE WHEN sum(n_week) >= 20 THEN round(sum(x_week) * 1.0 / sum(n_week), 4) END AS share_week_ago,
    CASE WHEN sum(n_month) >= 20 THEN round(sum(x_month) * 1.0 / sum(n_month), 4) END AS share_4_weeks_ago,
    CASE WHEN sum(CASE WHEN peer_n >= 20 THEN n_now ELSE 0 END) >= 20 THEN round(
        sum(CASE WHEN peer_n >= 20 THEN n_now * peer_x * 1.0 / peer_n ELSE 0 END)
        / sum(CASE WHEN peer_n >= 20 THEN n_now ELSE 0 END), 4) END AS peers_share
FROM beside_peers
GROUP BY territory
ORDER BY territory
