-- HCPs by territory and how far their budgets are used up: clear, near, full, over, and none without a budget.
-- Territories as in hcps_by_load_band.
WITH largest AS (
  SELECT territory FROM hcp_now GROUP BY territory ORDER BY count(*) DESC, territory LIMIT 50
)
SELECT coalesce(largest.territory, 'other') AS territory,
       coalesce(zone, 'none') AS zone,
       count(*) AS value
FROM hcp_now
LEFT JOIN largest ON largest.territory = hcp_now.territory
GROUP BY 1, 2
