-- Different voices keep touching one HCP at the same time.
-- name: collision_burst
-- severity: warning
-- subject: hcp
-- act: reassign
-- touches: unsolicited 7d
-- summary: {value} collisions in 7 days, among {unsolicited} unsolicited touches
SELECT hcp_id,
       as_of,
       collisions > $collisions_above AS fires,
       collisions AS value,
       unsolicited
FROM changed_windows
WHERE "window" = '7d' AND collisions > $collisions_clear
