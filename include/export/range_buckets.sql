-- Readings put together in buckets, each by its own rule. Edges and slots are whole microseconds since 1970.
WITH readings AS ({readings}),
asked AS (
    SELECT
        unnest($region) AS region,
        unnest($field) AS field,
        unnest($rule) AS rule,
        unnest($cadence) AS cadence,
        unnest($since) AS since
),
demanded AS (
    SELECT region, timestamp, value
    FROM read_parquet($files, hive_partitioning = true)
    WHERE $weighted AND area = 'demand' AND field = 'SYSTEM_DEMAND' AND timestamp >= $start AND timestamp < $end
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
),
placed AS ({placed}),
bucketed AS (
    SELECT
        region,
        field,
        edge,
        any_value(upto) AS upto,
        avg(value) AS mean,
        -- Grams of the bucket / MWh of the bucket, over the slots that have both.
        sum(value * weight) / sum(CASE WHEN value IS NOT NULL THEN weight END) AS weighted,
        min(value) AS low,
        max(value) AS high,
        sum(value) AS summed,
        count(value) AS filled,
        count(value + weight) AS filled_and_weighted,
        count_if(derived)::BIGINT AS derived,
        count_if(withheld)::BIGINT AS withheld,
        epoch_us(max(fetched_at)) AS fetched
    FROM placed LEFT JOIN weights USING (region, timestamp)
    GROUP BY region, field, edge
)
SELECT
    region,
    field,
    edge AS slot,
    round(CASE rule WHEN 'demand_weighted' THEN weighted ELSE mean END, 4) AS value,
    low,
    high,
    round(summed * cadence / 3_600_000_000, 3) AS total,
    CASE
        -- A series coarser than the buckets has one slot in those that it has a slot in.
        WHEN cadence > upto - edge THEN 1
        -- Slots, which count from midnight UTC, that begin in the bucket and in the range.
        ELSE greatest(
            (least(upto, epoch_us($end)) + cadence - 1) // cadence
            - (greatest(edge, epoch_us($start), since) + cadence - 1) // cadence,
            0
        )
    END AS slots,
    CASE rule WHEN 'demand_weighted' THEN filled_and_weighted ELSE filled END AS filled,
    derived,
    withheld,
    fetched
FROM bucketed JOIN asked USING (region, field)
ORDER BY region, field, edge
