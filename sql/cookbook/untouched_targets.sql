-- Question: which target HCPs has nobody touched for 90 days while their account got ten touches or more?
-- Answer: a row per such HCP, the most-touched account first; `last_touch` is NULL if there never was one in the log.
-- Misleads: not every silence is a gap: look at `access_status`, at consent and at a stated preference first. Targets
--   come from panels; touches that reps have not recorded yet are missing (recent days are incomplete).
-- Ask: every role; medical touches neither count nor end a silence here, so that no answer depends on them.
-- Parameters: `params`: the instant, how long, how many touches of the account.
-- Thin support: an HCP without an account, or with an account below `touched`, has no row.
-- Cost: one pass over the touches; last_touch looks at the whole log.
WITH params AS (
    SELECT now() AS at, INTERVAL '90 days' AS width, 10 AS touched
),
members AS (
    SELECT h.hcp_id, h.territory, h.specialty, h.segment, coalesce(a.account_id, h.account_id) AS account_id
    FROM params p
    CROSS JOIN hcps_history h
    LEFT JOIN affiliations_history a ON a.hcp_id = h.hcp_id AND a.is_primary
        AND (a.valid_from IS NULL OR a.valid_from <= p.at) AND (a.valid_to IS NULL OR a.valid_to > p.at)
    WHERE (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
),
targets AS (
    SELECT x.hcp_id
    FROM params p
    CROSS JOIN targets_history x
    WHERE (x.valid_from IS NULL OR x.valid_from <= p.at) AND (x.valid_to IS NULL OR x.valid_to > p.at)
),
touches AS (
    SELECT t.hcp_id, max(t.occurred_at) AS last_touch,
        sum(CASE WHEN t.occurred_at > p.at - p.width THEN 1 ELSE 0 END) AS touches
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at <= p.at AND t.business_function <> 'medical'
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    GROUP BY t.hcp_id
),
accounts_touched AS (
    SELECT m.account_id, sum(t.touches) AS touches, count(DISTINCT CASE WHEN t.touches > 0 THEN m.hcp_id END) AS hcps
    FROM members m
    JOIN touches t ON t.hcp_id = m.hcp_id
    GROUP BY m.account_id
)
SELECT m.hcp_id, m.territory, m.specialty, m.segment, m.account_id, a.access_status, x.touches AS account_touches,
    x.hcps AS account_hcps_touched, t.last_touch
FROM params p
CROSS JOIN targets g
JOIN members m ON m.hcp_id = g.hcp_id
JOIN accounts_touched x ON x.account_id = m.account_id AND x.touches >= p.touched
LEFT JOIN touches t ON t.hcp_id = m.hcp_id
LEFT JOIN accounts_history a ON a.account_id = m.account_id
    AND (a.valid_from IS NULL OR a.valid_from <= p.at) AND (a.valid_to IS NULL OR a.valid_to > p.at)
WHERE coalesce(t.touches, 0) = 0
ORDER BY x.touches DESC, m.hcp_id
