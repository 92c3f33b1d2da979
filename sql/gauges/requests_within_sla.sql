-- Medical requests of the last 28 days within their answering time: open and not yet due, or answered in time.
SELECT state, sum(requests) AS value
FROM requests_now
WHERE state IN ('open', 'answered_in_time')
GROUP BY state
