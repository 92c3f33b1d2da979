-- Question: how many unsolicited calls does each owner make on a prescriber in 12 months, on average and spread out?
-- Answer: per owner the prescribers called on, the calls, their mean per prescriber, and how many prescribers had 1,
--   2, 3 and more; `contacts_mean` counts every unsolicited touch. `over` says that the mean exceeds the limit.
-- Misleads: the code of practice of the UK speaks of the mean over prescribers, three a year; a single prescriber
--   above it breaks nothing. Group meetings, calls that were asked for and service calls are left out, as the code has
--   it; a rep who declares calls as asked for looks better: see `declared`.
-- Ask: compliance, admin; or an owner about himself. A row per person. Ordered by id, not by result.
-- Parameters: `params`: the instant, the year, the limit.
-- Thin support: mean and verdict are NULL under 5 prescribers.
-- Cost: sales touches of a year, grouped twice.
WITH params AS (
    SELECT now() AS at, INTERVAL '365 days' AS year, 3.0 AS most
),
touches AS (
    SELECT t.owner_id, t.hcp_id,
        sum(CASE WHEN t.channel = 'face_to_face' AND NOT t.solicited AND coalesce(t.attendees, 1) < 2
            THEN 1 ELSE 0 END) AS calls,
        sum(CASE WHEN t.solicited THEN 0 ELSE 1 END) AS contacts,
        sum(CASE WHEN t.channel = 'face_to_face' AND t.solicited THEN 1 ELSE 0 END) AS declared
    FROM params p
    CROSS JOIN touchpoints t
    WHERE t.occurred_at > p.at - p.year AND t.occurred_at <= p.at AND t.business_function = 'sales'
        AND t.owner_id IS NOT NULL AND t.purpose NOT IN ('service', 'safety')
        AND t.status IN ('completed', 'sent', 'delivered', 'opened', 'clicked', 'marked_spam', 'unsubscribed',
            'invited', 'declined', 'accepted', 'no_show', 'attended')
    GROUP BY t.owner_id, t.hcp_id
),
owners AS (
    SELECT owner_id, sum(CASE WHEN calls > 0 THEN 1 ELSE 0 END) AS prescribers, sum(calls) AS calls,
        max(calls) AS most_calls, sum(CASE WHEN calls = 1 THEN 1 ELSE 0 END) AS with_1,
        sum(CASE WHEN calls = 2 THEN 1 ELSE 0 END) AS with_2, sum(CASE WHEN calls = 3 THEN 1 ELSE 0 END) AS with_3,
        sum(CASE WHEN calls > 3 THEN 1 ELSE 0 END) AS with_4_and_more, sum(contacts) AS contacts,
        sum(CASE WHEN contacts > 0 THEN 1 ELSE 0 END) AS contacted, sum(declared) AS declared
    FROM touches
    GROUP BY owner_id
)
SELECT o.owner_id, o.prescribers, o.calls, CASE WHEN o.prescribers >= 5 THEN round(o.calls * 1.0 / o.prescribers, 4) END AS calls_mean,
    o.with_1, o.with_2, o.with_3, o.with_4_and_more, o.most_calls, o.declared,
    CASE WHEN o.contacted >= 5 THEN round(o.contacts * 1.0 / o.contacted, 4) END AS contacts_mean,
    CASE WHEN o.prescribers >= 5 THEN o.calls > p.most * o.prescribers END AS over
FROM params p
CROSS JOIN owners o
WHERE o.prescribers > 0
ORDER BY o.owner_id
