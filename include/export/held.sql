-- What is stored of the fields asked for: number of the field, slot and fetch in microseconds since 1970, value.
SELECT
    list_position($fields, field)::TINYINT AS number,
    epoch_us(timestamp) AS slot,
    value,
    epoch_us(fetched_at) AS fetched
FROM read_parquet($files)
WHERE timestamp >= $start AND timestamp < $end AND list_contains($fields, field)
