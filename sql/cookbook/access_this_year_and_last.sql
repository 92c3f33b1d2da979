-- Question: can the same HCPs still be seen, this year against last?
-- Answer: by territory and over all, HCPs rated in both years: how many were accessible (more than 0.70 of visits got
--   through) then and now, how many moved down or up a band, and the pooled share of visits that got through.
-- Misleads: a closed door that nobody writes down looks open. `reporting` is the share of owners with 20 attempts or
--   more who wrote down at least one; below 0.5 in either year every column of access is NULL (`reason` not_reported).
--   One company's log is not the industry's survey. Days are UTC; a single HCP's interval is wide: see `wide_bands`.
-- Ask: compliance, admin; to others, who see no owners, nobody would be a reporter who never reports a closed door.
--   A closed door is not a task: wait, use another channel with consent, ask for a preference.
-- Parameters: `params`.
-- Thin support: an HCP is rated from 4 attempts on; columns are NULL with fewer than 20 matched HCPs (thin_support).
-- Cost: visits of two years, grouped twice.
WITH params AS (
    SELECT now() AS at, INTERVAL '365 days' AS year, 4 AS attempts, 20 AS matched, 1.96 AS z
),
visits AS (
    SELECT t.hcp_id, coalesce(t.owner_id, '?') AS owner_id, date_trunc('day', t.occurred_at) AS day,
        CASE WHEN t.occurred_at > p.at - p.year THEN 'now' ELSE 'then' END AS year,
        max(CASE WHEN t.status = 'completed' THEN 1 ELSE 0 END) AS seen
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.kind = 'calls' AND t.channel = 'face_to_face' AND t.business_function = 'sales'
        AND t.status IN ('completed', 'no_access') AND t.purpose NOT IN ('service', 'safety')
        AND t.occurred_at > p.at - p.year - p.year AND t.occurred_at <= p.at
    GROUP BY 1, 2, 3, 4
),
placed AS (
    SELECT v.*, coalesce(h.territory, '?') AS territory, a.access_status
    FROM params p
    CROSS JOIN visits v
    LEFT JOIN hcps_history h ON h.hcp_id = v.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
    LEFT JOIN affiliations_history f ON f.hcp_id = v.hcp_id AND f.is_primary
        AND (f.valid_from IS NULL OR f.valid_from <= p.at) AND (f.valid_to IS NULL OR f.valid_to > p.at)
    LEFT JOIN accounts_history a ON a.account_id = coalesce(f.account_id, h.account_id)
        AND (a.valid_from IS NULL OR a.valid_from <= p.at) AND (a.valid_to IS NULL OR a.valid_to > p.at)
),
scoped AS (
    SELECT CASE WHEN v.scope = 'all' THEN 'all' ELSE l.territory END AS territory, l.hcp_id, l.owner_id, l.year, l.seen,
        l.access_status
    FROM (VALUES ('all'), ('own')) AS v (scope)
    CROSS JOIN placed l
),
owners AS (
    SELECT territory, year, owner_id, count(*) AS attempts, sum(1 - seen) AS closed
    FROM scoped
    GROUP BY territory, year, owner_id
),
reporting AS (
    SELECT territory, avg(CASE WHEN year = 'now' THEN CASE WHEN closed > 0 THEN 1.0 ELSE 0.0 END END) AS reporting_now,
        avg(CASE WHEN year = 'then' THEN CASE WHEN closed > 0 THEN 1.0 ELSE 0.0 END END) AS reporting_then
    FROM owners
    WHERE attempts >= 20
    GROUP BY territory
),
rated AS (
    SELECT s.territory, s.hcp_id, max(s.access_status) AS access_status,
        sum(CASE WHEN s.year = 'now' THEN 1 ELSE 0 END) AS n_now, sum(CASE WHEN s.year = 'now' THEN s.seen ELSE 0 END) AS x_now,
        sum(CASE WHEN s.year = 'now' THEN 0 ELSE 1 END) AS n_then, sum(CASE WHEN s.year = 'now' THEN 0 ELSE s.seen END) AS x_then
    FROM scoped s
    GROUP BY s.territory, s.hcp_id
),
bands AS (
    SELECT r.*,
        CASE WHEN r.access_status = 'closed' THEN 0 WHEN r.x_now > 0.7 * r.n_now THEN 2 WHEN r.x_now > 0.3 * r.n_now THEN 1
            ELSE 0 END AS band_now,
        CASE WHEN r.access_status = 'closed' THEN 0 WHEN r.x_then > 0.7 * r.n_then THEN 2
            WHEN r.x_then > 0.3 * r.n_then THEN 1 ELSE 0 END AS band_then,
        2 * p.z * sqrt(r.x_now * 1.0 / r.n_now * (1 - r.x_now * 1.0 / r.n_now) / r.n_now
            + p.z * p.z / (4.0 * r.n_now * r.n_now)) / (1 + p.z * p.z / r.n_now) AS breadth
    FROM params p
    CROSS JOIN rated r
    WHERE r.n_now >= p.attempts AND r.n_then >= p.attempts
),
matched AS (
    SELECT territory, count(*) AS matched, avg(CASE WHEN band_then = 2 THEN 1.0 ELSE 0.0 END) AS accessible_then,
        avg(CASE WHEN band_now = 2 THEN 1.0 ELSE 0.0 END) AS accessible_now,
        sum(CASE WHEN band_now < band_then THEN 1 ELSE 0 END) AS down,
        sum(CASE WHEN band_now > band_then THEN 1 ELSE 0 END) AS up,
        sum(x_then) * 1.0 / sum(n_then) AS through_then, sum(x_now) * 1.0 / sum(n_now) AS through_now,
        sum(n_then) AS attempts_then, sum(n_now) AS attempts_now,
        avg(CASE WHEN breadth > 0.4 THEN 1.0 ELSE 0.0 END) AS wide_bands
    FROM bands
    GROUP BY territory
),
judged AS (
    SELECT m.*, r.reporting_then, r.reporting_now,
        CASE WHEN m.matched < p.matched THEN 'thin_support'
            WHEN coalesce(r.reporting_now, 0) < 0.5 OR coalesce(r.reporting_then, 0) < 0.5 THEN 'not_reported' END AS reason
    FROM params p
    CROSS JOIN matched m
    LEFT JOIN reporting r ON r.territory = m.territory
)
SELECT territory, matched AS hcps_matched, attempts_then, attempts_now, round(reporting_then, 4) AS reporting_then,
    round(reporting_now, 4) AS reporting_now, reason,
    CASE WHEN reason IS NULL THEN round(accessible_then, 4) END AS accessible_then,
    CASE WHEN reason IS NULL THEN round(accessible_now, 4) END AS accessible_now,
    CASE WHEN reason IS NULL THEN round(accessible_now - accessible_then, 4) END AS change,
    CASE WHEN reason IS NULL THEN down END AS hcps_down, CASE WHEN reason IS NULL THEN up END AS hcps_up,
    CASE WHEN reason IS NULL THEN round(through_then, 4) END AS through_then,
    CASE WHEN reason IS NULL THEN round(through_now, 4) END AS through_now,
    CASE WHEN reason IS NULL THEN round(wide_bands, 4) END AS wide_bands
FROM judged
ORDER BY CASE WHEN territory = 'all' THEN 0 ELSE 1 END, territory
