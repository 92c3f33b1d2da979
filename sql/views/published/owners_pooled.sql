-- owners_pooled: what the owners of a district did in a closed month (UTC), where at least 5 of them did something.
-- Owners whom the reader sees by themselves are not among them, so that nothing is left when those are taken off.
SELECT month, district, business_function, owners, hcps, touches FROM (
    SELECT date_trunc('month', occurred_at) AS month, district_of_pooled(owner_id) AS district, business_function,
        count(DISTINCT owner_id) AS owners, count(DISTINCT hcp_id) AS hcps, count(*) AS touches
    FROM touchpoints
    WHERE owner_id IS NOT NULL AND is_in_sight(hcp_id) AND is_touch(kind, status) AND occurred_at < date_trunc('month', $now)
    GROUP BY 1, 2, 3
)
WHERE district IS NOT NULL AND owners >= 5
