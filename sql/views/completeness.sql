-- completeness: of each of the last 35 days (UTC), by territory and topic, the share of records expected to be there by now.
-- docs/TABLES.md defines it. Records are interactions at their first version; how late they come is learnt from those that
-- happened 35 to 125 days ago. Imported records tell nothing of that and are left out.
WITH arrivals AS (
    SELECT coalesce(h.territory, 'unknown') AS territory, l.kind AS topic, l.occurred_at, l.ingested_at,
        -- Days from the end of the event's day to its arrival, as of this time of day, rounded up: what F is asked for.
        ceil((to_unixtime(l.ingested_at) - to_unixtime(l.occurred_at)
            - (to_unixtime($now) % 86400)) / 86400.0) AS needs
    FROM touchpoint_log l
    LEFT JOIN hcps_history h
        ON l.hcp_id = h.hcp_id AND h.valid_from <= l.occurred_at AND (h.valid_to IS NULL OR l.occurred_at < h.valid_to)
    WHERE l.op = 'upsert' AND NOT l.supersedes AND l.kafka_topic NOT LIKE 'import:%' AND l.occurred_at <= $now
        AND l.occurred_at > $now - INTERVAL '125 days'
),
late AS (
    SELECT territory, topic, needs, count(*) AS records
    FROM arrivals WHERE occurred_at <= $now - INTERVAL '35 days'
    GROUP BY territory, topic, needs
),
basis AS (
    SELECT territory, topic, sum(records) AS records FROM late GROUP BY territory, topic
),
gaps AS (
    SELECT territory, topic, ingested_at,
        to_unixtime(ingested_at) - to_unixtime(lag(ingested_at) OVER (PARTITION BY territory, topic ORDER BY ingested_at))
            AS gap
    FROM arrivals WHERE ingested_at > $now - INTERVAL '90 days'
),
silence AS (
    SELECT territory, topic, to_unixtime($now) - to_unixtime(max(ingested_at)) > coalesce(max(gap), 0) AS silent
    FROM gaps GROUP BY territory, topic
),
days AS (
    SELECT territory, topic, date_trunc('day', occurred_at) AS day, count(*) AS records
    FROM arrivals WHERE occurred_at > $now - INTERVAL '35 days'
    GROUP BY 1, 2, 3
),
expected AS (
    SELECT d.territory, d.topic, d.day, d.records,
        sum(CASE WHEN l.needs <= (to_unixtime(date_trunc('day', $now)) - to_unixtime(d.day)) / 86400 - 1
            THEN l.records ELSE 0 END) AS arrived
    FROM days d JOIN late l ON d.territory = l.territory AND d.topic = l.topic
    GROUP BY d.territory, d.topic, d.day, d.records
)
SELECT d.territory, d.topic, CAST(d.day AS DATE) AS day, d.records, b.records AS basis,
    coalesce(s.silent, true) AS silent,
    CASE WHEN b.records >= 200 AND NOT coalesce(s.silent, true) AND e.arrived > 0
        THEN d.records * b.records / CAST(e.arrived AS DOUBLE) END AS expected_records,
    CASE WHEN b.records >= 200 AND NOT coalesce(s.silent, true)
        THEN CAST(e.arrived AS DOUBLE) / b.records END AS completeness
FROM days d
LEFT JOIN expected e ON d.territory = e.territory AND d.topic = e.topic AND d.day = e.day
LEFT JOIN basis b ON d.territory = b.territory AND d.topic = b.topic
LEFT JOIN silence s ON d.territory = s.territory AND d.topic = s.topic
