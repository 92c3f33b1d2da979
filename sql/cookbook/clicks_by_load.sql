-- Question: how often are rep e-mails and e-mails of headquarters clicked, by how much the HCP was being interrupted?
-- Answer: by origin and band of the interruption load just before the e-mail (1 = one visit at that moment), the
--   share of clicks with its 95 % interval. Compare bands within an origin, and origins within a band.
-- Misleads: whom a company touches often is not chosen at random, so a fall with load is no proof of fatigue. A
--   clicked e-mail that was later unsubscribed from counts as unsubscribed. Opens are left out: machines open mail. The
--   interval takes e-mails for independent; with few HCPs it is too narrow.
-- Ask: commercial, analyst.
-- Parameters: `params`: instant, span, half-life (days) and weights as in the policy.
-- Thin support: shares are NULL under 20 e-mails or 10 HCPs.
-- Cost: one sort of the touches of 400 days by HCP and time.
WITH params AS (
    SELECT now() AS at, INTERVAL '180 days' AS span, 7.0 AS half_life, 1.96 AS z
),
touches AS (
    SELECT t.hcp_id, t.occurred_at, t.source, t.event_id, t.kind, t.origin, t.status,
        t.occurred_at > p.at - p.span AS inside,
        (date_part('epoch', t.occurred_at) - date_part('epoch', p.at)) / 86400.0 / p.half_life AS age,
        CASE WHEN t.solicited OR t.purpose IN ('service', 'safety') THEN 0.0
            WHEN t.channel = 'face_to_face' THEN 1.0 WHEN t.channel = 'phone' THEN 0.9 WHEN t.channel = 'video' THEN 0.8
            WHEN t.channel = 'congress' THEN 0.5 WHEN t.channel = 'chat' THEN 0.4
            WHEN t.origin = 'hq' THEN 0.2 ELSE 0.3 END AS weight
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - INTERVAL '400 days' AND t.occurred_at <= p.at
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
        AND t.business_function <> 'medical'
),
loaded AS (
    SELECT hcp_id, kind, origin, status, inside,
        coalesce(sum(weight * power(2.0, age)) OVER (PARTITION BY hcp_id ORDER BY occurred_at, source, event_id, kind
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0.0) / power(2.0, age) AS load_before
    FROM touches
),
banded AS (
    SELECT origin, hcp_id, status,
        CASE WHEN load_before < 0.25 THEN '0 to 0.25' WHEN load_before < 0.5 THEN '0.25 to 0.5'
            WHEN load_before < 1 THEN '0.5 to 1' WHEN load_before < 2 THEN '1 to 2' ELSE '2 and more' END AS load_band
    FROM loaded
    WHERE kind = 'emails' AND inside
),
summed AS (
    SELECT origin, load_band, count(DISTINCT hcp_id) AS hcps, count(*) AS mails,
        sum(CASE WHEN status = 'clicked' THEN 1 ELSE 0 END) AS clicks,
        CASE WHEN count(*) >= 20 AND count(DISTINCT hcp_id) >= 10
            THEN sum(CASE WHEN status = 'clicked' THEN 1.0 ELSE 0.0 END) / count(*) END AS share
    FROM banded
    GROUP BY origin, load_band
)
SELECT s.origin, s.load_band, s.hcps, s.mails, s.clicks, round(s.share, 4) AS click_share,
    round((s.share + p.z * p.z / (2 * s.mails) - p.z * sqrt(s.share * (1 - s.share) / s.mails
        + p.z * p.z / (4.0 * s.mails * s.mails))) / (1 + p.z * p.z / s.mails), 4) AS click_low,
    round((s.share + p.z * p.z / (2 * s.mails) + p.z * sqrt(s.share * (1 - s.share) / s.mails
        + p.z * p.z / (4.0 * s.mails * s.mails))) / (1 + p.z * p.z / s.mails), 4) AS click_high
FROM params p
CROSS JOIN summed s
ORDER BY s.origin, s.load_band
