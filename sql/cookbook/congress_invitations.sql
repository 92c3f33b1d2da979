-- Question: who is invited to the same congress by several functions?
-- Answer: per congress, HCPs invited, those whom a second function or owner invited as well, the invitations, and how
--   invitations were answered once and more than once.
-- Misleads: an invitation is a touch as soon as it is sent, whatever comes of it. That fewer of those invited twice
--   decline proves nothing: the most wanted are invited twice.
-- Ask: compliance, admin; to others, who see no owners, nobody is invited by several. Invitations by medical are left out.
-- Parameters: `params`.
-- Thin support: shares are NULL under 20 HCPs; congresses with fewer than 5 invited HCPs are left out.
-- Cost: invitations of a year.
WITH params AS (
    SELECT now() AS at, INTERVAL '365 days' AS year
),
invited AS (
    SELECT t.congress_id, t.hcp_id, count(*) AS invitations,
        CASE WHEN min(t.business_function) < max(t.business_function) THEN 1 ELSE 0 END AS several_functions,
        CASE WHEN min(coalesce(t.owner_id, '?')) < max(coalesce(t.owner_id, '?')) THEN 1 ELSE 0 END AS several_owners,
        max(CASE WHEN t.status IN ('accepted', 'attended') THEN 1 ELSE 0 END) AS accepted,
        max(CASE WHEN t.status = 'declined' THEN 1 ELSE 0 END) AS declined
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.kind = 'congress' AND t.congress_id IS NOT NULL AND t.business_function <> 'medical'
        AND t.status IN ('invited', 'declined', 'accepted', 'no_show', 'attended')
        AND t.occurred_at > p.at - p.year AND t.occurred_at <= p.at
    GROUP BY t.congress_id, t.hcp_id
)
SELECT congress_id, count(*) AS hcps, sum(invitations) AS invitations,
    sum(several_functions) AS by_several_functions,
    sum(several_owners) AS by_several_owners,
    CASE WHEN count(*) >= 20 THEN round(sum(several_functions) * 1.0 / count(*), 4) END
        AS several_share,
    sum(accepted) AS hcps_accepting, sum(declined) AS hcps_declining,
    CASE WHEN count(*) >= 20 THEN round(sum(declined) * 1.0 / count(*), 4) END AS declining_share
FROM invited
GROUP BY congress_id
HAVING count(*) >= 5
ORDER BY congress_id
