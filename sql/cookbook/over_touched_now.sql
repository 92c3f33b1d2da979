-- Question: who is being over-touched now, and by whom?
-- Answer: the twenty HCPs furthest over a budget, or, where no budget speaks of them, with the highest interruption
--   load. `by_function` says who made the unsolicited touches of 28 days, `voices` how many people that amounts to;
--   nobody is to be touched again before `free_at`.
-- Misleads: a budget is policy, not science (`policy_version`); reps sync late, so the last days can still grow; a
--   high load says that somebody is interrupted often, not that they mind. `visits_per_week` is a steady equivalent.
-- Ask: every role. It sees what the commercial audience sees: no medical touch counts.
-- Parameters: the instant, in `params` and in the function (`now()`, or TIMESTAMPTZ '2026-06-01T00:00:00Z' for
--   history).
-- Thin support: fragmentation and budget columns are NULL where there is nothing to say; nobody is left out for it.
-- Cost: one pass over 400 days of the log. For now alone, `hcp_now` has the same columns at once.
WITH params AS (
    SELECT now() AS at, INTERVAL '28 days' AS width, 20 AS shown
),
busiest AS (
    SELECT m.*,
        row_number() OVER (
            ORDER BY CASE WHEN m.budget_use > 1 THEN m.budget_use END DESC NULLS LAST, m.visits_per_week DESC, m.hcp_id
        ) AS place
    FROM hcp_metrics_at(now(), 'commercial') m
    WHERE m."window" = '28d' AND m.unsolicited > 0
),
touches AS (
    SELECT t.hcp_id, t.business_function, count(*) AS touches
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - p.width AND t.occurred_at <= p.at
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
        AND t.business_function <> 'medical' AND NOT t.solicited AND t.purpose NOT IN ('service', 'safety')
    GROUP BY t.hcp_id, t.business_function
),
voices AS (
    SELECT hcp_id,
        string_agg(business_function || ' ' || CAST(touches AS VARCHAR), ', ' ORDER BY touches DESC, business_function)
            AS by_function
    FROM touches
    GROUP BY hcp_id
)
SELECT b.hcp_id, h.territory, h.specialty, h.segment, b.zone, round(b.budget_use, 2) AS budget_use, b.binding_budget,
    b.unsolicited, v.by_function, round(b.voices, 1) AS voices, round(b.visits_per_week, 2) AS visits_per_week,
    round(b.fragmentation, 2) AS fragmentation, b.coherence_basis, b.next_free_at AS free_at, b.policy_version
FROM params p
CROSS JOIN busiest b
LEFT JOIN voices v ON v.hcp_id = b.hcp_id
LEFT JOIN hcps_history h ON h.hcp_id = b.hcp_id
    AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
WHERE b.place <= p.shown
ORDER BY b.place
