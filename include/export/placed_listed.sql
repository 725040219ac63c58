-- Buckets that follow the calendar.
SELECT readings.*, edge, upto
FROM (SELECT * FROM readings WHERE list_contains($field, field)) AS readings
ASOF JOIN (
    SELECT edge, lead(edge) OVER (ORDER BY edge) AS upto FROM (SELECT unnest($edges) AS edge)
) AS edges ON epoch_us(timestamp) >= edge
