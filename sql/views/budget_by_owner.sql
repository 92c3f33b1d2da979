-- budget_by_owner: of every budget per owner and every owner, how many HCPs the touches in its window reached, and how
-- many each of these HCPs had: mean, nearest-rank median and 90th percentile, most, and how many HCPs had more than the
-- cap. Calls on an HCP whom the owner did not call on are not there: the mean is over those called on. Nobody's touches
-- (owner_id NULL) are one owner.
SELECT
    budget, owner_id, window_days, cap,
    count(*) AS hcps,
    sum(used) AS touches,
    sum(used) / CAST(count(*) AS DOUBLE) AS mean,
    array_sort(array_agg(used))[CAST(ceil(0.5 * count(*)) AS BIGINT)] AS p50,
    array_sort(array_agg(used))[CAST(ceil(0.9 * count(*)) AS BIGINT)] AS p90,
    max(used) AS most,
    count(*) FILTER (WHERE used > cap) AS hcps_over_cap
FROM budget_shares(now())
WHERE per = 'owner'
GROUP BY budget, owner_id, window_days, cap
