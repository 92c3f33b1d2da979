-- Touches by channel and business function, solicited or not, in the last 7 and 28 days (the windows overlap).
SELECT touches_now."window",
       touches_now.channel,
       touches_now.business_function,
       asked.solicitation,
       sum(CASE asked.solicitation
             WHEN 'unsolicited' THEN touches_now.unsolicited
             ELSE touches_now.touches - touches_now.unsolicited
           END) AS value
FROM touches_now
CROSS JOIN (VALUES ('unsolicited'), ('solicited')) AS asked (solicitation)
WHERE touches_now."window" IN ('7d', '28d')
GROUP BY 1, 2, 3, 4
