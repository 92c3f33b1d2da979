-- Interruption of all HCPs as weekly visits' worth, by territory; divide by HCPs for the average.
-- Territories as in hcps_by_load_band.
WITH largest AS (
  SELECT territory FROM hcp_now GROUP BY territory ORDER BY count(*) DESC, territory LIMIT 50
)
SELECT coalesce(largest.territory, 'other') AS territory,
       sum(visits_per_week) AS value
FROM hcp_now
LEFT JOIN largest ON largest.territory = hcp_now.territory
GROUP BY 1
