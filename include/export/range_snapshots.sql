-- A snapshot is energy over the 24 hours before it: of a bucket the last one is taken, with the fuels that are in it.
WITH readings AS ({readings}),
asked AS (SELECT unnest($region) AS region, unnest($field) AS field),
placed AS ({placed}),
last AS (SELECT region, edge, max(timestamp) AS timestamp FROM placed GROUP BY region, edge)
SELECT
    region,
    field,
    edge AS slot,
    value,
    NULL::DOUBLE AS low,
    NULL::DOUBLE AS high,
    NULL::DOUBLE AS total,
    NULL::BIGINT AS slots,
    count(value) OVER (PARTITION BY region, field, edge) AS filled,
    derived::BIGINT AS derived,
    withheld::BIGINT AS withheld,
    epoch_us(fetched_at) AS fetched
FROM placed SEMI JOIN last USING (region, edge, timestamp) SEMI JOIN asked USING (region, field)
ORDER BY region, field, edge
