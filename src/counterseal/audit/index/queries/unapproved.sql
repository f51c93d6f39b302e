-- Releases of a window that passed without the approval of anybody.
-- parameters: since-month, until-month, since, until
SELECT r.stream, r.sequence, r.payload, r.commit_id, r.created_at
FROM release AS r
WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
  AND r.outcome = 'passed' AND r.approval_count = 0
ORDER BY r.stream, r.sequence
