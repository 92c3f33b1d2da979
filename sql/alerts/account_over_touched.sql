-- Too much load on an account: the 90th percentile (nearest rank) over its HCPs. Needs three HCPs at least.
-- name: account_over_touched
-- severity: warning
-- subject: account
-- act: hold
-- summary: the 90th percentile of the loads of its {hcps} HCPs is {value}
WITH sizes AS (
  SELECT account_id, count(*) AS hcps
  FROM hcp_now
  WHERE account_id <> 'unknown'
  GROUP BY account_id
),
ranked AS (
  SELECT account_id,
         as_of,
         interruption_load,
         row_number() OVER (PARTITION BY account_id ORDER BY interruption_load) AS place
  FROM hcp_now
)
SELECT ranked.account_id,
       max(as_of) AS as_of,
       max(interruption_load) > $account_load_above AS fires,
       max(interruption_load) AS value,
       max(hcps) AS hcps
FROM ranked JOIN sizes ON sizes.account_id = ranked.account_id
WHERE hcps >= 3 AND 10 * place <= 9 * hcps + 9
GROUP BY ranked.account_id
HAVING max(interruption_load) > $account_load_clear
