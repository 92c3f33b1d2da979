-- Question: how many targets are touched as often as their panel asks for?
-- Answer: by territory and segment over 90 days, targets reached at all, and targets whose touches lie between the
--   panel's min_touches and max_touches, below and above it.
-- Misleads: a number of touches is no engagement; a band says what was planned, not what is good. Touches of every
--   function but medical count, by whomever: a target above its band may have been pushed there by another function.
-- Ask: compliance, admin; others do not see panels.
-- Parameters: `params`.
-- Thin support: shares are NULL under 20 targets.
-- Cost: touches of 90 days, grouped once.
WITH params AS (
    SELECT now() AS at, INTERVAL '90 days' AS width
),
targets AS (
    SELECT x.hcp_id, coalesce(h.territory, '?') AS territory, coalesce(h.segment, '?') AS segment,
        max(x.min_touches) AS min_touches, min(x.max_touches) AS max_touches
    FROM params p
    CROSS JOIN panels_history x
    LEFT JOIN hcps_history h ON h.hcp_id = x.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
    WHERE x.is_target AND (x.valid_from IS NULL OR x.valid_from <= p.at) AND (x.valid_to IS NULL OR x.valid_to > p.at)
    GROUP BY 1, 2, 3
),
touches AS (
    SELECT t.hcp_id, count(*) AS touches
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - p.width AND t.occurred_at <= p.at AND t.business_function <> 'medical'
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    GROUP BY t.hcp_id
)
SELECT g.territory, g.segment, count(*) AS targets, sum(CASE WHEN t.touches > 0 THEN 1 ELSE 0 END) AS reached,
    sum(CASE WHEN coalesce(t.touches, 0) < g.min_touches THEN 1 ELSE 0 END) AS below,
    sum(CASE WHEN coalesce(t.touches, 0) >= g.min_touches AND coalesce(t.touches, 0) <= g.max_touches
        THEN 1 ELSE 0 END) AS in_band,
    sum(CASE WHEN t.touches > g.max_touches THEN 1 ELSE 0 END) AS above,
    CASE WHEN count(*) >= 20 THEN round(sum(CASE WHEN t.touches > 0 THEN 1.0 ELSE 0.0 END) / count(*), 4) END AS reach,
    CASE WHEN count(g.min_touches) >= 20 THEN round(sum(CASE WHEN coalesce(t.touches, 0) >= g.min_touches
        AND coalesce(t.touches, 0) <= g.max_touches THEN 1.0 ELSE 0.0 END) / count(g.min_touches), 4) END AS in_band_share
FROM targets g
LEFT JOIN touches t ON t.hcp_id = g.hcp_id
GROUP BY g.territory, g.segment
ORDER BY g.territory, g.segment
