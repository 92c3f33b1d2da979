-- first_records: records, with a `supersedes` that knows commercial records alone: for what asks which record of an
-- interaction came first. Which it is where more than one is there follows from when they came in.
WITH records AS (
    SELECT * FROM touchpoint_log
    WHERE kind <> 'requests' AND business_function IS DISTINCT FROM 'medical'
),
contested AS (
    SELECT DISTINCT kind, source, event_id, hcp_id FROM records WHERE supersedes
)
-- What is contested is little: the left side is the one that a hash join keeps.
SELECT * FROM contested c
RIGHT ANTI JOIN records r
    ON r.kind = c.kind AND r.source = c.source AND r.event_id = c.event_id AND r.hcp_id = c.hcp_id
UNION ALL
SELECT * EXCEPT (supersedes, event_month),
    row_number() OVER (
        PARTITION BY kind, source, event_id, hcp_id ORDER BY ingested_at, kafka_topic, kafka_offset
    ) > 1 AS supersedes, event_month
FROM contested c
RIGHT SEMI JOIN records r
    ON r.kind = c.kind AND r.source = c.source AND r.event_id = c.event_id AND r.hcp_id = c.hcp_id
