-- Question: which plans are executed in order?
-- Answer: per plan, of the consecutive touches of one HCP that belong to it, the share whose step may follow the one
--   before and whose gap lies within what the plan allows; the rest by what went wrong: another order, too soon, too
--   late.
-- Misleads: a plan that is hardly touched can be in perfect order: look at `touches`, `hcps` and at plan_recall in
--   `hcp_metrics_at`. What is not mapped to a step (no plan_id, or a step that the plan lacks) is not seen here.
--   Without its medical steps a plan has gaps that are nobody's fault: pairs around one show as too late.
-- Ask: compliance, admin; others do not see plans. Medical steps and touches are left out, and the step before a step is the next lower other one,
--   unless `with_medical` says otherwise: for roles that see medical rows.
-- Parameters: `params`.
-- Thin support: `in_order_share` is NULL under 5 pairs.
-- Cost: touches of `span` with a plan, sorted by HCP and plan.
WITH params AS (
    SELECT now() AS at, INTERVAL '180 days' AS span, false AS with_medical
),
steps AS (
    SELECT s.plan_id, s.step, s."position", s.after, s.min_gap_h, s.max_gap_h, s.valid_from, s.valid_to,
        lag(s.step) OVER (PARTITION BY s.plan_id ORDER BY s."position") AS step_below
    FROM params p
    CROSS JOIN plan_steps_history s
    WHERE (p.with_medical OR coalesce(s.function, '') <> 'medical')
        AND (s.valid_from IS NULL OR s.valid_from <= p.at) AND (s.valid_to IS NULL OR s.valid_to > p.at)
),
mapped AS (
    SELECT t.hcp_id, t.plan_id, t.plan_step, t.occurred_at, t."precision", s.step_below, s.after, s.min_gap_h, s.max_gap_h,
        lag(t.plan_step) OVER w AS step_before, lag(t.occurred_at) OVER w AS time_before,
        lag(t."precision") OVER w AS precision_before
    FROM params p
    CROSS JOIN touchpoints t
    JOIN steps s ON s.plan_id = t.plan_id AND s.step = t.plan_step
    WHERE t.occurred_at > p.at - p.span AND t.occurred_at <= p.at AND (p.with_medical OR t.business_function <> 'medical')
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    WINDOW w AS (PARTITION BY t.hcp_id, t.plan_id ORDER BY t.occurred_at, t.source, t.event_id, t.kind)
),
pairs AS (
    SELECT *, (date_part('epoch', occurred_at) - date_part('epoch', time_before)) / 3600.0 AS gap_h,
        CASE WHEN after IS NULL OR after = '' THEN coalesce(step_before = step_below, false)
            ELSE ';' || after || ';' LIKE '%;' || step_before || ';%' END AS may_follow,
        "precision" = 'date' OR precision_before = 'date' AS by_day
    FROM mapped
),
judged AS (
    SELECT *,
        CASE WHEN step_before IS NULL THEN 'first' WHEN NOT may_follow THEN 'order'
            WHEN gap_h < min_gap_h AND NOT (by_day AND min_gap_h < 24) THEN 'soon'
            WHEN gap_h > max_gap_h AND NOT (by_day AND max_gap_h < 24) THEN 'late' ELSE 'right' END AS verdict
    FROM pairs
)
SELECT plan_id, count(DISTINCT hcp_id) AS hcps, count(*) AS touches,
    sum(CASE WHEN verdict = 'first' THEN 0 ELSE 1 END) AS pairs,
    sum(CASE WHEN verdict = 'right' THEN 1 ELSE 0 END) AS in_order,
    CASE WHEN sum(CASE WHEN verdict = 'first' THEN 0 ELSE 1 END) >= 5 THEN round(
        sum(CASE WHEN verdict = 'right' THEN 1.0 ELSE 0.0 END) / sum(CASE WHEN verdict = 'first' THEN 0 ELSE 1 END), 4)
        END AS in_order_share,
    sum(CASE WHEN verdict = 'order' THEN 1 ELSE 0 END) AS wrong_order,
    sum(CASE WHEN verdict = 'soon' THEN 1 ELSE 0 END) AS too_soon,
    sum(CASE WHEN verdict = 'late' THEN 1 ELSE 0 END) AS too_late
FROM judged
GROUP BY plan_id
ORDER BY in_order_share NULLS LAST, plan_id
