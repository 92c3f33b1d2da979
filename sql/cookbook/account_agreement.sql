-- Question: at which accounts do the functions speak of different things?
-- Answer: accounts by the chance that two touches from different functions share a theme: over the whole account
--   (`pooled`) and for the same HCP (`within`). Low pooled agreement with several functions at work is what an account
--   calls fragmented. The twenty lowest.
-- Misleads: themes of which nothing is recorded are left out: see `theme_coverage`. A deliberate sequence changes
--   topic, never theme; where reps record themes as topics this measure accuses them wrongly. The lowest of many
--   accounts is low partly by chance: look at the same account in another span before acting.
-- Ask: commercial, analyst. Medical touches are left out.
-- Parameters: `params`.
-- Thin support: `pooled` and `within` are NULL under 10 pairs; accounts without `pooled` are left out.
-- Cost: touches of 90 days, grouped four times over.
WITH params AS (
    SELECT now() AS at, INTERVAL '90 days' AS width
),
touches AS (
    SELECT coalesce(a.account_id, h.account_id, 'unassigned') AS account_id, t.hcp_id, t.business_function, t.theme
    FROM params p
    CROSS JOIN touchpoints t
    LEFT JOIN hcps_history h ON h.hcp_id = t.hcp_id AND (h.valid_from IS NULL OR h.valid_from <= t.occurred_at)
        AND (h.valid_to IS NULL OR h.valid_to > t.occurred_at)
    LEFT JOIN affiliations_history a ON a.hcp_id = t.hcp_id AND a.is_primary
        AND (a.valid_from IS NULL OR a.valid_from <= t.occurred_at) AND (a.valid_to IS NULL OR a.valid_to > t.occurred_at)
    WHERE t.occurred_at > p.at - p.width AND t.occurred_at <= p.at AND t.business_function <> 'medical'
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
),
fine AS (
    SELECT account_id, hcp_id, business_function, theme, count(*) * 1.0 AS n
    FROM touches
    GROUP BY account_id, hcp_id, business_function, theme
),
-- Ordered pairs from different functions are all pairs but those within a function: the squares of how many touches there
-- are, and of how many by function. Themes are compared where they are known.
by_theme AS (
    SELECT account_id, business_function, theme, sum(n) AS n
    FROM fine
    GROUP BY account_id, business_function, theme
),
squares AS (
    SELECT account_id, 0 AS hcps, 0 AS functions, sum(n) AS touches, sum(CASE WHEN theme IS NOT NULL THEN n ELSE 0 END) AS with_theme,
        0 AS within_num, 0 AS within_den, -sum(CASE WHEN theme IS NOT NULL THEN n * n ELSE 0 END) AS pooled_num, 0 AS pooled_den
    FROM by_theme
    GROUP BY account_id
    UNION ALL
    SELECT account_id, 0, 0, 0, 0, 0, 0, sum(n * n), 0
    FROM (SELECT account_id, sum(n) AS n FROM by_theme WHERE theme IS NOT NULL GROUP BY account_id, theme) x
    GROUP BY account_id
    UNION ALL
    SELECT account_id, 0, count(*), 0, 0, 0, 0, 0, sum(n) * sum(n) - sum(n * n)
    FROM (
        SELECT account_id, sum(CASE WHEN theme IS NOT NULL THEN n ELSE 0 END) AS n
        FROM by_theme
        GROUP BY account_id, business_function
    ) x
    GROUP BY account_id
    UNION ALL
    SELECT account_id, 0, 0, 0, 0, sum(n * n - alone), 0, 0, 0
    FROM (
        SELECT account_id, sum(n) AS n, sum(n * n) AS alone
        FROM fine
        WHERE theme IS NOT NULL
        GROUP BY account_id, hcp_id, theme
    ) x
    GROUP BY account_id
    UNION ALL
    SELECT account_id, count(*), 0, 0, 0, 0, sum(n * n - alone), 0, 0
    FROM (
        SELECT account_id, sum(n) AS n, sum(n * n) AS alone
        FROM (
            SELECT account_id, hcp_id, sum(CASE WHEN theme IS NOT NULL THEN n ELSE 0 END) AS n
            FROM fine
            GROUP BY account_id, hcp_id, business_function
        ) y
        GROUP BY account_id, hcp_id
    ) x
    GROUP BY account_id
),
summed AS (
    SELECT account_id, sum(hcps) AS hcps, sum(functions) AS functions, sum(touches) AS touches,
        sum(with_theme) AS with_theme, sum(within_num) AS within_num, sum(within_den) AS within_den,
        sum(pooled_num) AS pooled_num, sum(pooled_den) AS pooled_den
    FROM squares
    GROUP BY account_id
)
SELECT s.account_id, c.territory, c.kind, s.hcps, s.functions, CAST(s.touches AS BIGINT) AS touches,
    round(s.with_theme / s.touches, 4) AS theme_coverage,
    CASE WHEN s.pooled_den >= 20 THEN round(s.pooled_num / s.pooled_den, 4) END AS pooled,
    CAST(s.pooled_den / 2 AS BIGINT) AS pooled_pairs,
    CASE WHEN s.within_den >= 20 THEN round(s.within_num / s.within_den, 4) END AS within_hcps,
    CAST(s.within_den / 2 AS BIGINT) AS within_pairs
FROM params p
CROSS JOIN summed s
LEFT JOIN accounts_history c ON c.account_id = s.account_id
    AND (c.valid_from IS NULL OR c.valid_from <= p.at) AND (c.valid_to IS NULL OR c.valid_to > p.at)
WHERE s.pooled_den >= 20
ORDER BY s.pooled_num / s.pooled_den, s.account_id
LIMIT 20
