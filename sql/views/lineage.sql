-- lineage: per topic, partition and source what was accepted and rejected, how fresh it is, and up to where it was read.
-- A rejected record is in no source: those of a partition stand in a row whose source is NULL.
WITH counted AS (
    SELECT kafka_topic AS topic, kafka_partition AS partition, source, count(*) AS accepted, 0 AS rejected,
        count(*) FILTER (WHERE late) AS late, max(kafka_offset) AS last_offset, max(occurred_at) AS newest_occurred_at,
        max(ingested_at) AS newest_ingested_at
    FROM touchpoint_log
    GROUP BY kafka_topic, kafka_partition, source
    UNION ALL
    SELECT kafka_topic, kafka_partition, NULL, 0, count(*), 0, max(kafka_offset), NULL, max(rejected_at)
    FROM dead_letters
    GROUP BY kafka_topic, kafka_partition
)
SELECT c.topic, c.partition, c.source, c.accepted, c.rejected, c.late,
    max(c.last_offset) OVER (PARTITION BY c.topic, c.partition) + 1 AS next_offset,
    p.next_offset AS committed_offset, p.version AS committed_version,
    c.newest_occurred_at, c.newest_ingested_at,
    to_unixtime($now) - to_unixtime(c.newest_ingested_at) AS freshness_s
FROM counted AS c
LEFT JOIN log_positions AS p ON p.topic = c.topic AND p.partition = c.partition
