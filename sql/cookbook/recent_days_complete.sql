-- Question: how far can the last fourteen days be trusted?
-- Answer: per day and feed, the records there are, the share of that day's records that have usually come by now
--   (`completeness`, from how late records of events 35 to 125 days ago were), and how many there will probably be.
--   Below 0.9 a fall is likely to be lateness and not less activity. Days are 24 h counted back from the instant, and
--   completeness is that of the end of a day: a lower bound, far too low for the last one.
-- Misleads: it supposes that people record as they used to; a silent territory looks like a complete one: see
--   late_sync.sql. Weekends have few records of their own. Instants of recording are the source's where it tells them.
-- Ask: medical, compliance, admin; commercial roles do not see what a record replaces, and have the table `completeness`.
--   Medical records are left out.
-- Parameters: `params`.
-- Thin support: completeness is NULL where fewer than 200 older records of the feed are known, and what is expected
--   below a completeness of 0.5.
-- Cost: two passes over the log of 125 days, one of them against fourteen days.
WITH params AS (
    SELECT now() AS at, INTERVAL '125 days' AS oldest, INTERVAL '35 days' AS newest
),
records AS (
    SELECT l.kind || CASE WHEN l.origin IS NULL THEN '' ELSE ' ' || l.origin END AS feed, l.occurred_at,
        date_part('epoch', coalesce(l.recorded_at, l.ingested_at)) - date_part('epoch', l.occurred_at) AS late_s,
        CAST(ceil((date_part('epoch', p.at) - date_part('epoch', l.occurred_at)) / 86400.0) AS BIGINT) AS days_ago,
        l.occurred_at <= p.at - p.newest AS is_old
    FROM params p
    CROSS JOIN touchpoint_log l
    WHERE l.occurred_at > p.at - p.oldest AND l.occurred_at <= p.at AND NOT l.supersedes AND l.op = 'upsert'
        AND l.business_function <> 'medical' AND l.kind IN ('calls', 'emails')
        AND l.status IN ('completed', 'no_access', 'sent', 'delivered')
        AND coalesce(l.recorded_at, l.ingested_at) <= p.at
),
days AS (
    SELECT value AS days_ago FROM generate_series(1, 14)
),
history AS (
    SELECT r.feed, d.days_ago, count(*) AS known,
        sum(CASE WHEN r.late_s <= (d.days_ago - 1) * 86400.0 THEN 1 ELSE 0 END) AS in_time
    FROM records r
    CROSS JOIN days d
    WHERE r.is_old
    GROUP BY r.feed, d.days_ago
),
recent AS (
    SELECT feed, days_ago, count(*) AS records FROM records WHERE days_ago <= 14 GROUP BY feed, days_ago
)
SELECT h.feed, h.days_ago, coalesce(r.records, 0) AS records,
    CASE WHEN h.known >= 200 THEN round(h.in_time * 1.0 / h.known, 4) END AS completeness,
    CASE WHEN h.known >= 200 AND h.in_time >= 0.5 * h.known THEN round(coalesce(r.records, 0) * h.known * 1.0 / h.in_time, 1) END
        AS expected_records,
    CASE WHEN h.known >= 200 THEN h.in_time >= 0.9 * h.known END AS trusted
FROM history h
LEFT JOIN recent r ON r.feed = h.feed AND r.days_ago = h.days_ago
ORDER BY h.feed, h.days_ago
