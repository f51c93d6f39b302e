-- Of each stream in a window: how many releases passed, and how many of them lack something that is expected.
-- parameters: since-month, until-month, since, until
WITH wanted AS (
  SELECT r.stream, r.sequence, x.stage, x.name, COUNT(e.stage) AS found
  FROM release AS r
  LEFT JOIN expected AS x ON x.month = r.month AND x.stream = r.stream AND x.sequence = r.sequence
  LEFT JOIN evidence AS e ON e.month = r.month AND e.stream = r.stream AND e.sequence = r.sequence
    AND e.stage = x.stage AND (x.name IS NULL OR e.name = x.name)
  WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
    AND r.outcome = 'passed'
  GROUP BY r.stream, r.sequence, x.stage, x.name
), judged AS (
  SELECT w.stream, w.sequence,
    MAX(CASE WHEN w.stage IS NOT NULL AND w.found = 0 THEN 1 ELSE 0 END) AS is_incomplete
  FROM wanted AS w
  GROUP BY w.stream, w.sequence
)
SELECT j.stream, COUNT(*) AS release_count, SUM(j.is_incomplete) AS incomplete_count
FROM judged AS j
GROUP BY j.stream
ORDER BY j.stream
