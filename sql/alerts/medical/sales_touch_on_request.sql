-- A touch of sales or marketing that carries the id of a medical request.
-- name: sales_touch_on_request
-- severity: critical
-- subject: hcp
-- act: accept
-- touches: on_request 28d
-- summary: {value} touches of sales or marketing in 28 days carry the id of a medical request
SELECT hcp_id, as_of, true AS fires, count(*) AS value
FROM changed_touches
WHERE carries_request AND business_function IN ('sales', 'marketing')
GROUP BY hcp_id, as_of
