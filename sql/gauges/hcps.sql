-- HCPs tracked, by whether anything touched them in the last 28 days; the sum is everyone tracked.
SELECT CASE WHEN touches > 0 THEN 'touched' ELSE 'quiet' END AS activity,
       count(*) AS value
FROM hcp_now
GROUP BY 1
