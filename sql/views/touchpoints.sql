-- touchpoints: the live version of every interaction (metrics.md §1); deleted interactions are left out.
-- Of the rows of one identity (kind, source, event_id, hcp_id) the greatest by version, status rank and position wins.
-- Identities of a single row need no comparison: `supersedes` says whether an earlier row exists, so only identities with
-- such a row are ranked. They are few, and stand on the left because that is the side that a hash join keeps.
WITH superseding AS (
    SELECT DISTINCT kind, source, event_id, hcp_id FROM touchpoint_log WHERE supersedes
),
contested AS (
    SELECT l.*,
        row_number() OVER (
            PARTITION BY l.kind, l.source, l.event_id, l.hcp_id
            ORDER BY l.version DESC,
                CASE WHEN l.op = 'delete' THEN 99 ELSE CASE l.kind || '.' || l.status
                    WHEN 'calls.planned' THEN 0 WHEN 'calls.cancelled' THEN 1 WHEN 'calls.no_access' THEN 2
                    WHEN 'calls.completed' THEN 3
                    WHEN 'emails.scheduled' THEN 0 WHEN 'emails.sent' THEN 1 WHEN 'emails.failed' THEN 2
                    WHEN 'emails.delivered' THEN 3 WHEN 'emails.dropped' THEN 4 WHEN 'emails.bounced' THEN 5
                    WHEN 'emails.opened' THEN 6 WHEN 'emails.clicked' THEN 7 WHEN 'emails.marked_spam' THEN 8
                    WHEN 'emails.unsubscribed' THEN 9
                    WHEN 'congress.nominated' THEN 0 WHEN 'congress.cancelled' THEN 1 WHEN 'congress.invited' THEN 2
                    WHEN 'congress.declined' THEN 3 WHEN 'congress.accepted' THEN 4 WHEN 'congress.no_show' THEN 5
                    WHEN 'congress.attended' THEN 6
                    WHEN 'requests.received' THEN 0 WHEN 'requests.answered' THEN 1 WHEN 'requests.closed' THEN 2
                    WHEN 'requests.withdrawn' THEN 3
                    ELSE -1 END END DESC,
                -- Position: Kafka after any import; imports by when they began, then by content hash, then by line.
                (l.kafka_topic LIKE 'import:%') ASC,
                CASE WHEN l.kafka_topic LIKE 'import:%' THEN l.ingested_at END DESC,
                CASE WHEN l.kafka_topic LIKE 'import:%' THEN l.kafka_topic END DESC,
                l.kafka_offset DESC
        ) AS place
    FROM superseding s
    RIGHT SEMI JOIN touchpoint_log l
        ON l.kind = s.kind AND l.source = s.source AND l.event_id = s.event_id AND l.hcp_id = s.hcp_id
)
SELECT kind, event_id, hcp_id, source, version, status, occurred_at, "precision", channel, origin, mode, intake,
    business_function, purpose, account_id, owner_id, product, theme, topic, plan_id, plan_step, congress_id, request_id,
    solicited, recorded_at, status_at, answered_at, duration_s, attendees, late, ingested_at, kafka_topic,
    kafka_partition, kafka_offset
FROM contested
WHERE place = 1 AND op = 'upsert'
UNION ALL
SELECT l.kind, l.event_id, l.hcp_id, l.source, l.version, l.status, l.occurred_at, l."precision", l.channel, l.origin,
    l.mode, l.intake, l.business_function, l.purpose, l.account_id, l.owner_id, l.product, l.theme, l.topic, l.plan_id,
    l.plan_step, l.congress_id, l.request_id, l.solicited, l.recorded_at, l.status_at, l.answered_at, l.duration_s,
    l.attendees, l.late, l.ingested_at, l.kafka_topic, l.kafka_partition, l.kafka_offset
FROM superseding s
RIGHT ANTI JOIN touchpoint_log l
    ON l.kind = s.kind AND l.source = s.source AND l.event_id = s.event_id AND l.hcp_id = s.hcp_id
WHERE l.op = 'upsert'
