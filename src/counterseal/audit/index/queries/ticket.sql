-- The releases that carry a ticket, with the commits that name it.
-- parameters: value
SELECT r.stream, r.sequence, r.payload, t.ticket, t.commit_id, r.outcome, r.created_at
FROM ticket AS t
JOIN release AS r ON r.month = t.month AND r.stream = t.stream AND r.sequence = t.sequence
WHERE t.ticket = ?
ORDER BY r.stream, r.sequence, t.commit_id
