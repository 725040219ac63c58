-- The readings as they are stored.
SELECT region, field, timestamp, value, fetched_at, FALSE AS derived
FROM read_parquet($files, hive_partitioning = true)
WHERE timestamp >= $start AND timestamp < $end
ORDER BY region, field, timestamp
