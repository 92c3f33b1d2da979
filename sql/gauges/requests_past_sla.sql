-- Medical requests of the last 28 days that missed their answering time: still open, or answered late.
-- Without territory: a count of one in a small territory would tell the field who asked.
SELECT state, sum(requests) AS value
FROM requests_now
WHERE state IN ('past_sla', 'answered_late')
GROUP BY state
