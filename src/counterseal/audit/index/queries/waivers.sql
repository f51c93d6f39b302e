-- What was let through in a window, and until when.
-- parameters: since-month, until-month, since, until
SELECT r.stream, r.sequence, r.payload, w.stage, w.waiver, w.rule, w.ticket, w.expires_at
FROM release AS r
JOIN waiver AS w ON w.month = r.month AND w.stream = r.stream AND w.sequence = r.sequence
WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
ORDER BY w.expires_at, r.stream, r.sequence, w.waiver
