-- hcp_metrics_latest: of every HCP and window the last closed day, in its last revision.
SELECT * EXCEPT (place) FROM (
    SELECT *, row_number() OVER (PARTITION BY hcp_id, "window" ORDER BY as_of DESC, revision DESC) AS place
    FROM hcp_metrics
)
WHERE place = 1
