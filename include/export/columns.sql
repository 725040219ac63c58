-- A summary's rows, series by series and ascending. Instants are whole microseconds since 1970, which are handed to
-- Python in no time; a datetime of each takes longer than all else together.
SELECT region, field, epoch_us(timestamp) AS slot, value, epoch_us(fetched_at) AS fetched, derived, withheld
FROM ({readings})
ORDER BY region, field, timestamp
