-- touchpoint_log, commercial: records, without the deletes of interactions of which this audience has no record.
-- Such a delete may be that of a medical interaction, and by being there would say that there was one.
WITH records AS (
    SELECT * FROM touchpoint_log
    WHERE kind <> 'requests' AND business_function IS DISTINCT FROM 'medical'
),
known AS (
    SELECT DISTINCT kind, source, event_id, hcp_id FROM records WHERE op <> 'delete'
)
SELECT * FROM records WHERE op <> 'delete'
UNION ALL
SELECT d.* FROM records d
LEFT SEMI JOIN known k
    ON d.kind = k.kind AND d.source = k.source AND d.event_id = k.event_id AND d.hcp_id = k.hcp_id
WHERE d.op = 'delete'
