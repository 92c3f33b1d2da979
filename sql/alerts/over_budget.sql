-- More touches than a budget allows.
-- name: over_budget
-- severity: warning
-- subject: hcp
-- act: hold
-- touches: budget
-- summary: budget {binding} is over its cap: use {value}, headroom {headroom}
SELECT hcp_id,
       as_of,
       budget_use > $budget_use_above AS fires,
       budget_use AS value,
       binding_budget AS binding,
       next_free_at AS hold_until,
       headroom
FROM changed
WHERE budget_use > $budget_use_clear
