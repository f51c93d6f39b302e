"""The rules of the format, each with an id that never changes its meaning.

A refusal names the rule that is broken; `docs/manifest.md` explains each, and each has a refused vector in
`tests/conformance/`. The rules `chain-*` are enforced by the ledger and the rules `seal-*` by the seal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterseal.errors import MalformedError

RULES: Final[Mapping[str, str]] = {
    "json-size": "A document is at most 16 MiB (16,777,216 bytes).",
    "json-utf8": "A document is UTF-8.",
    "json-syntax": "A document is one JSON value (RFC 8259) and nothing else: no byte order mark, no bytes "
    "after it, no NaN or Infinity.",
    "json-depth": "No value lies more than 64 levels below the root of its document.",
    "json-duplicate": "A name occurs once in an object.",
    "json-number": "A number is finite; one whose canonical form is an integer lies within ±(2^53-1).",
    "json-surrogate": "Text has no lone surrogate, escaped or not.",
    "canonical-form": "The bytes are the canonical form of the document (RFC 8785).",
    "schema": "The document fits the JSON Schema of its type.",
    "absent-not-null": "What is unknown is absent: `null` occurs nowhere.",
    "integer-only": "Every number is an integer.",
    "time-calendar": "A time is a moment of the calendar, in the years 0001 to 9999 and without leap second.",
    "period-order": "A period does not end before it begins.",
    "subject-digest": "A subject has exactly one digest: `sha256` or `gitCommit`.",
    "record-origin": "The commit of a record's origin is one of its subjects.",
    "candidate-digest": "`candidateDigest` is the SHA-256 of the canonical form of `candidate`.",
    "manifest-subjects": "The subjects of a manifest are, as a set of digests, its artifacts and its commit.",
    "record-unique": "No two records of a manifest have the same stage and name.",
    "decision-place": "A record of the stages `approval-gate` and `rollout` stands in `decisions`, any other "
    "in `candidate.records`.",
    "approval-candidate": "Every approval is bound to the `candidateDigest` of its manifest.",
    "approval-record": "The record that an approval names is one of `decisions`.",
    "approval-subject": "The subjects of an approval request are its commit and its candidate, those of a "
    "signed approval are its candidate, as sets of digests.",
    "people-named": "A manifest whose `people` is `pseudonymous` names nobody: every login and text of a "
    "person is a pseudonym.",
    "approval-requester": "An approval request says who asked: an account, its name, or a text.",
    "outcome-too-good": "The outcome of a manifest is no better than its candidate allows.",
    "outcome-unexplained": "A manifest whose outcome is not `passed` has a reason.",
    "chain-start": "`chain.previous` is absent for sequence 1 and for no other.",
    "chain-gap": "The entries of a stream are numbered 1, 2, 3 and so on.",
    "chain-stream": "All entries of a stream name that stream.",
    "chain-sequence": "An entry's `chain.sequence` is its place in the stream.",
    "chain-link": "`chain.previous` is the payload digest of the entry before.",
    "checkpoint-subject": "The one subject of a checkpoint is its head.",
    "seal-form": "A bundle or envelope is the canonical form of its known members, with one signature.",
    "seal-key": "The key that signed is in the trust file.",
    "seal-signature": "The signature is that key's over the payload and its type.",
    "seal-payload-type": "What is sealed is an in-toto statement.",
}
"""What each rule demands, by its id, in the order in which a reader meets them."""


class RuleBroken(MalformedError):
    """A document that breaks a rule of the format; the message ends with the rule's id in brackets.

    Args:
        rule: the id, one of `RULES`.
        message: what is wrong, in one sentence.
        where: the file, key or field that is wrong.
    """

    def __init__(self, rule: str, message: str, *, where: str | None = None) -> None:
        super().__init__(f"{message} [{rule}]", where=where)
        self.rule = rule
