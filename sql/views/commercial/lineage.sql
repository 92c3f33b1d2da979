-- lineage, commercial: per feed and source what this audience has of it, and how fresh it is.
-- Partitions, offsets and what was rejected would count medical records, too, and how late a record came is measured by them.
SELECT kind AS topic, CAST(NULL AS INT) AS partition, source, count(*) AS accepted, CAST(NULL AS BIGINT) AS rejected,
    CAST(NULL AS BIGINT) AS late, CAST(NULL AS BIGINT) AS next_offset, CAST(NULL AS BIGINT) AS committed_offset,
    CAST(NULL AS BIGINT) AS committed_version, max(occurred_at) AS newest_occurred_at,
    max(ingested_at) AS newest_ingested_at, to_unixtime($now) - to_unixtime(max(ingested_at)) AS freshness_s
FROM touchpoint_log
GROUP BY kind, source
