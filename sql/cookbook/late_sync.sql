-- Question: how late do which territories record what they did?
-- Answer: by territory and feed, how long after a touch its first record was written, of touches 35 to 125 days ago,
--   whose records have had time to come: median and 90th percentile in hours, and the share later than three days.
-- Misleads: where the source tells no recorded_at, the time of ingestion stands for it, and after a bulk load that
--   says nothing. A territory that never records a touch at all is not late here, it is missing: look at silent feeds.
-- Ask: compliance, admin; others see neither owners nor `supersedes`, and get nothing. Fewer than five owners are pooled
--   over territories ('*'), and left out if still fewer.
-- Parameters: `params`.
-- Thin support: percentiles and share are NULL under 20 records.
-- Cost: one pass over the log of 90 days, one sort for the percentiles.
WITH params AS (
    SELECT now() AS at, INTERVAL '125 days' AS oldest, INTERVAL '35 days' AS newest, 72.0 AS late_h
),
first_records AS (
    SELECT l.kind || CASE WHEN l.origin IS NULL THEN '' ELSE ' ' || l.origin END AS feed,
        coalesce(l.owner_id, '?') AS owner_id, coalesce(h.territory, '?') AS territory,
        (date_part('epoch', coalesce(l.recorded_at, l.ingested_at)) - date_part('epoch', l.occurred_at)) / 3600.0 AS late_h
    FROM params p
    CROSS JOIN touchpoint_log l
    LEFT JOIN hcps_history h ON h.hcp_id = l.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= l.occurred_at) AND (h.valid_to IS NULL OR h.valid_to > l.occurred_at)
    WHERE l.occurred_at > p.at - p.oldest AND l.occurred_at <= p.at - p.newest AND l.op = 'upsert'
        AND l.business_function <> 'medical' AND l.kind IN ('calls', 'emails')
        AND l.status IN ('completed', 'no_access', 'sent', 'delivered') AND NOT l.supersedes
),
narrow AS (
    SELECT territory, feed, count(DISTINCT owner_id) AS owners FROM first_records GROUP BY territory, feed
),
placed AS (
    SELECT CASE WHEN n.owners >= 5 THEN f.territory ELSE '*' END AS territory, f.feed, f.owner_id, f.late_h
    FROM first_records f
    JOIN narrow n ON n.territory = f.territory AND n.feed = f.feed
)
SELECT r.territory, r.feed, count(DISTINCT r.owner_id) AS owners, count(*) AS records,
    sum(CASE WHEN r.late_h > p.late_h THEN 1 ELSE 0 END) AS late_records,
    CASE WHEN count(*) >= 20 THEN round(sum(CASE WHEN r.late_h > p.late_h THEN 1.0 ELSE 0.0 END) / count(*), 4) END
        AS late_share,
    CASE WHEN count(*) >= 20 THEN round(percentile_cont(0.5) WITHIN GROUP (ORDER BY r.late_h), 2) END AS late_p50_h,
    CASE WHEN count(*) >= 20 THEN round(percentile_cont(0.9) WITHIN GROUP (ORDER BY r.late_h), 2) END AS late_p90_h
FROM params p
CROSS JOIN placed r
GROUP BY r.territory, r.feed
HAVING count(DISTINCT r.owner_id) >= 5
ORDER BY r.territory, r.feed
