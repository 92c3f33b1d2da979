-- Question: on how few HCPs do the interruptions fall?
-- Answer: by territory over 28 days, the share of unsolicited touches that fall on the tenth of HCPs touched most,
--   the Gini coefficient over all HCPs of the territory (0 = all alike), and HCPs touched not at all. `equal_share` is
--   what the top tenth would get if all were touched alike; touches strewn at random give more: 0.21 at 3 touches a
--   head, 0.31 at 1.
-- Misleads: some concentration is policy: segments differ. Compare territories of one mix, or add segment to the
--   GROUP BY. Untouched HCPs count as zero, so the number depends on whom the reference data list.
-- Ask: every role.
-- Parameters: `params`.
-- Thin support: NULL under 20 HCPs or 20 touches.
-- Cost: touches of 28 days, one sort of the HCPs by territory.
WITH params AS (
    SELECT now() AS at, INTERVAL '28 days' AS width
),
touches AS (
    SELECT t.hcp_id, count(*) AS touches
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - p.width AND t.occurred_at <= p.at AND t.business_function <> 'medical'
        AND NOT t.solicited AND t.purpose NOT IN ('service', 'safety')
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    GROUP BY t.hcp_id
),
ranked AS (
    SELECT coalesce(h.territory, '?') AS territory, coalesce(t.touches, 0) AS touches,
        row_number() OVER (PARTITION BY h.territory ORDER BY coalesce(t.touches, 0), h.hcp_id) AS place,
        count(*) OVER (PARTITION BY h.territory) AS hcps
    FROM params p
    CROSS JOIN hcps_history h
    LEFT JOIN touches t ON t.hcp_id = h.hcp_id
    WHERE (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
),
summed AS (
    SELECT territory, count(*) AS hcps, sum(touches) AS touches, sum(CASE WHEN touches = 0 THEN 1 ELSE 0 END) AS untouched,
        max(touches) AS most, sum(CASE WHEN place > hcps - ceil(hcps / 10.0) THEN touches ELSE 0 END) AS top_touches,
        max(ceil(hcps / 10.0) / hcps) AS equal_share, sum((2.0 * place - hcps - 1) * touches) AS spread
    FROM ranked
    GROUP BY territory
)
SELECT territory, hcps, touches, untouched, most,
    CASE WHEN hcps >= 20 AND touches >= 20 THEN round(top_touches * 1.0 / touches, 4) END AS top_tenth_share,
    CASE WHEN hcps >= 20 AND touches >= 20 THEN round(equal_share, 4) END AS equal_share,
    CASE WHEN hcps >= 20 AND touches >= 20 THEN round(spread / (hcps * touches), 4) END AS gini
FROM summed
ORDER BY territory
