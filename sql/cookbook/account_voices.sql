-- Question: which accounts hear the most different voices of ours, and is somebody there in the lead?
-- Answer: the twenty accounts with the greatest effective number of voices in 90 days (k equal voices count k), how
--   many of their HCPs are touched, by how many functions, and the share of touches of the busiest voice.
-- Misleads: many voices at a large hospital are no fault by themselves; ask whether they agree
--   (account_agreement.sql). A headquarters that writes under one owner_id is one voice however many campaigns it runs.
-- Ask: compliance, admin; to others, who see no owners, nobody has a voice. No owner is named: a voice is only counted.
-- Parameters: `params`.
-- Thin support: accounts with fewer than 20 touches or fewer than 3 HCPs are left out.
-- Cost: touches of 90 days, grouped once by HCP and owner; the rest is about those groups.
WITH params AS (
    SELECT now() AS at, INTERVAL '90 days' AS width
),
members AS (
    SELECT h.hcp_id, coalesce(a.account_id, h.account_id) AS account_id
    FROM params p
    CROSS JOIN hcps_history h
    LEFT JOIN affiliations_history a ON a.hcp_id = h.hcp_id AND a.is_primary
        AND (a.valid_from IS NULL OR a.valid_from <= p.at) AND (a.valid_to IS NULL OR a.valid_to > p.at)
    WHERE (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
),
touches AS (
    SELECT m.account_id, m.hcp_id, t.owner_id, t.business_function, count(t.hcp_id) AS n
    FROM params p
    CROSS JOIN members m
    LEFT JOIN touchpoints t ON t.hcp_id = m.hcp_id AND t.occurred_at > p.at - p.width AND t.occurred_at <= p.at
        AND t.business_function <> 'medical'
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    GROUP BY m.account_id, m.hcp_id, t.owner_id, t.business_function
),
by_voice AS (
    SELECT account_id, owner_id, sum(n) * 1.0 AS n,
        sum(sum(n)) OVER (PARTITION BY account_id, owner_id IS NULL) * 1.0 AS known
    FROM touches
    GROUP BY account_id, owner_id
),
voices AS (
    SELECT account_id, max(n) / max(known) AS lead_share, max(known) * max(known) / nullif(sum(n * n), 0) AS effective
    FROM by_voice
    WHERE owner_id IS NOT NULL
    GROUP BY account_id
),
by_hcp AS (
    SELECT account_id, hcp_id, sum(n) AS n FROM touches GROUP BY account_id, hcp_id
),
by_function AS (
    SELECT account_id, business_function FROM touches WHERE n > 0 GROUP BY account_id, business_function
),
functions AS (
    SELECT account_id, count(business_function) AS functions FROM by_function GROUP BY account_id
),
summed AS (
    SELECT h.account_id, count(*) AS hcps, sum(CASE WHEN h.n > 0 THEN 1 ELSE 0 END) AS touched, sum(h.n) AS touches,
        coalesce(max(f.functions), 0) AS functions
    FROM by_hcp h
    LEFT JOIN functions f ON f.account_id = h.account_id
    GROUP BY h.account_id
)
SELECT s.account_id, c.territory, c.kind, s.hcps, s.touched, round(s.touched * 1.0 / s.hcps, 4) AS stakeholder_breadth,
    s.touches, s.functions, round(v.effective, 2) AS voices, round(v.lead_share, 4) AS lead_share
FROM params p
CROSS JOIN summed s
JOIN voices v ON v.account_id = s.account_id
LEFT JOIN accounts_history c ON c.account_id = s.account_id
    AND (c.valid_from IS NULL OR c.valid_from <= p.at) AND (c.valid_to IS NULL OR c.valid_to > p.at)
WHERE s.touches >= 20 AND s.hcps >= 3
ORDER BY round(v.effective, 6) DESC, s.account_id
LIMIT 20
