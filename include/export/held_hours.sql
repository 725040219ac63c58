-- How much is stored of each hour (numbered since 1970) of a 5-second series, and whether one of its nulls was read
-- before it could be upstream's last word. Whole microseconds, since time_bucket takes three times as long.
SELECT
    epoch_us(timestamp) // 3_600_000_000 AS hour,
    count(*) AS rows,
    count(value) AS filled,
    min(value) AS low,
    max(value) AS high,
    bool_or(value IS NULL AND epoch_us(fetched_at) - epoch_us(timestamp) < $settles_after) AS unsettled
FROM read_parquet($files)
WHERE timestamp >= $start AND timestamp < $end
GROUP BY hour
