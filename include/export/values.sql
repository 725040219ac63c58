-- The readings as they are stored.
SELECT region, field, timestamp, value, fetched_at, FALSE AS derived, FALSE AS withheld
FROM read_parquet($files, hive_partitioning = true)
WHERE timestamp >= $start AND timestamp < $end
