-- Question: do rep e-mails rise within a week of a wave of headquarters?
-- Answer: by territory and over all, rep e-mails to the recipients of a wave in the 7 days after it beside the 7 days
--   before. `rises` says that clearly more HCPs got more after their waves than before (95 % of a sign test over HCPs),
--   and that the week before shows no such rise over the week before that (the placebo).
-- Misleads: a rise is no cause: a launch moves both. Weeks of two waves overlap where they follow within a week; an
--   HCP counts once in the sign test whatever the number of waves. Of several territories some rise by chance: one in
--   forty.
-- Ask: commercial, analyst.
-- Parameters: `params`: the instant, how far back, the recipients that make a wave.
-- Thin support: shares are NULL where fewer than 20 HCPs differ between the two weeks.
-- Cost: e-mails of `span`, joined with themselves by HCP within three weeks.
WITH params AS (
    SELECT now() AS at, INTERVAL '180 days' AS span, 10 AS recipients, 1.96 AS z
),
mails AS (
    SELECT t.hcp_id, t.occurred_at, t.origin, t.product, t.theme
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.kind = 'emails' AND t.business_function <> 'medical' AND t.purpose = 'promotional'
        AND t.status IN ('sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed')
        AND t.occurred_at > p.at - p.span - INTERVAL '14 days' AND t.occurred_at <= p.at
),
waves AS (
    SELECT date_trunc('day', m.occurred_at) AS day, m.product, m.theme
    FROM params p
    CROSS JOIN mails m
    WHERE m.origin = 'hq' AND m.occurred_at > p.at - p.span AND m.occurred_at <= p.at - INTERVAL '7 days'
    GROUP BY 1, 2, 3
    HAVING count(DISTINCT m.hcp_id) >= min(p.recipients)
),
received AS (
    SELECT m.hcp_id, w.day, w.product, w.theme, min(m.occurred_at) AS sent_at
    FROM mails m
    JOIN waves w ON date_trunc('day', m.occurred_at) = w.day AND (w.product IS NOT DISTINCT FROM m.product)
        AND (w.theme IS NOT DISTINCT FROM m.theme)
    WHERE m.origin = 'hq'
    GROUP BY m.hcp_id, w.day, w.product, w.theme
),
spans AS (
    SELECT hcp_id, sent_at, sent_at - INTERVAL '14 days' AS earliest, sent_at - INTERVAL '7 days' AS week_before,
        sent_at + INTERVAL '7 days' AS week_after
    FROM received
),
around AS (
    SELECT s.hcp_id, s.sent_at, CASE WHEN m.occurred_at > s.sent_at THEN 1 ELSE 0 END AS after,
        CASE WHEN m.occurred_at <= s.sent_at AND m.occurred_at > s.week_before THEN 1 ELSE 0 END AS before,
        CASE WHEN m.occurred_at <= s.week_before THEN 1 ELSE 0 END AS earlier
    FROM spans s
    JOIN mails m ON m.hcp_id = s.hcp_id AND m.origin = 'rep' AND m.occurred_at > s.earliest
        AND m.occurred_at <= s.week_after
),
waved AS (
    SELECT hcp_id, count(*) AS waves FROM received GROUP BY hcp_id
),
mailed AS (
    SELECT hcp_id, sum(after) AS after, sum(before) AS before, sum(earlier) AS earlier FROM around GROUP BY hcp_id
),
by_hcp AS (
    SELECT w.hcp_id, coalesce(h.territory, '?') AS territory, w.waves, coalesce(a.after, 0) AS after,
        coalesce(a.before, 0) AS before, coalesce(a.earlier, 0) AS earlier
    FROM params p
    CROSS JOIN waved w
    LEFT JOIN mailed a ON a.hcp_id = w.hcp_id
    LEFT JOIN hcps_history h ON h.hcp_id = w.hcp_id
        AND (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
),
scoped AS (
    SELECT CASE WHEN v.scope = 'all' THEN 'all' ELSE b.territory END AS territory, b.hcp_id, b.waves, b.after, b.before,
        b.earlier
    FROM by_hcp b
    CROSS JOIN (VALUES ('all'), ('own')) AS v (scope)
),
summed AS (
    SELECT territory, count(*) AS hcps, sum(waves) AS received, sum(after) AS after, sum(before) AS before,
        sum(earlier) AS earlier,
        sum(CASE WHEN after > before THEN 1 ELSE 0 END) AS more, sum(CASE WHEN after < before THEN 1 ELSE 0 END) AS fewer,
        sum(CASE WHEN before > earlier THEN 1 ELSE 0 END) AS placebo_more,
        sum(CASE WHEN before < earlier THEN 1 ELSE 0 END) AS placebo_fewer
    FROM scoped
    GROUP BY territory
),
shares AS (
    SELECT *, CASE WHEN more + fewer >= 20 THEN more * 1.0 / (more + fewer) END AS share,
        CASE WHEN placebo_more + placebo_fewer >= 20 THEN placebo_more * 1.0 / (placebo_more + placebo_fewer) END
            AS placebo_share
    FROM summed
),
bounded AS (
    SELECT s.*,
        (s.share + p.z * p.z / (2 * (s.more + s.fewer)) - p.z * sqrt(s.share * (1 - s.share) / (s.more + s.fewer)
            + p.z * p.z / (4.0 * (s.more + s.fewer) * (s.more + s.fewer)))) / (1 + p.z * p.z / (s.more + s.fewer)) AS low,
        (s.placebo_share + p.z * p.z / (2 * (s.placebo_more + s.placebo_fewer))
            - p.z * sqrt(s.placebo_share * (1 - s.placebo_share) / (s.placebo_more + s.placebo_fewer)
            + p.z * p.z / (4.0 * (s.placebo_more + s.placebo_fewer) * (s.placebo_more + s.placebo_fewer))))
            / (1 + p.z * p.z / (s.placebo_more + s.placebo_fewer)) AS placebo_low
    FROM params p
    CROSS JOIN shares s
)
SELECT territory, hcps, received AS mails_of_waves, after AS rep_mails_after, before AS rep_mails_before,
    earlier AS rep_mails_earlier, round(100.0 * after / received, 1) AS after_per_100,
    round(100.0 * before / received, 1) AS before_per_100, more AS hcps_more, fewer AS hcps_fewer,
    round(share, 4) AS more_share, round(low, 4) AS more_low, 0.5 AS chance_share,
    round(placebo_share, 4) AS placebo_share, low > 0.5 AND coalesce(placebo_low, 0) <= 0.5 AS rises
FROM bounded
ORDER BY CASE WHEN territory = 'all' THEN 0 ELSE 1 END, territory
