-- Releases of a window that passed, with each expected record that they lack.
-- parameters: since-month, until-month, since, until
SELECT r.stream, r.sequence, r.payload, x.stage, x.name
FROM release AS r
JOIN expected AS x ON x.month = r.month AND x.stream = r.stream AND x.sequence = r.sequence
LEFT JOIN evidence AS e ON e.month = r.month AND e.stream = r.stream AND e.sequence = r.sequence
  AND e.stage = x.stage AND (x.name IS NULL OR e.name = x.name)
WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
  AND r.outcome = 'passed' AND e.stage IS NULL
ORDER BY r.stream, r.sequence, x.stage, x.name
