-- Days of UTC. The last one of a month has readings in two files, while Irish clocks are ahead.
SELECT
    *,
    epoch_us(timestamp) // 86_400_000_000 * 86_400_000_000 AS edge,
    epoch_us(timestamp) // 86_400_000_000 * 86_400_000_000 + 86_400_000_000 AS upto,
    day(make_timestamp(epoch_us(timestamp) + 86_400_000_000)) = 1 AS seam
FROM readings
WHERE list_contains($field, field)
