-- Question: at which interruption load do HCPs begin to refuse?
-- Answer: by way of being touched (visit, e-mail, invitation) and band of the load just before, the share refused:
--   door closed, unsubscribed or marked as spam, declined. `rises` marks bands whose 95 % interval lies above that of
--   the lowest band; the lowest such band is the load looked for.
-- Misleads: refusals that nobody writes down are missing (reporting bias of closed doors); heavily touched HCPs are
--   those who used to say yes, which hides fatigue. A share is of offers, not of HCPs, and the interval takes offers
--   for independent. Four comparisons a way: expect one false mark in ten tables.
-- Ask: commercial, analyst.
-- Parameters: `params`: instant, span, half-life (days) and weights as in the policy.
-- Thin support: shares are NULL under 20 offers or 10 HCPs.
-- Cost: one sort of the touches and attempts of 400 days by HCP and time.
WITH params AS (
    SELECT now() AS at, INTERVAL '180 days' AS span, 7.0 AS half_life, 1.96 AS z
),
offers AS (
    SELECT t.hcp_id, t.occurred_at, t.source, t.event_id, t.kind, t.status, t.channel, t.business_function,
        t.occurred_at > p.at - p.span AND (t.kind <> 'calls' OR t.channel = 'face_to_face'
            AND t.business_function = 'sales') AS inside,
        (date_part('epoch', t.occurred_at) - date_part('epoch', p.at)) / 86400.0 / p.half_life AS age,
        CASE WHEN t.solicited OR t.purpose IN ('service', 'safety') OR t.status = 'no_access' THEN 0.0
            WHEN t.channel = 'face_to_face' THEN 1.0 WHEN t.channel = 'phone' THEN 0.9 WHEN t.channel = 'video' THEN 0.8
            WHEN t.channel = 'congress' THEN 0.5 WHEN t.channel = 'chat' THEN 0.4
            WHEN t.origin = 'hq' THEN 0.2 ELSE 0.3 END AS weight
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - INTERVAL '400 days' AND t.occurred_at <= p.at
        AND t.status IN ('no_access', 'completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam',
            'unsubscribed', 'invited', 'declined', 'accepted', 'no_show', 'attended')
        AND t.business_function <> 'medical'
),
loaded AS (
    SELECT hcp_id, kind, status, inside,
        coalesce(sum(weight * power(2.0, age)) OVER (PARTITION BY hcp_id ORDER BY occurred_at, source, event_id, kind
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0.0) / power(2.0, age) AS load_before
    FROM offers
),
banded AS (
    SELECT CASE kind WHEN 'calls' THEN 'visit' WHEN 'emails' THEN 'e-mail' ELSE 'invitation' END AS way, hcp_id,
        CASE WHEN status IN ('no_access', 'unsubscribed', 'marked_spam', 'declined') THEN 1 ELSE 0 END AS refused,
        CASE WHEN load_before < 0.25 THEN '0 to 0.25' WHEN load_before < 0.5 THEN '0.25 to 0.5'
            WHEN load_before < 1 THEN '0.5 to 1' WHEN load_before < 2 THEN '1 to 2' ELSE '2 and more' END AS load_band
    FROM loaded
    WHERE inside
),
summed AS (
    SELECT way, load_band, count(DISTINCT hcp_id) AS hcps, count(*) AS offers, sum(refused) AS refused,
        CASE WHEN count(*) >= 20 AND count(DISTINCT hcp_id) >= 10 THEN sum(refused) * 1.0 / count(*) END AS share
    FROM banded
    GROUP BY way, load_band
),
bounded AS (
    SELECT s.*,
        (s.share + p.z * p.z / (2 * s.offers) - p.z * sqrt(s.share * (1 - s.share) / s.offers
            + p.z * p.z / (4.0 * s.offers * s.offers))) / (1 + p.z * p.z / s.offers) AS low,
        (s.share + p.z * p.z / (2 * s.offers) + p.z * sqrt(s.share * (1 - s.share) / s.offers
            + p.z * p.z / (4.0 * s.offers * s.offers))) / (1 + p.z * p.z / s.offers) AS high
    FROM params p
    CROSS JOIN summed s
)
SELECT way, load_band, hcps, offers, refused, round(share, 4) AS refused_share, round(low, 4) AS low,
    round(high, 4) AS high,
    low > max(CASE WHEN load_band = '0 to 0.25' THEN high END) OVER (PARTITION BY way) AS rises
FROM bounded
ORDER BY way, load_band
