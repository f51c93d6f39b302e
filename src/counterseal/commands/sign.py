"""`sign`: seal what was built, with SLSA provenance that says from which commit and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _people, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result

if TYPE_CHECKING:
    from counterseal.checks.evidence import Facts
    from counterseal.host import Host
    from counterseal.manifest.record import Origin
    from counterseal.manifest.release import Artifact
    from counterseal.manifest.statement import Statement
    from counterseal.store.casefile import CaseFile

_STAGE, _NAME = "sign", "artifacts"

INPUTS = (
    Input("artifacts", "What was built: paths or glob patterns, one a line.", required=True, multiple=True),
    Input("key", "Signer, such as env:COUNTERSEAL_SIGNING_KEY, file:PATH or aws-kms:ARN.", required=True),
    Input("bundle", "Where to write the sealed provenance; by default into the evidence folder."),
    _run.TIMESTAMP_URL,
    _run.EVIDENCE_DIR,
)
OUTPUTS = (
    Output("outcome", "passed, or failed when tracked files differ from the commit."),
    Output(
        "bundle", "Path of the Sigstore bundle with the provenance of every artifact; empty when it failed."
    ),
    Output("record-digest", "SHA-256 of the record's payload."),
    Output("subjects", "JSON list of the artifacts: name, size and sha256 of each."),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Seal the artifacts and put that on record; what was built from altered files is not sealed."""
    case = _run.case_file(host, inputs)
    case.require_new(_STAGE, _NAME)
    artifacts = _artifacts(inputs, host)
    origin = _run.origin(host)
    sealer = _run.open_sealer(host, inputs["key"], inputs["timestamp-url"])
    tree = _run.repository(host)
    altered = tree.changed_files()
    provenance = None if altered else _provenance(host, origin, artifacts)
    if provenance is not None:
        case.add_statement(provenance, sealer.seal)
        for artifact in artifacts:
            case.add_artifact(artifact)
    statement = _record(origin, _facts(altered, len(artifacts), tree.untracked_count(), provenance))
    digest = _digest(case.add_record(statement, sealer.seal))
    bundle = _deliver(case, provenance, inputs["bundle"], host)
    return _result(statement, artifacts, bundle, digest)


def _artifacts(inputs: Inputs, host: Host) -> tuple[Artifact, ...]:
    from counterseal.host.files import expand, hash_file
    from counterseal.manifest.record import Digest
    from counterseal.manifest.release import Artifact

    artifacts = []
    for path in expand(inputs.many("artifacts"), host.cwd):
        digest, size = hash_file(path)
        artifacts.append(Artifact(name=path.name[:1024], size=size, digest=Digest(sha256=digest)))
    return tuple(artifacts)


def _provenance(host: Host, origin: Origin, artifacts: tuple[Artifact, ...]) -> bytes:
    from counterseal.host.builder import identify, unnamed
    from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
    from counterseal.manifest.types import format_time
    from counterseal.seal.provenance import PREDICATE_TYPE, provenance_predicate

    context = host.context
    who = unnamed(identify(host), _people.pseudonyms(host, None))
    ids = {"repository_id": context.repository_id, "repository_owner_id": context.repository_owner_id}
    predicate = provenance_predicate(
        builder_id=who.id,
        repository=origin.repository,
        workflow_path=_workflow_path(context.workflow_ref),
        workflow_ref=context.ref or origin.commit,
        event=context.event_name or "local",
        ids={name: str(number) for name, number in ids.items() if number is not None},
        sources={f"git+{origin.repository}": origin.commit},
        invocation_id=who.run_url or who.id,
        finished_on=format_time(_run.now()),
    )
    subjects = tuple(subject_of_file(one.name, one.digest.sha256) for one in artifacts)
    return encode_statement(Statement(subjects, PREDICATE_TYPE, predicate))


def _workflow_path(workflow_ref: str | None) -> str:
    """Return the path of a workflow from `owner/repository/path@ref`."""
    path, _, _ = (workflow_ref or "").partition("@")
    return "/".join(path.split("/")[2:]) or "local"


def _deliver(case: CaseFile, provenance: bytes | None, wanted: str, host: Host) -> str:
    """Return where the caller finds the bundle: in the evidence folder, or copied to where it was wanted."""
    if provenance is None:
        return ""
    sealed = case.bundle(provenance)
    if not wanted:
        return str(sealed)
    return str(_run.write_file(host, wanted, sealed.read_bytes()))


def _record(origin: Origin, facts: Facts) -> Statement:
    from counterseal import __version__
    from counterseal.checks.evidence import Observation
    from counterseal.manifest.record import Tool

    tool = Tool(name="counterseal", version=__version__)
    return Observation(_STAGE, _NAME, "provenance", origin, facts, tool=tool).write(_run.now())


def _facts(altered: list[str], artifacts: int, untracked: int, provenance: bytes | None) -> Facts:
    """Return what is known of the artifacts; what was built from altered files is not of the commit."""
    from counterseal.checks.evidence import Facts
    from counterseal.manifest.record import Digest, Reason, StatementReference
    from counterseal.manifest.types import Outcome
    from counterseal.seal.provenance import PREDICATE_TYPE

    reasons = tuple(
        Reason(
            rule="clean-tree",
            subject=name.encode("utf-8", "backslashreplace").decode()[:1000],
            message="this tracked file is not what the commit holds",
            remedy="build from an unaltered checkout; write generated files to untracked paths",
        )
        for name in altered[:20]
    )
    counts = {"altered-files": len(altered), "artifacts": artifacts, "untracked-files": untracked}
    if provenance is None:
        return Facts(Outcome.FAILED, counts, reasons)
    reference = StatementReference(predicate_type=PREDICATE_TYPE, payload=Digest(sha256=_digest(provenance)))
    return Facts(Outcome.PASSED, counts, reasons, (reference,))


def _digest(payload: bytes) -> str:
    from counterseal.manifest.digest import sha256

    return sha256(payload)


def _result(statement: Statement, artifacts: tuple[Artifact, ...], bundle: str, digest: str) -> Result:
    import json

    from counterseal.host.markdown import code, escape, table

    record = statement.predicate
    rows = [[escape(one.name), str(one.size), code(one.digest.sha256)] for one in artifacts]
    subjects = [{"name": one.name, "size": one.size, "sha256": one.digest.sha256} for one in artifacts]
    return Result(
        outcome=record.outcome,
        exit_code=_run.EXIT_CODES[record.outcome],
        headline=f"artifacts sealed: {len(artifacts)}" if bundle else "nothing was sealed",
        reasons=_run.reasons(record.reasons),
        digests={"record": digest},
        outputs={
            "outcome": record.outcome,
            "bundle": bundle,
            "record-digest": digest,
            "subjects": json.dumps(subjects),
        },
        summary=f"### Sealed artifacts: {record.outcome}\n\n" + table(["artifact", "bytes", "sha256"], rows),
    )


COMMAND = Command("sign", "Seal artifacts with SLSA provenance.", INPUTS, OUTPUTS, run)
