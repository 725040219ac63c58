-- Readings at their own cadence, of the series that are asked for; what only a bucket has is null.
WITH readings AS ({readings})
SELECT
    r.region,
    r.field,
    epoch_us(r.timestamp) AS slot,
    r.value,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    NULL::DOUBLE AS total,
    NULL::BIGINT AS slots,
    NULL::BIGINT AS filled,
    r.derived,
    r.withheld,
    epoch_us(r.fetched_at) AS fetched
FROM readings AS r
SEMI JOIN (SELECT unnest($region) AS region, unnest($field) AS field) AS asked USING (region, field)
ORDER BY region, field, slot
