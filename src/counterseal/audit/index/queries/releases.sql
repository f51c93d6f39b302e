-- The releases of a window, with what they came to.
-- parameters: since-month, until-month, since, until
SELECT r.stream, r.sequence, r.payload, r.environment, r.commit_id, r.outcome, r.created_at,
  r.approval_count, r.change_count, r.lead_seconds
FROM release AS r
WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
ORDER BY r.stream, r.sequence
