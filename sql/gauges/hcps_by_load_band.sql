-- HCPs by interruption band (steady weekly visits' worth) and territory.
-- Bands of visits_per_week: none below 0.05, light below 0.5, moderate below 1, heavy below 2, very_heavy from 2 on.
-- The 50 territories with most HCPs keep their name, the rest is other. Each process of a fleet chooses its own 50:
-- beyond 50 territories sums over all territories stay exact, a territory at the border may lie partly in other.
WITH largest AS (
  SELECT territory FROM hcp_now GROUP BY territory ORDER BY count(*) DESC, territory LIMIT 50
)
SELECT coalesce(largest.territory, 'other') AS territory,
       CASE
         WHEN visits_per_week < 0.05 THEN 'none'
         WHEN visits_per_week < 0.5 THEN 'light'
         WHEN visits_per_week < 1 THEN 'moderate'
         WHEN visits_per_week < 2 THEN 'heavy'
         ELSE 'very_heavy'
       END AS load_band,
       count(*) AS value
FROM hcp_now
LEFT JOIN largest ON largest.territory = hcp_now.territory
GROUP BY 1, 2
