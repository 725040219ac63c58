-- Five-second values as minimum, mean (`value`) and maximum of each quarter-hour, with the number of values in it.
WITH quarters AS (
    SELECT
        region,
        time_bucket(INTERVAL 15 minutes, timestamp) AS timestamp,
        min(value) AS low,
        round(avg(value), 4) AS mean,
        max(value) AS high,
        count(value)::DOUBLE AS readings,
        max(fetched_at) AS fetched_at
    FROM read_parquet($files, hive_partitioning = true)
    WHERE timestamp >= $start AND timestamp < $end
    GROUP BY ALL
)
SELECT region, field, timestamp, value, fetched_at, FALSE AS derived, FALSE AS withheld
FROM (
    SELECT region, 'value' AS field, timestamp, mean AS value, fetched_at FROM quarters
    UNION ALL SELECT region, 'min', timestamp, low, fetched_at FROM quarters
    UNION ALL SELECT region, 'max', timestamp, high, fetched_at FROM quarters
    UNION ALL SELECT region, 'readings', timestamp, readings, fetched_at FROM quarters
)
