-- medical_activity: requests and medical touches by country, specialty and closed month (UTC), the same for every reader.
-- A cell is there only with at least 10 HCPs of at least 3 accounts, and there are no totals (docs/adr/0050).
-- A month is published 35 days after its end, as it was known then: what comes in later changes no cell of it. Of imported
-- records nobody knows when they were known, so they count as if always. Counts are rounded down to a multiple of 5.
WITH medical AS (
    SELECT DISTINCT kind, source, event_id, hcp_id FROM touchpoint_log
    WHERE kind = 'requests' OR business_function = 'medical'
),
versions AS (
    SELECT l.*, status_rank(l.kind, l.status, l.op) AS status_rank, l.kafka_topic LIKE 'import:%' AS is_imported,
        date_trunc('month', l.occurred_at) AS month
    FROM medical m
    RIGHT SEMI JOIN touchpoint_log l
        ON l.kind = m.kind AND l.source = m.source AND l.event_id = m.event_id AND l.hcp_id = m.hcp_id
),
-- An interaction may have moved from month to month: each of them is judged by what was known when it was published.
months AS (
    SELECT DISTINCT kind, source, event_id, hcp_id, month,
        month + INTERVAL '1 month' + INTERVAL '35 days' AS published_at
    FROM versions WHERE op <> 'delete' AND month + INTERVAL '1 month' + INTERVAL '35 days' <= $now
),
known AS (
    SELECT v.*, m.month AS published_month,
        row_number() OVER (
            PARTITION BY v.kind, v.source, v.event_id, v.hcp_id, m.month
            ORDER BY v.version DESC, v.status_rank DESC, v.is_imported ASC,
                CASE WHEN v.is_imported THEN v.ingested_at END DESC,
                CASE WHEN v.is_imported THEN v.kafka_topic END DESC,
                v.kafka_offset DESC
        ) AS place
    FROM versions v
    JOIN months m
        ON v.kind = m.kind AND v.source = m.source AND v.event_id = m.event_id AND v.hcp_id = m.hcp_id
    WHERE v.is_imported OR v.ingested_at < m.published_at
),
records AS (
    SELECT hcp_country(hcp_id, occurred_at) AS country, hcp_specialty(hcp_id, occurred_at) AS specialty,
        hcp_account(hcp_id, occurred_at) AS account_id, published_month AS month, hcp_id,
        CASE WHEN kind = 'requests' THEN 'requests' ELSE 'medical_touches' END AS activity
    FROM known
    WHERE place = 1 AND op <> 'delete' AND month = published_month
        AND CASE WHEN kind = 'requests' THEN status <> 'withdrawn'
            ELSE business_function = 'medical' AND is_touch(kind, status) END
)
SELECT country, specialty, month, activity,
    count(DISTINCT hcp_id) / 5 * 5 AS hcps_at_least, count(*) / 5 * 5 AS records_at_least
FROM records
GROUP BY country, specialty, month, activity
HAVING count(DISTINCT hcp_id) >= 10 AND count(DISTINCT account_id) >= 3
