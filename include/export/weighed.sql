-- Each reading beside the demand of its region and slot, where that is known.
WITH demanded AS (
    SELECT region, timestamp, value
    FROM read_parquet($files, hive_partitioning = true)
    WHERE area = 'demand' AND field = 'SYSTEM_DEMAND' AND timestamp >= $start AND timestamp < $end
        AND value IS NOT NULL
),
-- The island's demand is the sum of its parts where it was not sent, as it is where demand itself is asked for.
weights AS (
    SELECT region, timestamp, value AS weight FROM demanded
    UNION ALL
    SELECT 'ALL', timestamp, sum(value)
    FROM demanded AS parts
    WHERE region IN ('ROI', 'NI') AND $derive
    GROUP BY timestamp
    HAVING count(*) = 2 AND timestamp NOT IN (SELECT timestamp FROM demanded WHERE region = 'ALL')
)
SELECT * FROM placed LEFT JOIN weights USING (region, timestamp)
