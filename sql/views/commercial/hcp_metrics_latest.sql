-- hcp_metrics_latest, commercial: every HCP at the last midnight, computed anew. What is stored is of the full audience.
-- The instant is the last 00:00 UTC. Nothing here is ever revised in place, so the revision is 0.
SELECT * EXCEPT (audience), CAST(0 AS BIGINT) AS revision, as_of AS computed_at
FROM hcp_metrics_at($midnight, 'commercial')
WHERE "window" = '28d'
