-- Question: how often are HCPs promoted to about a product while their medical request about it is open?
-- Answer: by territory and product, the requests of 12 months, those during which unsolicited promotional touches
--   about the same product came, and those touches, each once, by function.
-- Misleads: a coincidence is no breach: nobody in sales is to know of the request. Read it as a reason to hold
--   promotion, never as one to follow a request up. Without a product a request or a touch cannot be matched.
-- Ask: medical, compliance, admin. Commercial roles see no request and get an empty answer.
-- Parameters: `params`.
-- Thin support: `share` is NULL under 10 requests.
-- Cost: requests of a year joined with the promotional touches of their HCPs.
WITH params AS (
    SELECT now() AS at, INTERVAL '365 days' AS year
),
requests AS (
    SELECT t.hcp_id, t.source, t.event_id, t.product, t.occurred_at AS asked_at, p.at,
        CASE WHEN t.status IN ('answered', 'closed') AND t.answered_at <= p.at THEN t.answered_at END AS answered_at,
        coalesce(h.territory, '?') AS territory
    FROM params p
    CROSS JOIN touchpoints t
    LEFT JOIN hcps_history h ON h.hcp_id = t.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
    WHERE t.kind = 'requests' AND t.status <> 'withdrawn' AND t.product IS NOT NULL
        AND t.occurred_at > p.at - p.year AND t.occurred_at <= p.at
),
promotion AS (
    SELECT t.hcp_id, t.product, t.occurred_at, t.business_function,
        t.kind || ' ' || t.source || ' ' || t.event_id || ' ' || t.hcp_id AS touch
    FROM touchpoints t
    WHERE t.purpose = 'promotional' AND NOT t.solicited AND t.business_function <> 'medical'
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
),
met AS (
    SELECT r.territory, r.product, r.source || ' ' || r.event_id || ' ' || r.hcp_id AS request, r.answered_at, t.touch,
        t.business_function
    FROM requests r
    LEFT JOIN promotion t ON t.hcp_id = r.hcp_id AND t.product = r.product AND t.occurred_at > r.asked_at
        AND t.occurred_at <= coalesce(r.answered_at, r.at)
)
SELECT territory, product, count(DISTINCT request) AS requests,
    count(DISTINCT CASE WHEN answered_at IS NULL THEN request END) AS unanswered,
    count(DISTINCT CASE WHEN touch IS NOT NULL THEN request END) AS talked_past,
    CASE WHEN count(DISTINCT request) >= 10 THEN round(
        count(DISTINCT CASE WHEN touch IS NOT NULL THEN request END) * 1.0 / count(DISTINCT request), 4) END AS share,
    count(DISTINCT touch) AS touches,
    count(DISTINCT CASE WHEN business_function = 'sales' THEN touch END) AS by_sales,
    count(DISTINCT CASE WHEN business_function = 'marketing' THEN touch END) AS by_marketing
FROM met
GROUP BY territory, product
ORDER BY territory, product
