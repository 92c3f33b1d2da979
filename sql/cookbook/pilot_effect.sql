-- Question: did a pilot change fragmentation, and was it large enough to tell?
-- Answer: per pilot the difference in differences over its units (territories), weighted by pilot units of a stratum:
--   what changed in pilot units beyond what changed in control units. `p` is the share of all relabellings of the
--   units, within strata, that give as large a difference; `detectable` is the smallest difference that would have had
--   p <= 0.05 with these units: a smaller `did` proves nothing. Below zero is less fragmentation.
-- Misleads: read `verdict`, not `did`. The placebo asks the same of the two halves of the time before: if that
--   differs too, the arms were not comparable. Another metric than the one registered before the start is exploratory.
--   Two pilots looked at are two chances to find something.
-- Ask: compliance, admin; to others, who see no owners, voices are fewer than they are. Medical touches are left out.
-- Parameters: `params`, and one line per unit in `units`: pilot, territory, arm, stratum; start, washout and length
--   of both spans. At most 12 units a pilot. HCPs belong to the territory that they had at the start (intention to
--   treat).
-- Thin support: an HCP counts with a fragmentation of basis agreement+coordination; a unit without one in both spans
--   is dropped and counted; fewer than 3 units an arm, or p_floor > 0.05, is too_small.
-- Cost: touch_metrics over the touches of the units' HCPs, four spans; 4,096 relabellings.
WITH params AS (
    SELECT now() AS at, 'agreement+coordination' AS basis, TIMESTAMPTZ '2026-03-24T00:00:00Z' AS starts,
        INTERVAL '14 days' AS washout, INTERVAL '56 days' AS length, INTERVAL '28 days' AS half
),
units (pilot_id, territory, arm, stratum) AS (
    VALUES ('one-theme', 'ter-p01', 'pilot', 'all'), ('one-theme', 'ter-p02', 'control', 'all'),
        ('one-theme', 'ter-p03', 'pilot', 'all'), ('one-theme', 'ter-p04', 'control', 'all'),
        ('one-theme', 'ter-p05', 'pilot', 'all'), ('one-theme', 'ter-p06', 'control', 'all'),
        ('one-theme', 'ter-p07', 'pilot', 'all'), ('one-theme', 'ter-p08', 'control', 'all'),
        ('on-paper', 'ter-n01', 'pilot', 'all'), ('on-paper', 'ter-n02', 'control', 'all'),
        ('on-paper', 'ter-n03', 'pilot', 'all'), ('on-paper', 'ter-n04', 'control', 'all'),
        ('on-paper', 'ter-n05', 'pilot', 'all'), ('on-paper', 'ter-n06', 'control', 'all'),
        ('on-paper', 'ter-n07', 'pilot', 'all'), ('on-paper', 'ter-n08', 'control', 'all')
),
spans AS (
    SELECT 'pre' AS span, p.starts AS ends, p.length AS width FROM params p
    UNION ALL SELECT 'post', p.starts + p.washout + p.length, p.length FROM params p
    UNION ALL SELECT 'pre_1', p.starts - p.half, p.half FROM params p
    UNION ALL SELECT 'pre_2', p.starts, p.half FROM params p
),
members AS (
    SELECT u.pilot_id, u.territory, u.arm, u.stratum, h.hcp_id
    FROM params p
    CROSS JOIN units u
    JOIN hcps_history h ON h.territory = u.territory
        AND (h.valid_from IS NULL OR h.valid_from <= p.starts) AND (h.valid_to IS NULL OR h.valid_to > p.starts)
),
touched AS (
    SELECT m.pilot_id, m.territory, m.arm, t.hcp_id, t.owner_id, t.business_function, s.span, s.ends, s.width, t.occurred_at,
        t.source, t.event_id, t.kind, t.status, t.channel, t.origin, t.purpose, t.product, t.theme, t.plan_id, t.plan_step,
        t.request_id, t.status_at, t.answered_at, t."precision", t.solicited
    FROM members m
    JOIN touchpoints t ON t.hcp_id = m.hcp_id AND t.business_function <> 'medical'
    JOIN spans s ON t.occurred_at > s.ends - s.width AND t.occurred_at <= s.ends
),
measured AS (
    SELECT pilot_id, territory, span, hcp_id,
        touch_metrics(hcp_id, occurred_at, source, event_id, kind, status, channel, origin, business_function, purpose,
            owner_id, product, theme, plan_id, plan_step, request_id, status_at, answered_at, "precision", solicited,
            ends, width, 'commercial') AS m
    FROM touched
    GROUP BY pilot_id, territory, span, hcp_id
),
unit_means AS (
    SELECT x.pilot_id, x.territory, x.span, count(*) AS hcps, sum(x.m['fragmentation']) / count(*) AS mean
    FROM params p
    CROSS JOIN measured x
    WHERE x.m['coherence_basis'] = p.basis
    GROUP BY x.pilot_id, x.territory, x.span
),
wide AS (
    SELECT u.pilot_id, u.territory, u.arm, u.stratum,
        max(CASE WHEN x.span = 'pre' THEN x.mean END) AS pre, max(CASE WHEN x.span = 'post' THEN x.mean END) AS post,
        max(CASE WHEN x.span = 'pre_1' THEN x.mean END) AS pre_1, max(CASE WHEN x.span = 'pre_2' THEN x.mean END) AS pre_2
    FROM units u
    LEFT JOIN unit_means x ON x.pilot_id = u.pilot_id AND x.territory = u.territory
    GROUP BY u.pilot_id, u.territory, u.arm, u.stratum
),
unit_rows AS (
    SELECT *, post - pre AS delta, pre_2 - pre_1 AS placebo_delta, CASE WHEN arm = 'pilot' THEN 1 ELSE 0 END AS is_pilot,
        CASE WHEN post IS NOT NULL AND pre IS NOT NULL
                AND sum(CASE WHEN arm = 'pilot' AND post IS NOT NULL AND pre IS NOT NULL THEN 1 ELSE 0 END)
                    OVER (PARTITION BY pilot_id, stratum) > 0
                AND sum(CASE WHEN arm = 'control' AND post IS NOT NULL AND pre IS NOT NULL THEN 1 ELSE 0 END)
                    OVER (PARTITION BY pilot_id, stratum) > 0
            THEN 1 ELSE 0 END AS used
    FROM wide
),
both_arms AS (
    SELECT *, row_number() OVER (PARTITION BY pilot_id ORDER BY territory) - 1 AS bit,
        count(*) OVER (PARTITION BY pilot_id) AS units
    FROM unit_rows
    WHERE used = 1
),
labelled AS (
    SELECT b.pilot_id, b.stratum, g.mask, b.is_pilot, b.delta, b.placebo_delta, (g.mask >> b.bit) & 1 AS as_pilot
    FROM both_arms b
    JOIN (SELECT value AS mask FROM generate_series(0, 4095)) g ON g.mask < power(2, b.units)
),
by_stratum AS (
    SELECT pilot_id, mask, stratum, sum(is_pilot) AS pilots, sum(as_pilot) AS as_pilots,
        max(CASE WHEN is_pilot <> as_pilot THEN 1 ELSE 0 END) AS other,
        avg(CASE WHEN as_pilot = 1 THEN delta END) - avg(CASE WHEN as_pilot = 0 THEN delta END) AS difference,
        avg(CASE WHEN as_pilot = 1 THEN placebo_delta END) - avg(CASE WHEN as_pilot = 0 THEN placebo_delta END) AS placebo
    FROM labelled
    GROUP BY pilot_id, mask, stratum
),
relabelled AS (
    SELECT pilot_id, mask, max(other) AS other,
        round(sum(pilots * difference) / sum(pilots), 9) AS did, round(sum(pilots * placebo) / sum(pilots), 9) AS placebo_did
    FROM by_stratum
    GROUP BY pilot_id, mask
    HAVING max(abs(pilots - as_pilots)) = 0
),
ranked AS (
    SELECT *, count(*) OVER (PARTITION BY pilot_id) AS relabellings,
        count(*) OVER (PARTITION BY pilot_id ORDER BY abs(did) DESC
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS as_large,
        count(*) OVER (PARTITION BY pilot_id ORDER BY abs(placebo_did) DESC
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS placebo_as_large
    FROM relabelled
),
tested AS (
    SELECT pilot_id, max(relabellings) AS relabellings, max(CASE WHEN other = 0 THEN did END) AS did,
        max(CASE WHEN other = 0 THEN as_large * 1.0 / relabellings END) AS p,
        max(CASE WHEN other = 0 THEN placebo_did END) AS placebo_did,
        max(CASE WHEN other = 0 THEN placebo_as_large * 1.0 / relabellings END) AS placebo_p,
        min(CASE WHEN as_large * 1.0 / relabellings <= 0.05 THEN abs(did) END) AS detectable
    FROM ranked
    GROUP BY pilot_id
),
arms AS (
    SELECT pilot_id, sum(CASE WHEN arm = 'pilot' THEN used ELSE 0 END) AS units_pilot,
        sum(CASE WHEN arm = 'control' THEN used ELSE 0 END) AS units_control, sum(1 - used) AS units_dropped,
        abs(avg(CASE WHEN arm = 'pilot' AND used = 1 THEN pre END) - avg(CASE WHEN arm = 'control' AND used = 1 THEN pre END))
            / nullif(stddev_samp(CASE WHEN used = 1 THEN pre END), 0) AS baseline_gap_sd
    FROM unit_rows
    GROUP BY pilot_id
),
pilot_owners AS (
    SELECT DISTINCT pilot_id, owner_id FROM touched WHERE arm = 'pilot' AND span = 'pre' AND business_function = 'sales'
),
contaminated AS (
    SELECT m.pilot_id, count(DISTINCT m.hcp_id) AS control_hcps, count(DISTINCT t.hcp_id) AS touched_hcps
    FROM members m
    LEFT JOIN (
        SELECT t.pilot_id, t.hcp_id
        FROM touched t
        JOIN pilot_owners o ON o.pilot_id = t.pilot_id AND o.owner_id = t.owner_id
        WHERE t.arm = 'control' AND t.span = 'post'
    ) t ON t.pilot_id = m.pilot_id AND t.hcp_id = m.hcp_id
    WHERE m.arm = 'control'
    GROUP BY m.pilot_id
)
SELECT a.pilot_id, a.units_pilot, a.units_control, a.units_dropped, round(t.did, 4) AS did, round(t.p, 4) AS p,
    round(1.0 / t.relabellings, 4) AS p_floor, round(t.detectable, 4) AS detectable, round(t.placebo_did, 4) AS placebo_did,
    round(t.placebo_p, 4) AS placebo_p, round(a.baseline_gap_sd, 4) AS baseline_gap_sd,
    round(c.touched_hcps * 1.0 / c.control_hcps, 4) AS contamination,
    CASE WHEN p.at < p.starts + p.washout + p.length THEN 'not_final'
        WHEN t.pilot_id IS NULL OR a.units_pilot < 3 OR a.units_control < 3 OR 1.0 / t.relabellings > 0.05 THEN 'too_small'
        WHEN t.placebo_p < 0.10 OR a.baseline_gap_sd > 1 OR c.touched_hcps > 0.10 * c.control_hcps THEN 'not_comparable'
        WHEN t.p <= 0.05 AND t.did < 0 THEN 'better' WHEN t.p <= 0.05 AND t.did > 0 THEN 'worse'
        ELSE 'no_evidence' END AS verdict
FROM params p
CROSS JOIN arms a
LEFT JOIN tested t ON t.pilot_id = a.pilot_id
LEFT JOIN contaminated c ON c.pilot_id = a.pilot_id
ORDER BY a.pilot_id
