-- HCPs whose coherence is unknown: nothing touched them in 28 days, or their touches say too little.
SELECT CASE WHEN touches = 0 THEN 'no_touches' ELSE 'thin_support' END AS reason,
       count(*) AS value
FROM hcp_now
WHERE coherence IS NULL
GROUP BY 1
