-- Unsolicited touches of the last 28 days by the HCP's local working hours.
-- in_or_unclear holds those inside working hours and those known by date only.
WITH part AS (
  SELECT sum(untimely) AS outside_hours,
         sum(CASE WHEN untimely IS NOT NULL THEN unsolicited - untimely ELSE 0 END) AS in_or_unclear,
         sum(CASE WHEN untimely IS NULL THEN unsolicited ELSE 0 END) AS zone_unknown
  FROM hcp_now
)
SELECT timing.timing,
       CASE timing.timing
         WHEN 'outside_working_hours' THEN coalesce(part.outside_hours, 0)
         WHEN 'in_or_unclear' THEN part.in_or_unclear
         ELSE part.zone_unknown
       END AS value
FROM part
CROSS JOIN (VALUES ('outside_working_hours'), ('in_or_unclear'), ('time_zone_unknown')) AS timing (timing)
