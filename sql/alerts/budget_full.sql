-- A budget is used up: the next touch breaks it.
-- name: budget_full
-- severity: info
-- subject: hcp
-- act: hold
-- touches: budget
-- summary: budget {binding} is used up: the next unsolicited touch breaks it
SELECT hcp_id,
       as_of,
       true AS fires,
       budget_use AS value,
       binding_budget AS binding,
       next_free_at AS hold_until
FROM changed
WHERE zone = 'full'
