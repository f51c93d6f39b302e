-- Releases of a window that are promised to be kept for fewer days than is asked, or for no stated time.
-- parameters: since-month, until-month, since, until, days
SELECT r.stream, r.sequence, r.payload, r.retention_days, r.retention_mode, r.retain_until
FROM release AS r
WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
  AND (r.retention_days IS NULL OR r.retention_days < CAST(? AS BIGINT))
ORDER BY r.stream, r.sequence
