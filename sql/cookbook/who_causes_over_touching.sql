-- Question: who causes over-touching: which owners of which function about which product, by territory, against
--   chance and against peers?
-- Answer: of the unsolicited touches of a cell, `on_full` were made on an HCP who had the cap in 28 days already;
--   `peers_share` is what the same HCPs (specialty x segment x size of territory) meet in other territories, and
--   `beyond` says that the interval at z = 3 lies above it. `collided` came within 48 h after another voice;
--   `chance_share` is what as many touches of other voices would give at random times.
-- Misleads: who comes last breaks the cap, whoever used it up: read both shares. Twenty rows are twenty chances to be
--   beyond peers by luck, hence z = 3 and not 2. A cell of sales differs from one of marketing by its channels as well.
-- Ask: compliance, admin; others see no owners but their line and have `owners_pooled`. Never a league table of people:
--   fewer than five owners are pooled, first over territories ('*'), then over products, then left out. With an owner_id as
--   `me` that owner and their line have rows of their own.
-- Parameters: `params`; the cap is that of the policy over all channels.
-- Thin support: shares are NULL under 20 touches; `peers_share` where fewer than 20 touches have peers.
-- Cost: three sorts of the touches of `span`; no join of touches with touches.
WITH params AS (
    SELECT now() AS at, INTERVAL '90 days' AS span, 4 AS cap, 3.0 AS z, '' AS me
),
touches AS (
    SELECT t.hcp_id, t.occurred_at, t.business_function, coalesce(t.product, '?') AS product,
        coalesce(t.owner_id, '?') AS owner_id, p.cap,
        t.occurred_at > p.at - p.span AS inside
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - p.span - INTERVAL '28 days' AND t.occurred_at <= p.at
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
        AND t.business_function <> 'medical' AND NOT t.solicited AND t.purpose NOT IN ('service', 'safety')
),
counted AS (
    SELECT *,
        count(*) OVER (PARTITION BY hcp_id ORDER BY occurred_at
            RANGE BETWEEN INTERVAL '2419199999 milliseconds' PRECEDING AND CURRENT ROW) AS in_28d,
        count(*) OVER (PARTITION BY hcp_id, owner_id, business_function ORDER BY occurred_at
            RANGE BETWEEN INTERVAL '2419199999 milliseconds' PRECEDING AND CURRENT ROW) AS own_in_28d,
        count(*) OVER (PARTITION BY hcp_id ORDER BY occurred_at
            RANGE BETWEEN INTERVAL '172799999 milliseconds' PRECEDING AND CURRENT ROW) AS in_48h,
        count(*) OVER (PARTITION BY hcp_id, owner_id, business_function ORDER BY occurred_at
            RANGE BETWEEN INTERVAL '172799999 milliseconds' PRECEDING AND CURRENT ROW) AS own_in_48h
    FROM touches
),
places AS (
    SELECT h.hcp_id, coalesce(h.territory, '?') AS territory, h.specialty, h.segment,
        count(*) OVER (PARTITION BY h.territory) AS hcps
    FROM params p
    CROSS JOIN hcps_history h
    WHERE (h.valid_from IS NULL OR h.valid_from <= p.at) AND (h.valid_to IS NULL OR h.valid_to > p.at)
),
judged AS (
    SELECT c.owner_id, c.business_function, c.product, coalesce(l.territory, '?') AS territory, l.specialty, l.segment,
        CASE WHEN l.hcps < 50 THEN 'small' WHEN l.hcps < 200 THEN 'middle' ELSE 'large' END AS size,
        CASE WHEN c.in_28d > c.cap THEN 1 ELSE 0 END AS on_full,
        CASE WHEN c.in_48h > c.own_in_48h THEN 1 ELSE 0 END AS collided,
        1 - exp(-(c.in_28d - c.own_in_28d) * 2.0 / 28) AS by_chance
    FROM counted c
    LEFT JOIN places l ON l.hcp_id = c.hcp_id
    WHERE c.inside
),
fine AS (
    SELECT owner_id, business_function, product, territory, specialty, segment, size, count(*) AS touches,
        sum(on_full) AS on_full, sum(collided) AS collided, sum(by_chance) AS by_chance
    FROM judged
    GROUP BY owner_id, business_function, product, territory, specialty, segment, size
),
beside_peers AS (
    SELECT *,
        sum(touches) OVER (PARTITION BY specialty, segment, size)
            - sum(touches) OVER (PARTITION BY specialty, segment, size, territory) AS peer_touches,
        sum(on_full) OVER (PARTITION BY specialty, segment, size)
            - sum(on_full) OVER (PARTITION BY specialty, segment, size, territory) AS peer_on_full
    FROM fine
),
by_owner AS (
    SELECT b.territory, b.business_function, b.product, b.owner_id, sum(b.touches) AS touches, sum(b.on_full) AS on_full,
        sum(b.collided) AS collided, sum(b.by_chance) AS by_chance,
        sum(CASE WHEN b.specialty IS NOT NULL AND b.segment IS NOT NULL AND b.peer_touches >= 20
            THEN b.touches ELSE 0 END) AS with_peers,
        sum(CASE WHEN b.specialty IS NOT NULL AND b.segment IS NOT NULL AND b.peer_touches >= 20
            THEN b.touches * b.peer_on_full * 1.0 / b.peer_touches ELSE 0 END) AS expected
    FROM beside_peers b
    GROUP BY b.territory, b.business_function, b.product, b.owner_id
),
narrow AS (
    SELECT o.*, CASE WHEN o.owner_id = p.me OR w.manager_id = p.me THEN 1 ELSE 0 END AS mine,
        count(*) OVER (PARTITION BY o.territory, o.business_function, o.product) AS owners_here
    FROM params p
    CROSS JOIN by_owner o
    LEFT JOIN people_history w ON w.owner_id = o.owner_id
        AND (w.valid_from IS NULL OR w.valid_from <= p.at) AND (w.valid_to IS NULL OR w.valid_to > p.at)
),
numbered AS (
    SELECT n.*, CASE WHEN n.owners_here >= 5 THEN n.territory ELSE '*' END AS shown_territory,
        dense_rank() OVER (PARTITION BY CASE WHEN n.owners_here >= 5 THEN n.territory ELSE '*' END, n.business_function,
            n.product ORDER BY n.owner_id) AS owner_number
    FROM narrow n
),
wide AS (
    SELECT n.*, max(n.owner_number) OVER (PARTITION BY n.shown_territory, n.business_function, n.product) AS owners_there
    FROM numbered n
),
summed AS (
    SELECT CASE WHEN v.seen_as = 'pooled' THEN w.shown_territory ELSE w.territory END AS territory, w.business_function,
        CASE WHEN v.seen_as = 'pooled' AND w.owners_there < 5 THEN '*' ELSE w.product END AS product,
        CASE WHEN v.seen_as = 'pooled' THEN 'pooled' ELSE w.owner_id END AS owner,
        count(DISTINCT w.owner_id) AS owners, sum(w.touches) AS touches, sum(w.on_full) AS on_full,
        sum(w.collided) AS collided, sum(w.by_chance) / sum(w.touches) AS chance_share,
        CASE WHEN sum(w.with_peers) >= 20 THEN sum(w.expected) / sum(w.with_peers) END AS peers_share,
        CASE WHEN sum(w.touches) >= 20 THEN sum(w.on_full) * 1.0 / sum(w.touches) END AS share
    FROM wide w
    JOIN (VALUES ('pooled', 0), ('own', 1)) AS v (seen_as, needs_mine) ON w.mine >= v.needs_mine
    GROUP BY 1, 2, 3, 4, v.seen_as
    HAVING v.seen_as = 'own' OR count(DISTINCT w.owner_id) >= 5
)
SELECT s.territory, s.business_function, s.product, s.owner, s.owners, s.touches, s.on_full,
    round(s.share, 4) AS on_full_share, round(s.peers_share, 4) AS peers_share,
    round((s.share + p.z * p.z / (2 * s.touches)
        - p.z * sqrt(s.share * (1 - s.share) / s.touches + p.z * p.z / (4.0 * s.touches * s.touches)))
        / (1 + p.z * p.z / s.touches), 4) > round(s.peers_share, 4) AS beyond,
    s.collided, CASE WHEN s.touches >= 20 THEN round(s.collided * 1.0 / s.touches, 4) END AS collided_share,
    CASE WHEN s.touches >= 20 THEN round(s.chance_share, 4) END AS chance_share
FROM params p
CROSS JOIN summed s
ORDER BY s.territory, s.business_function, s.product, s.owner
