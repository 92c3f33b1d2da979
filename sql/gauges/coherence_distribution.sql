-- HCPs with at most this coherence (cumulative buckets), by the parts it rests on; compare equal bases only.
-- HCPs without a coherence are in hcps_without_coherence.
WITH edge (le, upper) AS (
  VALUES ('0.1', 0.1), ('0.2', 0.2), ('0.3', 0.3), ('0.4', 0.4), ('0.5', 0.5), ('0.6', 0.6), ('0.7', 0.7), ('0.8', 0.8),
         ('0.9', 0.9), ('+Inf', 1e308)
),
placed AS (
  SELECT coherence_basis AS basis,
         CASE
           WHEN coherence <= 0.1 THEN 0.1
           WHEN coherence <= 0.2 THEN 0.2
           WHEN coherence <= 0.3 THEN 0.3
           WHEN coherence <= 0.4 THEN 0.4
           WHEN coherence <= 0.5 THEN 0.5
           WHEN coherence <= 0.6 THEN 0.6
           WHEN coherence <= 0.7 THEN 0.7
           WHEN coherence <= 0.8 THEN 0.8
           WHEN coherence <= 0.9 THEN 0.9
           ELSE 1e308
         END AS upper,
         count(*) AS hcps
  FROM hcp_now
  WHERE coherence IS NOT NULL
  GROUP BY 1, 2
),
cell AS (
  SELECT bases.basis, edge.le, edge.upper
  FROM (SELECT DISTINCT basis FROM placed) AS bases
  CROSS JOIN edge
)
SELECT cell.basis, cell.le, coalesce(sum(placed.hcps), 0) AS value
FROM cell
LEFT JOIN placed ON placed.basis = cell.basis AND placed.upper <= cell.upper
GROUP BY cell.basis, cell.le, cell.upper
ORDER BY cell.basis, cell.upper
