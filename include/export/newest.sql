-- The newest value up to `now` of each series, with its own time.
SELECT
    region,
    field,
    max(timestamp) AS timestamp,
    arg_max(value, timestamp) AS value,
    arg_max(fetched_at, timestamp) AS fetched_at,
    FALSE AS derived,
    FALSE AS withheld
FROM read_parquet($files, hive_partitioning = true)
WHERE value IS NOT NULL AND timestamp <= $now
GROUP BY region, field
