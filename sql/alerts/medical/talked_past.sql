-- Promotion of a product whose medical request is still open.
-- name: talked_past
-- severity: warning
-- subject: hcp
-- act: hold
-- touches: unsolicited 28d
-- summary: {value} promotional touches on the product of a medical request before its answer
SELECT hcp_id, as_of, true AS fires, talked_past AS value
FROM changed
WHERE talked_past > 0
