-- Of each stream in a window: releases, those that did not pass, and the median lead time (of two the lower).
-- parameters: since-month, until-month, since, until
WITH inside AS (
  SELECT r.stream, r.outcome, r.lead_seconds,
    ROW_NUMBER() OVER (
      PARTITION BY r.stream ORDER BY CASE WHEN r.lead_seconds IS NULL THEN 1 ELSE 0 END, r.lead_seconds, r.sequence
    ) AS place,
    COUNT(r.lead_seconds) OVER (PARTITION BY r.stream) AS timed
  FROM release AS r
  WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
)
SELECT i.stream, COUNT(*) AS release_count, SUM(CASE WHEN i.outcome = 'passed' THEN 0 ELSE 1 END) AS not_passed,
  MAX(CASE WHEN i.timed > 0 AND i.place * 2 >= i.timed AND i.place * 2 < i.timed + 2 THEN i.lead_seconds END)
    AS median_lead_seconds
FROM inside AS i
GROUP BY i.stream
ORDER BY i.stream
