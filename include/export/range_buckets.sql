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
placed AS ({placed}),
weighed AS ({weighed}),
bucketed AS (
    SELECT
        region,
        field,
        edge,
        any_value(upto) AS upto,
        -- Grams of the bucket / MWh of the bucket, over the slots that have both.
        sum(value * weight) / sum(CASE WHEN value IS NOT NULL THEN weight END) AS weighted,
        {low} AS low,
        {high} AS high,
        {summed} AS summed,
        count(value) AS filled,
        count(value + weight) AS filled_and_weighted,
        count_if(derived)::BIGINT AS derived,
        count_if(withheld)::BIGINT AS withheld,
        {fetched} AS fetched
    FROM weighed
    GROUP BY region, field, edge
)
SELECT
    region,
    field,
    edge AS slot,
    round(CASE rule WHEN 'demand_weighted' THEN weighted ELSE summed / filled END, 4) AS value,
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
