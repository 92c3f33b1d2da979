-- Question: how often are HCPs promoted to about a product while their medical request about it is open?
-- Answer: by territory and product, the requests of 12 months, those during which unsolicited promotional touches
--   about the same product came, and those touches, each once, by function.
-- Misleads: a coincidence is no breach: nobody in sales is to know of the request. Read it as a reason to hold
--   promotion, never as one to follow a request up. Without a product a request or a touch cannot be matched.
-- Ask: medical, compliance, admin. Commercial roles see no request and get an empty answer.
-- Parameters: `params`.
-- Thin support: `share` is NULL under 10 requests.
-- Cost: requests and promotional touches of a year, put in order once by HCP and product.
WITH params AS (
    SELECT now() AS at, INTERVAL '365 days' AS year
),
-- A request is open from when it was asked to its answer, or to now.
events AS (
    SELECT t.hcp_id, t.product, t.occurred_at AS happened_at, 1 AS request,
        CASE WHEN t.status IN ('answered', 'closed') AND t.answered_at <= p.at THEN 1 ELSE 0 END AS answered,
        CASE WHEN t.status IN ('answered', 'closed') AND t.answered_at <= p.at THEN t.answered_at ELSE p.at END AS until,
        NULL AS business_function
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.kind = 'requests' AND t.status <> 'withdrawn' AND t.product IS NOT NULL
        AND t.occurred_at > p.at - p.year AND t.occurred_at <= p.at
    UNION ALL
    SELECT t.hcp_id, t.product, t.occurred_at, 0, 0, NULL, t.business_function
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.purpose = 'promotional' AND NOT t.solicited AND t.business_function <> 'medical' AND t.product IS NOT NULL
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
        AND t.occurred_at > p.at - p.year AND t.occurred_at <= p.at
),
-- Of each touch, until when what was asked before it stays open; of each request, the first touch after it. At one instant
-- the touch comes first: it does not follow the request.
met AS (
    SELECT hcp_id, product, happened_at, request, answered, until, business_function,
        max(until) OVER (PARTITION BY hcp_id, product ORDER BY happened_at, request
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS open_until,
        min(CASE WHEN request = 0 THEN happened_at END) OVER (PARTITION BY hcp_id, product ORDER BY happened_at, request
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_touch
    FROM events
),
by_hcp AS (
    SELECT hcp_id, product, sum(request) AS requests, sum(request - answered) AS unanswered,
        sum(CASE WHEN request = 1 AND next_touch <= until THEN 1 ELSE 0 END) AS talked_past,
        sum(CASE WHEN request = 0 AND happened_at <= open_until THEN 1 ELSE 0 END) AS touches,
        sum(CASE WHEN happened_at <= open_until AND business_function = 'sales' THEN 1 ELSE 0 END) AS by_sales,
        sum(CASE WHEN happened_at <= open_until AND business_function = 'marketing' THEN 1 ELSE 0 END) AS by_marketing
    FROM met
    GROUP BY hcp_id, product
    HAVING sum(request) > 0
),
placed AS (
    SELECT coalesce(h.territory, '?') AS territory, b.product, b.requests, b.unanswered, b.talked_past, b.touches,
        b.by_sales, b.by_marketing
    FROM params p
    CROSS JOIN by_hcp b
    LEFT JOIN hcps_history h ON h.hcp_id = b.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
)
SELECT territory, product, sum(requests) AS requests, sum(unanswered) AS unanswered, sum(talked_past) AS talked_past,
    CASE WHEN sum(requests) >= 10 THEN round(sum(talked_past) * 1.0 / sum(requests), 4) END AS share,
    sum(touches) AS touches, sum(by_sales) AS by_sales, sum(by_marketing) AS by_marketing
FROM placed
GROUP BY territory, product
ORDER BY territory, product
