"""Cases of statements: the bounds of every type, and the rules between the fields of one document."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from conformance.cases import Case, base, canonical, digest, sha256, swap
from conformance.cases.base import Json, candidate, manifest, record, reference

LEAVE_OUT = object()
BEYOND = 2**53


def changed(document: Json, path: str, value: Any) -> Json:
    """Return a copy of a document with the field at a path (`a.b.0`) set, or left out."""
    result = copy.deepcopy(document)
    *parents, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    place: Any = result
    for step in parents:
        place = place[step]
    if value is LEAVE_OUT:
        del place[last]
    else:
        place[last] = value
    return result


def foreign() -> Json:
    predicate = {"verifier": {"id": "https://example.com"}, "score": 0.5, "note": None}
    return base.statement("https://example.com/other/v1", predicate, {"digest": {"sha512": "a" * 128}})


def not_passed(outcome: str, release: Json, *reasons: str) -> Json:
    return manifest(
        release, outcome=outcome, reasons=[{"rule": "some-rule", "message": one} for one in reasons]
    )


LATER = candidate(newInLaterMinor={"size": 1}, changes={"complete": True, "newInLaterMinor": [True]})
FIVE_RECORDS = candidate(records=[reference(f"r{n}") for n in range(5)])
TWINS = candidate(artifacts=[base.artifact(), base.artifact() | {"name": "copy.whl"}])
LONG_COMMIT = candidate(source={"repository": base.REPOSITORY, "commit": "a" * 64, "tree": "b" * 64})
INCOMPLETE = candidate(changes={"complete": False, "note": "shallow clone"})
FAILED = candidate(records=[reference(), reference("sast", "failed"), reference("sca", "inconclusive")])
UNSURE = candidate(records=[reference(outcome="inconclusive")])

PSEUDONYM = "person-" + "0123456789" * 2


def pseudonymous(*people: Json, **more: Any) -> Json:
    """A manifest that says it names nobody, and whose one change is by these."""
    change = {"commit": base.COMMIT, "title": "Add refunds", "authors": list(people)} | more
    release = candidate(changes={"complete": True, "commits": [change]})
    return manifest(release, people="pseudonymous")


# name, title, document
ACCEPTED = (
    (
        "manifest-pseudonymous",
        "a manifest that names nobody: numbers, keyed digests and fingerprints",
        pseudonymous(
            {"id": 7, "login": "account-7", "text": "account:7"},
            {"text": f"<{PSEUDONYM}@pseudonym.invalid> <7+account-7@users.noreply.github.com>"},
            {"text": PSEUDONYM},
            {"text": f"{PSEUDONYM} (SHA256:{'a' * 43})"},
            {"id": 9},
        ),
    ),
    ("request-smallest", "an approval request with the required fields alone", base.request()),
    ("request-full", "an approval request with every field", base.FULL_REQUEST),
    ("approval-smallest", "a signed approval with the required fields alone", base.approval()),
    ("approval-full", "a signed approval with every field", base.FULL_APPROVAL),
    ("approval-denied", "a signed denial", base.approval(action="deny")),
    ("record-smallest", "a control record with the required fields alone", record()),
    ("record-full", "a control record with every field", base.FULL_RECORD),
    ("record-failed", "a record of a control that said no", record(outcome="failed")),
    ("record-inconclusive", "a record of a control that could not tell", record(outcome="inconclusive")),
    ("record-unknown-field", "fields of a later minor version", record(later={"a": [1, "x", True]})),
    (
        "record-unknown-field-nested",
        "the same, below",
        changed(base.FULL_RECORD, "predicate.tool.later", "x"),
    ),
    ("record-unknown-kind", "a kind that nobody has heard of", record(kind="tea-leaves")),
    ("record-empty-lists", "an empty list is as good as none", record(evidence=[], counts={}, reasons=[])),
    (
        "record-time-fraction",
        "a time with a fraction of a second",
        record(createdAt="2026-11-23T10:00:00.123456Z"),
    ),
    ("record-leap-day", "29 February of a leap year", record(createdAt="2028-02-29T23:59:59Z")),
    (
        "record-moment",
        "a period of one moment",
        record(validity={"notBefore": base.NOW, "notAfter": base.NOW}),
    ),
    (
        "record-bounds",
        "the longest name (counted in code points), text and slug, and the largest count",
        record(
            stage="s" * 100,
            tool={"name": "\U0001f600" * 1024},
            reasons=[{"rule": "r", "message": "\u00e9" * 16384}],
            counts={"c": BEYOND - 1, "0": 0},
        ),
    ),
    ("manifest-smallest", "a release manifest with the required fields alone", manifest()),
    ("manifest-full", "a release manifest with every field, second in its chain", base.FULL_MANIFEST),
    ("manifest-later", "the candidate digest covers fields of a later minor version", manifest(LATER)),
    ("manifest-five-records", "records differ by name", manifest(FIVE_RECORDS)),
    (
        "manifest-no-artifact",
        "a release without artifact is about its commit",
        manifest(candidate(artifacts=[])),
    ),
    ("manifest-twins", "two artifacts with the same bytes", manifest(TWINS)),
    ("manifest-sha256-git", "git objects named by SHA-256", manifest(LONG_COMMIT)),
    ("manifest-failed", "a failed release, with its reasons", not_passed("failed", FAILED, "sast failed")),
    (
        "manifest-failed-freely",
        "an outcome may be worse than the records",
        not_passed("failed", candidate(), "x"),
    ),
    (
        "manifest-incomplete",
        "a list of changes that is cut short",
        not_passed("inconclusive", INCOMPLETE, "x"),
    ),
    ("manifest-nothing", "no record: nothing was observed", not_passed("failed", candidate(records=[]), "x")),
    ("checkpoint", "a checkpoint", base.checkpoint()),
    ("other-predicate", "a statement of somebody else is read, not judged", foreign()),
)

_RECORD_FIELDS = (
    ("digest-capitals", "evidence.0.digest.sha256", "A" * 64),
    ("digest-short", "evidence.0.digest.sha256", "a" * 63),
    ("digest-long", "evidence.0.digest.sha256", "a" * 65),
    ("digest-line-end", "evidence.0.digest.sha256", "a" * 64 + "\n"),
    ("digest-missing", "evidence.0.digest", {}),
    ("digest-prefix", "evidence.0.digest.sha256", "sha256:" + "a" * 64),
    ("size-negative", "evidence.0.size", -1),
    ("size-text", "evidence.0.size", "12"),
    ("size-fraction", "evidence.0.size", 1.5),
    ("size-boolean", "evidence.0.size", True),
    ("time-offset", "createdAt", "2026-11-23T10:00:00+00:00"),
    ("time-small-letters", "createdAt", "2026-11-23t10:00:00z"),
    ("time-space", "createdAt", "2026-11-23 10:00:00Z"),
    ("time-date-only", "createdAt", "2026-11-23"),
    ("time-no-seconds", "createdAt", "2026-11-23T10:00Z"),
    ("time-basic", "createdAt", "20261123T100000Z"),
    ("time-hour-24", "createdAt", "2026-11-23T24:00:00Z"),
    ("time-leap-second", "createdAt", "2016-12-31T23:59:60Z"),
    ("time-month-13", "createdAt", "2026-13-01T00:00:00Z"),
    ("time-seven-digits", "createdAt", "2026-11-23T10:00:00.1234567Z"),
    ("time-line-end", "createdAt", "2026-11-23T10:00:00Z\n"),
    ("time-number", "createdAt", 1795428000),
    ("outcome-unknown", "outcome", "skipped"),
    ("outcome-capitals", "outcome", "PASSED"),
    ("slug-capital", "stage", "Record"),
    ("slug-empty", "stage", ""),
    ("slug-slash", "name", "../unit-tests"),
    ("slug-line-end", "name", "unit-tests\n"),
    ("slug-long", "name", "n" * 101),
    ("name-empty", "tool.name", ""),
    ("name-long", "tool.name", "n" * 1025),
    ("text-long", "reasons.0.message", "m" * 16385),
    ("count-name", "counts", {"Tests": 1}),
    ("count-negative", "counts", {"tests": -1}),
    ("git-object-short", "origin.commit", "a" * 39),
    ("git-object-between", "origin.commit", "a" * 41),
    ("list-as-object", "reasons", {}),
    ("origin-missing", "origin", LEAVE_OUT),
    ("outcome-missing", "outcome", LEAVE_OUT),
    ("waiver-approver-missing", "waivers.0.approver", LEAVE_OUT),
)
_MANIFEST_FIELDS = (
    ("sequence-0", "chain.sequence", 0),
    ("sequence-text", "chain.sequence", "2"),
    ("complete-text", "candidate.changes.complete", "true"),
    ("run-0", "builder.runId", 0),
    ("claims-list", "builder.claims", []),
    ("claim-number", "builder.claims", {"repository_id": 4711}),
    ("candidate-missing", "candidate", LEAVE_OUT),
    ("candidate-digest-missing", "candidateDigest", LEAVE_OUT),
    ("environment-missing", "chain.stream.environment", LEAVE_OUT),
)
_STATEMENT_FIELDS = (
    ("subjects-empty", "subject", []),
    ("subjects-missing", "subject", LEAVE_OUT),
    ("subject-no-digest", "subject.0", {"name": "x"}),
    ("type-old", "_type", "https://in-toto.io/Statement/v0.1"),
    ("type-missing", "_type", LEAVE_OUT),
    ("predicate-type-missing", "predicateType", LEAVE_OUT),
    ("predicate-type-empty", "predicateType", ""),
    ("predicate-missing", "predicate", LEAVE_OUT),
    ("predicate-list", "predicate", []),
    ("predicate-of-another", "predicateType", base.CHECKPOINT),
)


def schema_level() -> Iterator[tuple[str, Json]]:
    """Each document that breaks one bound of one type."""
    for name, path, value in _RECORD_FIELDS:
        yield f"record-{name}", changed(base.FULL_RECORD, f"predicate.{path}", value)
    for name, path, value in _MANIFEST_FIELDS:
        yield f"manifest-{name}", changed(base.FULL_MANIFEST, f"predicate.{path}", value)
    for name, path, value in _STATEMENT_FIELDS:
        yield f"statement-{name}", changed(record(), path, value)
    yield "checkpoint-head-missing", changed(base.checkpoint(), "predicate.head", LEAVE_OUT)


_OTHER = {"sha256": sha256(b"other")}
_TWO_DIGESTS = {"digest": {"gitCommit": base.COMMIT, **digest("x")}}
_MANIFEST = manifest()
_SUBJECTS = _MANIFEST["subject"]

# name, rule, title, document
REFUSED = (
    ("time-february-30", "time-calendar", "30 February", record(createdAt="2026-02-30T00:00:00Z")),
    ("time-no-leap-day", "time-calendar", "29 February of 2027", record(createdAt="2027-02-29T00:00:00Z")),
    ("time-year-0", "time-calendar", "the year 0000", record(createdAt="0000-01-01T00:00:00Z")),
    (
        "time-waiver",
        "time-calendar",
        "31 June, in a waiver",
        changed(base.FULL_RECORD, "predicate.waivers.0.expiresAt", "2026-06-31T00:00:00Z"),
    ),
    (
        "time-approval",
        "time-calendar",
        "31 April, in an approval",
        changed(base.FULL_MANIFEST, "predicate.approvals.0.decidedAt", "2026-04-31T00:00:00Z"),
    ),
    (
        "time-retention",
        "time-calendar",
        "31 November, as the end of the retention",
        manifest(retention={"retainUntil": "2033-11-31T00:00:00Z"}),
    ),
    ("time-checkpoint", "time-calendar", "30 February", base.checkpoint(createdAt="2026-02-30T00:00:00Z")),
    (
        "period-validity",
        "period-order",
        "evidence whose validity ends before it begins",
        record(validity={"notBefore": base.END, "notAfter": base.START}),
    ),
    (
        "period-deployment",
        "period-order",
        "a deployment step that ends before it begins",
        changed(base.FULL_MANIFEST, "predicate.deployment.0.startedAt", base.END),
    ),
    ("null-known", "absent-not-null", "null for an optional field", record(tool=None)),
    ("null-unknown", "absent-not-null", "null in an unknown field", record(later={"a": [1, None]})),
    ("fraction", "integer-only", "a fraction in an unknown field", record(later=[0.5])),
    ("exponent", "integer-only", "an exponent in an unknown field", record(later={"a": 1e30})),
    (
        "subject-two-digests",
        "subject-digest",
        "a subject with two digests",
        changed(record(), "subject.0", _TWO_DIGESTS),
    ),
    (
        "subject-other-digest",
        "subject-digest",
        "a further subject by an algorithm that is not ours",
        changed(_MANIFEST, "subject", [*_SUBJECTS, {"digest": {"sha512": "a" * 128}}]),
    ),
    (
        "subject-empty-digest",
        "subject-digest",
        "a further subject without any digest",
        changed(_MANIFEST, "subject", [*_SUBJECTS, {"digest": {}}]),
    ),
    (
        "record-other-commit",
        "record-origin",
        "a record about another commit than its origin's",
        changed(record(), "subject.0.digest.gitCommit", "b" * 40),
    ),
    (
        "candidate-digest",
        "candidate-digest",
        "the digest of another candidate",
        manifest(candidateDigest=_OTHER),
    ),
    (
        "candidate-changed",
        "candidate-digest",
        "a candidate that was changed after its digest was taken",
        changed(base.FULL_MANIFEST, "predicate.candidate.changes.commits.0.title", "Add nothing"),
    ),
    (
        "candidate-unknown-changed",
        "candidate-digest",
        "the same in a field that a reader does not know",
        changed(manifest(LATER), "predicate.candidate.newInLaterMinor.size", 2),
    ),
    (
        "subjects-artifact-missing",
        "manifest-subjects",
        "an artifact that is no subject",
        changed(_MANIFEST, "subject", _SUBJECTS[1:]),
    ),
    (
        "subjects-commit-missing",
        "manifest-subjects",
        "a commit that is no subject",
        changed(_MANIFEST, "subject", _SUBJECTS[:1]),
    ),
    (
        "subjects-one-more",
        "manifest-subjects",
        "a subject that is no artifact",
        changed(_MANIFEST, "subject", [*_SUBJECTS, {"name": "x", "digest": _OTHER}]),
    ),
    (
        "subjects-commit-as-file",
        "manifest-subjects",
        "a file that has the commit's name as its digest",
        changed(manifest(LONG_COMMIT), "subject.1.digest", {"sha256": "a" * 64}),
    ),
    (
        "records-alike",
        "record-unique",
        "two records of the same name",
        manifest(candidate(records=[reference()] * 2)),
    ),
    (
        "decisions-alike",
        "record-unique",
        "two records of decisions of the same name",
        manifest(decisions=[base.decision()] * 2),
    ),
    (
        "decision-in-the-candidate",
        "decision-place",
        "a decision about the candidate as one of its own records",
        manifest(candidate(records=[reference(), base.decision()])),
    ),
    (
        "record-among-the-decisions",
        "decision-place",
        "a record of the candidate among the decisions about it",
        manifest(decisions=[reference("sbom")]),
    ),
    *(
        (f"pseudonymous-{what}", "people-named", f"a pseudonymous manifest with {title}", document)
        for what, title, document in (
            (
                "subject",
                "a login in its builder's subject",
                changed(
                    pseudonymous({"id": 7}),
                    "predicate.builder.claims",
                    {"sub": "repo:acme/payments:actor:ann"},
                ),
            ),
            (
                "machine",
                "the name of a computer",
                changed(pseudonymous({"id": 7}), "predicate.builder.id", "local:anns-macbook"),
            ),
            ("title", "somebody in a title", pseudonymous({"id": 7}, title="Thank Ann <ann@example.com>")),
            (
                "signer",
                "a keyless signer's address",
                pseudonymous(
                    {"id": 7},
                    signature={"state": "verified", "signer": "https://accounts.example ann@example.com"},
                ),
            ),
        )
    ),
    (
        "pseudonymous-claim",
        "people-named",
        "a pseudonymous manifest with a login among the claims of its builder",
        changed(pseudonymous({"id": 7}), "predicate.builder.claims", {"actor": "ann", "actor_id": "7"}),
    ),
    *(
        (
            f"pseudonymous-{what}",
            "people-named",
            f"a pseudonymous manifest with {title}",
            pseudonymous(person),
        )
        for what, title, person in (
            ("login", "a login", {"id": 7, "login": "ann"}),
            ("text", "an author line", {"text": "Ann <ann@example.com>"}),
            ("address", "a mail address", {"text": "<ann@example.com>"}),
            ("half", "a name beside a pseudonym", {"text": f"ann {PSEUDONYM}"}),
            ("hidden", "a hidden address with a login", {"text": "<7+ann@users.noreply.github.com>"}),
            ("link", "a page of somebody's", {"text": "https://github.com/ann-author"}),
            ("number", "another number than its own", {"id": 7, "login": "account-9"}),
            ("other", "another account's hidden address", {"text": "<7+account-8@users.noreply.github.com>"}),
        )
    ),
    (
        "approval-without-its-record",
        "approval-record",
        "an approval whose record is not listed",
        changed(base.FULL_MANIFEST, "predicate.approvals.0.record", _OTHER),
    ),
    (
        "request-other-candidate",
        "approval-subject",
        "a request whose subject is another candidate",
        changed(base.request(), "subject.1.digest", _OTHER),
    ),
    (
        "request-without-commit",
        "approval-subject",
        "a request that is not about a commit",
        changed(base.request(), "subject", base.request()["subject"][1:]),
    ),
    (
        "request-by-nobody",
        "approval-requester",
        "a request that does not say who asked",
        changed(base.request(), "predicate.requestedBy", {}),
    ),
    (
        "signed-approval-other-subject",
        "approval-subject",
        "a signed approval about another candidate",
        changed(base.approval(), "subject.0.digest", _OTHER),
    ),
    (
        "passed-although-denied",
        "outcome-too-good",
        "a decision that failed",
        manifest(decisions=[base.decision(outcome="failed")]),
    ),
    (
        "approval-of-another",
        "approval-candidate",
        "an approval of another candidate",
        changed(base.FULL_MANIFEST, "predicate.approvals.0.candidate", _OTHER),
    ),
    ("passed-although-failed", "outcome-too-good", "a failed record", manifest(FAILED)),
    ("passed-although-unsure", "outcome-too-good", "an inconclusive record", manifest(UNSURE)),
    ("passed-although-nothing", "outcome-too-good", "no record at all", manifest(candidate(records=[]))),
    ("passed-although-cut", "outcome-too-good", "changes that are not complete", manifest(INCOMPLETE)),
    (
        "unsure-although-failed",
        "outcome-too-good",
        "inconclusive, with a failed record",
        not_passed("inconclusive", FAILED, "x"),
    ),
    (
        "failed-without-reason",
        "outcome-unexplained",
        "failed, and nothing says why",
        not_passed("failed", FAILED),
    ),
    (
        "start-with-previous",
        "chain-start",
        "a first release that follows another",
        manifest(chain=base.chain(1, "a" * 64)),
    ),
    (
        "second-without-previous",
        "chain-start",
        "a second release that follows none",
        manifest(chain=base.chain(2)),
    ),
    (
        "checkpoint-other-subject",
        "checkpoint-subject",
        "a checkpoint about another head",
        changed(base.checkpoint(), "subject.0.digest", _OTHER),
    ),
    (
        "checkpoint-two-subjects",
        "checkpoint-subject",
        "a checkpoint about its head and more",
        changed(base.checkpoint(), "subject", [*base.checkpoint()["subject"], {"digest": _OTHER}]),
    ),
    ("root-list", "schema", "a list", []),
    ("root-text", "schema", "a text", "statement"),
)

_BYTES = (
    ("pretty", "canonical-form", "a statement that is indented", json.dumps(record(), indent=2).encode()),
    ("line-end", "canonical-form", "a line end after the statement", canonical(record()) + b"\n"),
    (
        "duplicate",
        "json-duplicate",
        "a statement with two outcomes",
        swap(canonical(record()), b'"outcome":"passed"', b'"outcome":"failed","outcome":"passed"'),
    ),
    (
        "size-beyond",
        "json-number",
        "a size of 2^53",
        swap(canonical(base.FULL_RECORD), b'"size":9}', b'"size":%d}' % BEYOND),
    ),
    ("cut-short", "json-syntax", "a statement that is cut short", canonical(record())[:-1]),
)


def cases() -> Iterator[Case]:
    for name, title, document in ACCEPTED:
        data = canonical(document)
        yield Case(f"statement-{name}", "statement", title, {"input.json": data}, digest=sha256(data))
    for name, document in schema_level():
        title = f"a bound of a type: {name.partition('-')[2].replace('-', ' ')}"
        yield Case(f"schema-{name}", "statement", title, {"input.json": canonical(document)}, "schema")
    for name, rule, title, document in REFUSED:
        yield Case(f"statement-{name}", "statement", title, {"input.json": canonical(document)}, rule)
    for name, rule, title, data in _BYTES:
        yield Case(f"statement-bytes-{name}", "statement", title, {"input.json": data}, rule)
