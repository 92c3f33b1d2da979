-- lineage: per topic, partition and source what was accepted and rejected, and how fresh it is.
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
SELECT topic, partition, source, accepted, rejected, late,
    max(last_offset) OVER (PARTITION BY topic, partition) + 1 AS next_offset,
    newest_occurred_at, newest_ingested_at,
    to_unixtime($now) - to_unixtime(newest_ingested_at) AS freshness_s
FROM counted
