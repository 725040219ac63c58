-- Five-second values as minimum, mean (`value`) and maximum of each quarter-hour, with the number of values in it.
-- Whole microseconds, since time_bucket takes three times as long.
WITH quarters AS (
    SELECT
        region,
        epoch_us(timestamp) // 900_000_000 AS quarter,
        min(value) AS low,
        round(avg(value), 4) AS mean,
        max(value) AS high,
        count(value)::DOUBLE AS readings,
        max(fetched_at) AS fetched_at
    FROM read_parquet($files, hive_partitioning = true)
    WHERE timestamp >= $start AND timestamp < $end
    GROUP BY region, quarter
)
SELECT region, field, to_timestamp(quarter * 900) AS timestamp, value, fetched_at, FALSE AS derived, FALSE AS withheld
FROM (
    SELECT region, 'value' AS field, quarter, mean AS value, fetched_at FROM quarters
    UNION ALL SELECT region, 'min', quarter, low, fetched_at FROM quarters
    UNION ALL SELECT region, 'max', quarter, high, fetched_at FROM quarters
    UNION ALL SELECT region, 'readings', quarter, readings, fetched_at FROM quarters
)
