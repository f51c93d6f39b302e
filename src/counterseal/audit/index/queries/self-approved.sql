-- Approvals in a window by somebody who made a change of the release.
-- parameters: since-month, until-month, since, until
SELECT DISTINCT r.stream, r.sequence, r.payload, a.stage, a.account, p.part, p.commit_id
FROM release AS r
JOIN approval AS a ON a.month = r.month AND a.stream = r.stream AND a.sequence = r.sequence
JOIN participant AS p ON p.month = r.month AND p.stream = r.stream AND p.sequence = r.sequence
  AND p.account = a.account
WHERE r.month >= ? AND r.month <= ? AND r.created_at >= CAST(? AS TIMESTAMP) AND r.created_at <= CAST(? AS TIMESTAMP)
  AND a.decision = 'approved' AND p.part <> 'reviewer'
ORDER BY r.stream, r.sequence, a.stage, a.account, p.part, p.commit_id
