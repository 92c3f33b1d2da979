-- alerts_latest: of every alert the last transition.
SELECT * EXCEPT (place) FROM (
    SELECT *, row_number() OVER (PARTITION BY alert_id ORDER BY at DESC, state DESC) AS place
    FROM alerts
)
WHERE place = 1
