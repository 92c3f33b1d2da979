-- A touch on a channel without valid consent. Later consent does not heal it.
-- name: consent_conflict
-- severity: critical
-- subject: hcp
-- act: accept
-- touches: all 28d
-- summary: {value} touches in 28 days on a channel without valid consent
SELECT hcp_id, as_of, true AS fires, consent_conflicts AS value
FROM changed
WHERE consent_conflicts > 0
