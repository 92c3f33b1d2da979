-- Question: which target HCPs go over budget in the next 14 days, and which touch is to be moved?
-- Answer: one row per HCP with its one touch to move or cancel: to when, and how many touches too many are left then
--   (`excess_left`; ask again after moving when it is not 0). Most over first.
-- Misleads: a forecast knows plans, not intentions: every planned touch counts as made and nothing is added to it.
--   What is overdue is not forecast. On an instant of the past it knows what came later.
-- Ask: every role; planned medical touches are in nobody's forecast here.
-- Parameters: the instant in `params` and in the function, the days ahead in the function (1 to 90).
-- Thin support: an HCP without a budget, or without a planned touch, has no row.
-- Cost: one pass over 400 days of the log, then tens of checks per planned touch.
WITH params AS (
    SELECT now() AS at
),
targets AS (
    SELECT x.hcp_id
    FROM params p
    CROSS JOIN targets_history x
    WHERE (x.valid_from IS NULL OR x.valid_from <= p.at) AND (x.valid_to IS NULL OR x.valid_to > p.at)
)
SELECT f.hcp_id, h.territory, h.segment, f.hcp_excess AS touches_too_many, f.binding_budget,
    round(f.budget_use, 2) AS budget_use, f.occurred_at AS planned_at, f.channel, f.business_function, f.product, f.act,
    f.move_to, f.excess_left, f.breaks, f.policy_version
FROM forecast(now(), 14, 'commercial') f
CROSS JOIN params p
JOIN targets t ON t.hcp_id = f.hcp_id
LEFT JOIN hcps_history h ON h.hcp_id = f.hcp_id
    AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
WHERE f.act IS NOT NULL
ORDER BY f.hcp_excess DESC, f.occurred_at, f.hcp_id, f.event_id
LIMIT 50
