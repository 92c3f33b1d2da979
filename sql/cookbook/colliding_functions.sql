-- Question: which functions run into each other, more than chance?
-- Answer: by territory and pair of functions, consecutive unsolicited touches of one HCP in 28 days that were closer
--   than 48 h and came from different owners or functions (collisions), beside the number that the same voices would
--   give at random times. `ratio` above 1 is worse than chance.
-- Misleads: chance knows no working week: random touches on working days alone collide some 15 % more. A planned
--   hand-over within 48 h is no collision where both touches carry the same plan. A busy HCP collides by being busy:
--   that is what the chance line is for.
-- Ask: compliance, admin; to others, who see no owners, voices of one function are one. Medical touches are left out.
-- Parameters: `params`: window and gap as in the policy.
-- Thin support: `ratio` is NULL under 10 expected collisions.
-- Cost: one sort of the touches of 28 days.
WITH params AS (
    SELECT now() AS at, INTERVAL '28 days' AS width, 28.0 AS width_d, 2.0 AS gap_d
),
touches AS (
    SELECT t.hcp_id, t.business_function, coalesce(t.owner_id, '?') AS owner_id, t.occurred_at, t.plan_id,
        lag(t.business_function) OVER w AS function_before, lag(coalesce(t.owner_id, '?')) OVER w AS owner_before,
        lag(t.occurred_at) OVER w AS time_before, lag(t.plan_id) OVER w AS plan_before, p.width_d, p.gap_d,
        coalesce(h.territory, '?') AS territory
    FROM params p
    CROSS JOIN touchpoints t
    LEFT JOIN hcps_history h ON h.hcp_id = t.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
    WHERE t.occurred_at > p.at - p.width AND t.occurred_at <= p.at
        AND t.business_function <> 'medical' AND NOT t.solicited AND t.purpose NOT IN ('service', 'safety')
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    WINDOW w AS (PARTITION BY t.hcp_id ORDER BY t.occurred_at, t.source, t.event_id, t.kind)
),
voices AS (
    SELECT territory, hcp_id, business_function, owner_id, count(*) AS n, width_d, gap_d,
        sum(count(*)) OVER (PARTITION BY hcp_id) AS u
    FROM touches
    GROUP BY territory, hcp_id, business_function, owner_id, width_d, gap_d
),
functions AS (
    SELECT territory, hcp_id, business_function, sum(n) AS n, sum(n * n) AS same_voice, u, width_d, gap_d
    FROM voices
    GROUP BY territory, hcp_id, business_function, u, width_d, gap_d
),
expected AS (
    SELECT a.territory, a.business_function AS one, b.business_function AS other,
        sum((1 - exp(-a.u * a.gap_d / a.width_d)) / a.u
            * CASE WHEN a.business_function = b.business_function THEN a.n * a.n - a.same_voice ELSE 2.0 * a.n * b.n END)
            AS expected
    FROM functions a
    JOIN functions b ON b.hcp_id = a.hcp_id AND b.business_function >= a.business_function
    WHERE a.u > 1
    GROUP BY a.territory, a.business_function, b.business_function
),
observed AS (
    SELECT territory, CASE WHEN business_function < function_before THEN business_function ELSE function_before END AS one,
        CASE WHEN business_function < function_before THEN function_before ELSE business_function END AS other,
        count(*) AS pairs,
        sum(CASE WHEN date_part('epoch', occurred_at) - date_part('epoch', time_before) < gap_d * 86400
            AND (owner_id <> owner_before OR business_function <> function_before)
            AND NOT coalesce(plan_id = plan_before, false) THEN 1 ELSE 0 END) AS collisions
    FROM touches
    WHERE time_before IS NOT NULL
    GROUP BY 1, 2, 3
)
SELECT e.territory, e.one, e.other, coalesce(o.pairs, 0) AS pairs, coalesce(o.collisions, 0) AS collisions,
    round(e.expected, 2) AS chance_collisions,
    CASE WHEN e.expected >= 10 THEN round(coalesce(o.collisions, 0) / e.expected, 3) END AS ratio
FROM expected e
LEFT JOIN observed o ON o.territory = e.territory AND o.one = e.one AND o.other = e.other
WHERE e.expected > 0 OR o.collisions > 0
ORDER BY e.territory, e.one, e.other
