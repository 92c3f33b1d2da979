-- records: the rows of touchpoint_log that the commercial audience may know of at all (metrics.md §1).
-- The unit is the record: of an interaction that became medical by a later version the earlier ones stay. Deletes that name
-- no function are among them; they matter only where there is something to delete.
SELECT * FROM touchpoint_log
WHERE kind <> 'requests' AND business_function IS DISTINCT FROM 'medical'
