-- Everything that an account had a part in, by its number on the forge.
-- parameters: number, number
SELECT p.stream, p.sequence, p.payload, p.part, p.commit_id
FROM participant AS p
WHERE p.account = CAST(? AS BIGINT)
UNION ALL
SELECT a.stream, a.sequence, a.payload, a.decision AS part, NULL AS commit_id
FROM approval AS a
WHERE a.account = CAST(? AS BIGINT)
ORDER BY stream, sequence, part, commit_id
