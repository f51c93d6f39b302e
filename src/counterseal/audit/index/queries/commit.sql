-- The releases that list a commit, or were made from it.
-- parameters: commit, commit
SELECT r.stream, r.sequence, r.payload, r.commit_id AS released_commit, r.outcome, r.created_at
FROM release AS r
LEFT JOIN change AS c ON c.month = r.month AND c.stream = r.stream AND c.sequence = r.sequence AND c.commit_id = ?
WHERE c.commit_id IS NOT NULL OR r.commit_id = ?
ORDER BY r.stream, r.sequence
