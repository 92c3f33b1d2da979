-- HCPs by interruption band and fragmentation: who is busy and who hears contradicting voices are different problems.
-- Load bands as in hcps_by_load_band. Fragmentation (1 - coherence): coherent below 0.25, mixed below 0.5, fragmented
-- from 0.5 on, unknown where the touches say too little.
SELECT CASE
         WHEN visits_per_week < 0.05 THEN 'none'
         WHEN visits_per_week < 0.5 THEN 'light'
         WHEN visits_per_week < 1 THEN 'moderate'
         WHEN visits_per_week < 2 THEN 'heavy'
         ELSE 'very_heavy'
       END AS load_band,
       CASE
         WHEN fragmentation IS NULL THEN 'unknown'
         WHEN fragmentation < 0.25 THEN 'coherent'
         WHEN fragmentation < 0.5 THEN 'mixed'
         ELSE 'fragmented'
       END AS fragmentation,
       count(*) AS value
FROM hcp_now
GROUP BY 1, 2
