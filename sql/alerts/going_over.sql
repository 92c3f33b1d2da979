-- Planned touches take a budget over its cap while one of them can still be moved.
-- name: going_over
-- severity: warning
-- subject: hcp
-- act: hold
-- touches: forecast
-- summary: with {planned} budget {binding} goes over on {over_at}, use {value}; {advice}
SELECT hcp_id,
       as_of,
       true AS fires,
       budget_use AS value,
       binding_budget AS binding,
       move_to AS hold_until,
       CASE WHEN planned = 1 THEN '1 planned touch' ELSE CAST(planned AS VARCHAR) || ' planned touches' END AS planned,
       over_at,
       CASE
         WHEN act = 'move'
         THEN 'move the ' || move_channel || ' of ' || CAST(move_from AS VARCHAR) || ' to ' || CAST(move_to AS VARCHAR)
         ELSE 'cancel the ' || move_channel || ' of ' || CAST(move_from AS VARCHAR)
       END AS advice
FROM changed_forecast
WHERE excess > 0 AND act IS NOT NULL
