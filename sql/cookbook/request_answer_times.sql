-- Question: how long do medical requests wait, and how many are answered in time?
-- Answer: by intake, requests of 180 days: the median time to an answer (Kaplan-Meier, so that open requests count
--   for as long as they have waited), the share within the time promised among those that were due, and the oldest open
--   one.
-- Misleads: a request that was closed without an answer counts as open. Withdrawn ones are left out. An intake of few
--   requests has a median that a single slow one moves.
-- Ask: medical, compliance, admin. Never a target of commercial roles, who see no request.
-- Parameters: `params`: the instant, the span, the hours promised.
-- Thin support: the median is NULL under 5 requests and where fewer than half are answered yet; the share under 5
--   due.
-- Cost: requests of the span, one sort.
WITH params AS (
    SELECT now() AS at, INTERVAL '180 days' AS span, 72.0 AS promised_h
),
requests AS (
    SELECT coalesce(t.intake, '?') AS intake, p.promised_h,
        (date_part('epoch', p.at) - date_part('epoch', t.occurred_at)) / 3600.0 AS age_h,
        CASE WHEN t.status IN ('answered', 'closed') AND t.answered_at <= p.at
            THEN (date_part('epoch', t.answered_at) - date_part('epoch', t.occurred_at)) / 3600.0 END AS answered_h
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.kind = 'requests' AND t.status <> 'withdrawn' AND t.occurred_at > p.at - p.span AND t.occurred_at <= p.at
),
ordered AS (
    SELECT intake, coalesce(answered_h, age_h) AS waited_h, CASE WHEN answered_h IS NULL THEN 0 ELSE 1 END AS answered,
        count(*) OVER (PARTITION BY intake ORDER BY coalesce(answered_h, age_h) DESC
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS at_risk
    FROM requests
),
steps AS (
    SELECT intake, waited_h, sum(answered) AS answers, max(at_risk) AS at_risk
    FROM ordered
    GROUP BY intake, waited_h
),
survival AS (
    SELECT intake, waited_h,
        exp(sum(CASE WHEN answers = at_risk THEN -1000 ELSE ln(1 - answers * 1.0 / at_risk) END)
            OVER (PARTITION BY intake ORDER BY waited_h ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS open_share
    FROM steps
    WHERE answers > 0
),
medians AS (
    SELECT intake, min(CASE WHEN open_share <= 0.5 + 1e-12 THEN waited_h END) AS median_h FROM survival GROUP BY intake
),
summed AS (
    SELECT intake, count(*) AS requests, sum(CASE WHEN answered_h IS NULL THEN 1 ELSE 0 END) AS unanswered,
        sum(CASE WHEN age_h >= promised_h THEN 1 ELSE 0 END) AS due,
        sum(CASE WHEN age_h >= promised_h AND answered_h <= promised_h THEN 1 ELSE 0 END) AS in_time,
        max(CASE WHEN answered_h IS NULL THEN age_h END) AS oldest_open_h
    FROM requests
    GROUP BY intake
)
SELECT s.intake, s.requests, s.unanswered, CASE WHEN s.requests >= 5 THEN round(m.median_h, 2) END AS median_h, s.due,
    s.in_time, CASE WHEN s.due >= 5 THEN round(s.in_time * 1.0 / s.due, 4) END AS in_time_share,
    round(s.oldest_open_h, 1) AS oldest_open_h
FROM summed s
LEFT JOIN medians m ON m.intake = s.intake
ORDER BY s.intake
