-- Collisions of the last 28 days (other owner or function within the gap), beside what chance gives the same voices.
-- Two numbers to compare, not to add; unsolicited_pairs has the denominator of both.
SELECT 'observed' AS kind, sum(collisions) AS value
FROM hcp_now
UNION ALL
SELECT 'expected_by_chance' AS kind, sum(chance_collision_rate * (unsolicited - 1)) AS value
FROM hcp_now
