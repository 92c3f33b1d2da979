-- Question: where are HCPs touched without valid consent, and outside their working hours?
-- Answer: by territory and segment over 28 days, touches on a channel without consent at that moment, and unsolicited
--   touches outside local working hours, each as count, share and number of HCPs.
-- Misleads: without tables of consent everything is NULL, not fine. Consent given later heals nothing, an
--   unsubscription counts from its moment on. Hours are the policy's, by the clock on the HCP's wall; date-only touches
--   have none.
-- Ask: every role; the commercial audience's numbers.
-- Parameters: the instant, in `params` and in the function.
-- Thin support: shares are NULL under 20 touches.
-- Cost: one pass over 400 days of the log.
WITH params AS (
    SELECT now() AS at
)
SELECT coalesce(h.territory, '?') AS territory, coalesce(h.segment, '?') AS segment, count(*) AS hcps,
    sum(m.touches) AS touches, sum(m.consent_conflicts) AS without_consent,
    sum(CASE WHEN m.consent_conflicts > 0 THEN 1 ELSE 0 END) AS hcps_without_consent,
    CASE WHEN sum(m.touches) >= 20 THEN round(sum(m.consent_conflicts) * 1.0 / sum(m.touches), 4) END AS without_consent_share,
    sum(m.untimely) AS untimely, sum(CASE WHEN m.untimely > 0 THEN 1 ELSE 0 END) AS hcps_untimely,
    CASE WHEN sum(CASE WHEN m.untimely IS NOT NULL THEN m.unsolicited ELSE 0 END) >= 20 THEN round(sum(m.untimely) * 1.0
        / sum(CASE WHEN m.untimely IS NOT NULL THEN m.unsolicited ELSE 0 END), 4) END AS untimely_share
FROM hcp_metrics_at(now(), 'commercial') m
CROSS JOIN params p
LEFT JOIN hcps_history h ON h.hcp_id = m.hcp_id
    AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
WHERE m."window" = '28d'
GROUP BY 1, 2
HAVING sum(m.touches) > 0
ORDER BY 1, 2
