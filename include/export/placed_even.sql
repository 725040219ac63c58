-- Buckets of one length, counted from 1970 on.
SELECT *, epoch_us(timestamp) // $width * $width AS edge, epoch_us(timestamp) // $width * $width + $width AS upto
FROM readings
WHERE list_contains($field, field)
