-- EirGrid withholds low emissions. Such a null is replaced by intensity (g/kWh) x demand (MW) / 1000 = t/h, marked,
-- unless the raw nulls are asked for. The margin is that of two rounded factors: half a gram per kWh of demand, and
-- half a tonne.
WITH stored AS (
    SELECT area, region, field, timestamp, value, fetched_at
    FROM read_parquet($files, hive_partitioning = true)
    WHERE timestamp >= $start AND timestamp < $end
),
intensity AS (
    SELECT region, timestamp, value, fetched_at FROM stored WHERE field = 'CO2_INTENSITY' AND value IS NOT NULL
),
demand AS (
    SELECT region, timestamp, value, fetched_at FROM stored WHERE field = 'SYSTEM_DEMAND' AND value IS NOT NULL
),
emissions AS (
    SELECT
        e.region,
        e.timestamp,
        e.value,
        e.fetched_at,
        i.value * d.value / 1000 AS estimate,
        e.value IS NULL
            AND e.timestamp >= t.derivable_since
            AND i.value * d.value / 1000 < t.threshold + 0.0005 * d.value + 0.5 AS withheld,
        greatest(i.fetched_at, d.fetched_at) AS derived_at
    FROM stored AS e
    LEFT JOIN intensity AS i USING (region, timestamp)
    LEFT JOIN demand AS d USING (region, timestamp)
    JOIN (
        SELECT
            unnest($regions) AS region,
            unnest($thresholds) AS threshold,
            unnest($derivable_since) AS derivable_since
    ) AS t USING (region)
    WHERE e.field = 'CO2_EMISSIONS'
)
SELECT region, field, timestamp, value, fetched_at, FALSE AS derived, FALSE AS withheld FROM stored WHERE field = 'CO2_INTENSITY'
UNION ALL
SELECT
    region,
    'CO2_EMISSIONS',
    timestamp,
    CASE WHEN withheld AND $derive THEN round(estimate, 1) ELSE value END,
    CASE WHEN withheld AND $derive THEN derived_at ELSE fetched_at END,
    coalesce(withheld, FALSE) AND $derive,
    coalesce(withheld, FALSE)
FROM emissions
