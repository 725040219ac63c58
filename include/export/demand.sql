-- All-island demand is fetched, not summed; where it is missing and both parts are there, their sum stands in, marked.
WITH stored AS (
    SELECT region, field, timestamp, value, fetched_at
    FROM read_parquet($files, hive_partitioning = true)
    WHERE timestamp >= $start AND timestamp < $end
),
summed AS (
    SELECT timestamp, sum(value) AS value, max(fetched_at) AS fetched_at
    FROM stored
    WHERE field = 'SYSTEM_DEMAND' AND region IN ('ROI', 'NI') AND value IS NOT NULL AND $derive
    GROUP BY timestamp
    HAVING count(*) = 2
),
island AS (
    SELECT timestamp, value, fetched_at FROM stored WHERE region = 'ALL' AND field = 'SYSTEM_DEMAND'
)
SELECT region, field, timestamp, value, fetched_at, FALSE AS derived, FALSE AS withheld
FROM stored
WHERE NOT (region = 'ALL' AND field = 'SYSTEM_DEMAND')
UNION ALL
SELECT
    'ALL',
    'SYSTEM_DEMAND',
    timestamp,
    coalesce(island.value, summed.value),
    CASE WHEN island.value IS NULL AND summed.value IS NOT NULL THEN summed.fetched_at ELSE island.fetched_at END,
    island.value IS NULL AND summed.value IS NOT NULL,
    FALSE
FROM island FULL JOIN summed USING (timestamp)
