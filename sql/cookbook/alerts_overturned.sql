-- Question: which of last month's alerts did late records overturn, and which did they raise too late?
-- Answer: by rule and territory: alerts that fired live, those that turned out not to have held (resolution
--   `corrected`), and those found only afterwards (origin `retrospective`). `late_records` are records about their HCPs
--   that the source learnt of between the alert and its end.
-- Misleads: an alert that is open can still be overturned. Where reps sync late, alerts come late rather than wrong.
--   Alerts that ended because the policy changed count as fired, not as overturned.
-- Ask: commercial, analyst, compliance: alerts of the commercial audience only.
-- Parameters: `params`.
-- Thin support: `overturned_share` is NULL under 5 live alerts.
-- Cost: the alerts of a month, and the log of their HCPs.
WITH params AS (
    SELECT now() AS at, INTERVAL '30 days' AS span
),
stories AS (
    SELECT a.alert_id, a.rule, a.hcp_id, a.account_id, min(a.since) AS since,
        min(CASE WHEN a.state = 'firing' THEN a.at END) AS fired_at,
        max(CASE WHEN a.state = 'resolved' THEN a.at END) AS ended_at,
        max(CASE WHEN a.state = 'resolved' THEN a.resolution END) AS resolution,
        max(CASE WHEN a.from_state IS NULL OR a.state = 'firing' THEN a.origin END) AS origin
    FROM params p
    CROSS JOIN alerts a
    WHERE a.audience = 'commercial' AND a.subject_kind <> 'rule' AND a.at <= p.at
    GROUP BY a.alert_id, a.rule, a.hcp_id, a.account_id
),
fired AS (
    SELECT s.*, coalesce(h.territory, c.territory, '?') AS territory
    FROM params p
    CROSS JOIN stories s
    LEFT JOIN hcps_history h ON h.hcp_id = s.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
    LEFT JOIN accounts_history c ON c.account_id = s.account_id
        AND (c.valid_from IS NULL OR c.valid_from <= p.at) AND (c.valid_to IS NULL OR c.valid_to > p.at)
    WHERE s.fired_at > p.at - p.span
),
responsible AS (
    SELECT f.alert_id, count(*) AS records
    FROM params p
    CROSS JOIN fired f
    JOIN touchpoint_log l ON l.hcp_id = f.hcp_id AND l.business_function <> 'medical'
        AND l.occurred_at <= f.fired_at AND l.occurred_at > f.since - INTERVAL '28 days'
        AND coalesce(l.recorded_at, l.ingested_at) > CASE f.origin WHEN 'retrospective' THEN f.since ELSE f.fired_at END
        AND coalesce(l.recorded_at, l.ingested_at) <= coalesce(f.ended_at, p.at)
    GROUP BY f.alert_id
)
SELECT f.rule, f.territory, sum(CASE WHEN f.origin = 'live' THEN 1 ELSE 0 END) AS fired_live,
    sum(CASE WHEN f.origin = 'live' AND f.ended_at IS NULL THEN 1 ELSE 0 END) AS still_open,
    sum(CASE WHEN f.origin = 'live' AND f.resolution = 'corrected' THEN 1 ELSE 0 END) AS overturned,
    CASE WHEN sum(CASE WHEN f.origin = 'live' THEN 1 ELSE 0 END) >= 5 THEN round(
        sum(CASE WHEN f.origin = 'live' AND f.resolution = 'corrected' THEN 1.0 ELSE 0.0 END)
        / sum(CASE WHEN f.origin = 'live' THEN 1 ELSE 0 END), 4) END AS overturned_share,
    sum(CASE WHEN f.origin = 'retrospective' THEN 1 ELSE 0 END) AS raised_too_late,
    sum(CASE WHEN f.resolution = 'corrected' OR f.origin = 'retrospective' THEN coalesce(r.records, 0) ELSE 0 END)
        AS late_records
FROM fired f
LEFT JOIN responsible r ON r.alert_id = f.alert_id
GROUP BY f.rule, f.territory
ORDER BY f.rule, f.territory
