-- An HCP who is touched often by voices that do not add up. Needs five touches on two channels at least.
-- name: fragmentation_of_a_busy_hcp
-- severity: warning
-- subject: hcp
-- act: reassign
-- touches: all 28d
-- summary: fragmentation {value} (by {basis}) at {visits_per_week} visits' worth per week
SELECT hcp_id,
       as_of,
       fragmentation > $fragmentation_above AND visits_per_week > $busy_above AS fires,
       fragmentation AS value,
       coherence_basis AS basis,
       visits_per_week
FROM changed
WHERE fragmentation > $fragmentation_clear
  AND visits_per_week > $busy_clear
  AND touches >= 5
  AND CAST(calls > 0 AS INT) + CAST(emails > 0 AS INT) + CAST(invitations > 0 AS INT) >= 2
