-- HCPs with at most this interruption load (cumulative buckets; 1 is one face-to-face visit just now).
-- Every HCP is placed once under its smallest edge; the edges above it then add up what lies below.
WITH edge (le, upper) AS (
  VALUES ('0.1', 0.1), ('0.25', 0.25), ('0.5', 0.5), ('1', 1.0), ('1.5', 1.5), ('2', 2.0), ('3', 3.0), ('4', 4.0),
         ('6', 6.0), ('8', 8.0), ('12', 12.0), ('+Inf', 1e308)
),
placed AS (
  SELECT CASE
           WHEN interruption_load <= 0.1 THEN 0.1
           WHEN interruption_load <= 0.25 THEN 0.25
           WHEN interruption_load <= 0.5 THEN 0.5
           WHEN interruption_load <= 1.0 THEN 1.0
           WHEN interruption_load <= 1.5 THEN 1.5
           WHEN interruption_load <= 2.0 THEN 2.0
           WHEN interruption_load <= 3.0 THEN 3.0
           WHEN interruption_load <= 4.0 THEN 4.0
           WHEN interruption_load <= 6.0 THEN 6.0
           WHEN interruption_load <= 8.0 THEN 8.0
           WHEN interruption_load <= 12.0 THEN 12.0
           ELSE 1e308
         END AS upper,
         count(*) AS hcps
  FROM hcp_now
  GROUP BY 1
)
SELECT edge.le, coalesce(sum(placed.hcps), 0) AS value
FROM edge
LEFT JOIN placed ON placed.upper <= edge.upper
GROUP BY edge.le, edge.upper
ORDER BY edge.upper
