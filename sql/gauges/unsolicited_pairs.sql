-- Consecutive pairs of unsolicited touches of the last 28 days: the denominator of collisions.
SELECT sum(unsolicited - 1) AS value
FROM hcp_now
WHERE unsolicited >= 2
