-- Question: how many HCPs hear of several of our products within a week?
-- Answer: by specialty and segment, HCP-weeks with unsolicited touches about products, those with two and with three
--   or more products, and how many functions spoke in them.
-- Misleads: weeks are those of the calendar (Monday, UTC), so a Friday and a Monday do not meet. Without a product a
--   touch is not seen. An HCP who treats two diseases may well want two products.
-- Ask: commercial, analyst. Medical touches are left out.
-- Parameters: `params`.
-- Thin support: shares are NULL under 20 HCP-weeks.
-- Cost: touches of 84 days, grouped twice.
WITH params AS (
    SELECT now() AS at, INTERVAL '84 days' AS span
),
by_product AS (
    SELECT t.hcp_id, date_trunc('week', t.occurred_at) AS week, t.product,
        min(t.business_function) AS first_function, max(t.business_function) AS last_function
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - p.span AND t.occurred_at <= p.at AND t.product IS NOT NULL
        AND t.business_function <> 'medical' AND NOT t.solicited AND t.purpose NOT IN ('service', 'safety')
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    GROUP BY 1, 2, 3
),
weeks AS (
    SELECT hcp_id, week, count(*) AS products,
        CASE WHEN min(first_function) < max(last_function) THEN 1 ELSE 0 END AS several_functions
    FROM by_product
    GROUP BY hcp_id, week
)
SELECT coalesce(h.specialty, '?') AS specialty, coalesce(h.segment, '?') AS segment, count(*) AS hcp_weeks,
    count(DISTINCT w.hcp_id) AS hcps, sum(CASE WHEN w.products = 2 THEN 1 ELSE 0 END) AS with_two_products,
    sum(CASE WHEN w.products > 2 THEN 1 ELSE 0 END) AS with_three_and_more,
    CASE WHEN count(*) >= 20 THEN round(sum(CASE WHEN w.products > 1 THEN 1.0 ELSE 0.0 END) / count(*), 4) END AS several_share,
    sum(CASE WHEN w.products > 1 THEN w.several_functions ELSE 0 END) AS several_by_several_functions
FROM params p
CROSS JOIN weeks w
LEFT JOIN hcps_history h ON h.hcp_id = w.hcp_id
    AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
GROUP BY 1, 2
ORDER BY 1, 2
