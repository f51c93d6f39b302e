"""`record`: put any file on record as evidence, with its outcome and how long it may be relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from counterseal.checks.evidence import Facts, Observation
    from counterseal.host import Host
    from counterseal.manifest.record import ControlRecord, EvidenceReference, Origin
    from counterseal.store.casefile import CaseFile, Seal

_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".sarif": "application/sarif+json",
    ".txt": "text/plain",
    ".xml": "application/xml",
}

_STAGE = "record"

INPUTS = (
    Input("name", "Name of this record within the run, such as unit-tests.", required=True),
    Input("files", "Evidence files: paths or glob patterns, one a line.", required=True, multiple=True),
    Input(
        "read-as",
        "How to read the files: junit counts the test cases, generic only keeps them.",
        default="generic",
    ),
    Input(
        "outcome",
        "What the evidence shows: passed, failed or inconclusive; required unless they are read as junit.",
    ),
    Input("kind", "What sort of evidence it is, such as penetration-test or dr-drill.", default="evidence"),
    Input("issued-at", "When the evidence was produced: a date or an RFC 3339 time; now by default."),
    Input("valid-until", "Until when it may be relied on: a date or an RFC 3339 time."),
    Input("valid-for", "How long it may be relied on, such as 365d or 12h."),
    Input("tool", "Name and version of the program that produced it, such as pytest 9.2.0."),
    Input(
        "key",
        "Signer that seals the record at once, such as env:COUNTERSEAL_SIGNING_KEY; by default at upload.",
    ),
    _run.TIMESTAMP_URL,
    _run.EVIDENCE_DIR,
)
OUTPUTS = (
    Output("outcome", "What the record says: passed, failed or inconclusive."),
    Output("record-digest", "SHA-256 of the record's payload."),
    Output("record", "Stage and name of the record, as evidence-upload expects it."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Put the files on record; the exit code is the record's outcome."""
    from counterseal.manifest.digest import sha256

    case = _run.case_file(host, inputs)
    seal = _run.seal_at_once(host, inputs)
    statement = _observe(inputs, host, case, seal).write(_run.now())
    payload = case.add_record(statement, seal)
    return _result(statement.predicate, sha256(payload))


def _observe(inputs: Inputs, host: Host, case: CaseFile, seal: Seal | None) -> Observation:
    from counterseal.checks.evidence import Observation, parse_tool, validity_period

    case.require_new(_STAGE, _run.slug(inputs, "name"))
    origin = _run.origin(host)
    validity = validity_period(inputs["issued-at"], inputs["valid-until"], inputs["valid-for"], _run.now())
    name, kind = _run.slug(inputs, "name"), _run.slug(inputs, "kind")
    look = _format(inputs)
    files = _keep(inputs, host, case)
    return Observation(
        stage=_STAGE,
        name=name,
        kind=kind,
        origin=origin,
        facts=_test_facts(case, origin, files, seal) if look == "junit" else _stated_facts(inputs),
        evidence=files,
        tool=parse_tool(inputs["tool"]),
        validity=validity,
    )


def _format(inputs: Inputs) -> str:
    look, outcome = inputs["read-as"], inputs["outcome"]
    if look not in {"generic", "junit"}:
        raise UsageError("files are read as generic or junit", where="read-as")
    if look == "junit" and outcome:
        raise UsageError("test cases are counted, so no outcome can be stated", where="outcome")
    if look == "generic" and outcome not in _run.EXIT_CODES:
        raise UsageError("state passed, failed or inconclusive", where="outcome")
    return look


def _keep(inputs: Inputs, host: Host, case: CaseFile) -> tuple[EvidenceReference, ...]:
    from counterseal.host.files import expand
    from counterseal.manifest.assemble import distinct_evidence

    paths = expand(inputs.many("files"), host.cwd)
    return distinct_evidence(
        case.add_file(path, path.name, _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"))
        for path in paths
    )


def _stated_facts(inputs: Inputs) -> Facts:
    from counterseal.checks.evidence import Facts
    from counterseal.manifest.record import Reason
    from counterseal.manifest.types import Outcome

    outcome = Outcome(inputs["outcome"])
    stated = Reason(rule="stated-outcome", message=f"the caller states that this evidence is {outcome}")
    return Facts(outcome, reasons=() if outcome is Outcome.PASSED else (stated,))


def _test_facts(
    case: CaseFile, origin: Origin, files: tuple[EvidenceReference, ...], seal: Seal | None
) -> Facts:
    from counterseal.checks.evidence import TEST_RESULT, Facts, test_result_statement
    from counterseal.checks.junit import read_reports
    from counterseal.manifest.digest import sha256
    from counterseal.manifest.record import Digest, StatementReference
    from counterseal.manifest.statement import encode_statement

    tests = read_reports([(file.name, case.blob(file).read_bytes()) for file in files])
    payload = encode_statement(test_result_statement(tests, origin, files))
    case.add_statement(payload, seal)
    reference = StatementReference(predicate_type=TEST_RESULT, payload=Digest(sha256=sha256(payload)))
    return Facts(tests.outcome, tests.counts, tests.reasons(), (reference,))


def _result(record: ControlRecord, digest: str) -> Result:
    from counterseal.host.markdown import code, escape, table

    key = f"{record.stage}:{record.name}"
    rows = [[escape(file.name), str(file.size), code(file.digest.sha256)] for file in record.evidence]
    counts = ", ".join(f"{count} {name}" for name, count in record.counts.items())
    return Result(
        outcome=record.outcome,
        exit_code=_run.EXIT_CODES[record.outcome],
        headline=f"{key} is on record" + (f" ({counts})" if counts else ""),
        reasons=_run.reasons(record.reasons),
        digests={"record": digest},
        outputs={"outcome": record.outcome, "record-digest": digest, "record": key},
        summary=f"### {escape(key)}: {record.outcome}\n\n{escape(counts)}\n\n"
        + table(["evidence", "bytes", "sha256"], rows),
    )


COMMAND = Command("record", "Put any file on record as evidence.", INPUTS, OUTPUTS, run)
