"""From facts to view: everything that the page of a release says, in the words in which it says it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from counterseal.audit.dora.words import counted
from counterseal.audit.facts import ReleaseFacts, Seal
from counterseal.audit.recipe import Sealed, Step, can_recite, recipe
from counterseal.audit.view import FileView, KeyView, Moment, RecordView, ReleaseView, StatementView, Verdict
from counterseal.ledger.layout import entry_key
from counterseal.manifest.record import EvidenceReference, Validity
from counterseal.manifest.release import RecordReference, ReleaseManifest
from counterseal.manifest.types import Outcome, parse_time
from counterseal.store.blobs import blob_key

_RUNNER = "the runner's clock"
_FORGE = "the forge's clock"
_AUTHORITY = "a time stamping authority"

_PROOF = {
    "oidc": "The forge's identity service vouched for this run when it was sealed, by a token that no other "
    "workflow can get. The token itself is not kept: a reader relies on the signature over this manifest.",
    "environment": "Only the runner's own variables say so. Whoever controlled the runner could choose them.",
    "local": "It ran outside a runner. Nothing but the signing key says who did this.",
}
_NO_PROOF = "This report does not know that kind of identity: take it as not proven."

_MEANING = {
    Outcome.PASSED: "Nothing that was expected is missing.",
    Outcome.FAILED: "The reasons are below.",
    Outcome.INCONCLUSIVE: "Something could not be determined, which is never a pass. The reasons are below.",
}


def release_view(facts: ReleaseFacts) -> ReleaseView:
    """Return what the page of a release says."""
    view = ReleaseView(
        title=_title(facts),
        stream=facts.stream,
        sequence=facts.sequence,
        entry=facts.entry,
        page=page_name(facts.stream, facts.sequence),
        evidence=_evidence_verdict(facts),
        outcome=_outcome_verdict(facts),
        findings=facts.findings,
        notices=tuple(_notices(facts)),
    )
    if facts.manifest is None or facts.seal is None:
        return view
    return _with_content(view, facts, facts.manifest, facts.seal)


def _with_content(
    view: ReleaseView, facts: ReleaseFacts, manifest: ReleaseManifest, seal: Seal
) -> ReleaseView:
    candidate = manifest.candidate
    records = tuple(_record(reference, facts, manifest.created_at) for reference in candidate.records)
    told = {file.reference.digest for record in records for file in record.files}
    return replace(
        view,
        manifest=manifest,
        payload_digest=seal.payload_digest,
        builder_proof=_PROOF.get(manifest.builder.identity, _NO_PROOF),
        records=records,
        statements=tuple(StatementView(one, _file(one.sealed, facts)) for one in candidate.statements),
        loose=tuple(_file(file, facts) for file in candidate.evidence if file.digest not in told),
        timeline=tuple(sorted(_moments(facts, manifest, seal), key=lambda moment: _order(moment.at))),
        keys=_keys((seal, *facts.seals)),
        steps=_steps(facts, manifest, seal),
    )


def page_name(stream: str, sequence: int) -> str:
    """Return the file name of the page of a release."""
    return f"{stream}-{sequence:012d}.html"


def _title(facts: ReleaseFacts) -> str:
    if facts.manifest is None:
        return facts.stream
    stream = facts.manifest.chain.stream
    return f"{'/'.join(stream.repository.rstrip('/').split('/')[-2:])} to {stream.environment}"


def _evidence_verdict(facts: ReleaseFacts) -> Verdict:
    if facts.manifest is None or facts.findings:
        sentence = (
            f"{counted(len(facts.findings), 'finding')}: something was changed, is missing, or is signed by "
            "nobody trusted. Do not rely on this release until each is explained."
        )
        return Verdict("failed", "Does not verify", sentence)
    candidate = facts.manifest.candidate
    files = {one.digest for one in candidate.evidence}
    files |= {one.sealed.digest for one in (*candidate.records, *candidate.statements)}
    sentence = (
        f"{counted(len(facts.seals) + 1, 'signature')}, {counted(len(files), 'file')} and the place in the "
        "chain were checked again for this report, and all of them hold."
    )
    return Verdict("passed", "Verifies", sentence)


def _outcome_verdict(facts: ReleaseFacts) -> Verdict:
    if facts.manifest is None:
        sentence = "The manifest does not verify, so this report does not repeat what it claims."
        return Verdict("unknown", "Unknown", sentence)
    outcome, records = facts.manifest.outcome, facts.manifest.candidate.records
    passed = sum(record.outcome is Outcome.PASSED for record in records)
    count = f"{passed} of {counted(len(records), 'control')} passed"
    if facts.findings:
        sentence = f"So the manifest says ({count}), but the evidence behind it does not verify."
        return Verdict("unknown", f"{outcome.value.capitalize()} (claimed)", sentence)
    return Verdict(outcome.value, outcome.value.capitalize(), f"{count}. {_MEANING[outcome]}")


def _notices(facts: ReleaseFacts) -> Iterator[str]:
    yield from (notice.message for notice in facts.notices)
    if facts.elsewhere:
        yield f"{counted(facts.elsewhere, 'finding')} in the rest of the store: see the list of all releases"


def _record(reference: RecordReference, facts: ReleaseFacts, released_at: str) -> RecordView:
    content = facts.records.get(reference.payload.sha256)
    return RecordView(
        reference=reference,
        sealed=_file(reference.sealed, facts),
        content=content,
        files=tuple(_file(file, facts) for file in content.evidence) if content else (),
        covers=_covers(content.validity, released_at) if content and content.validity else None,
    )


def _file(reference: EvidenceReference, facts: ReleaseFacts) -> FileView:
    place = blob_key(reference.digest.sha256)
    return FileView(reference, place, all(finding.where != place for finding in facts.findings))


def _covers(validity: Validity, moment: str) -> bool:
    return _order(validity.not_before) <= _order(moment) <= _order(validity.not_after)


def _order(time: str) -> str:
    """Return a key that sorts times of the format, all of which are in UTC, with or without a fraction."""
    return time.removesuffix("Z")


def _moments(facts: ReleaseFacts, manifest: ReleaseManifest, seal: Seal) -> Iterator[Moment]:
    for record in facts.records.values():
        yield Moment(record.created_at, f"Control {record.stage}:{record.name} was recorded", _RUNNER)
    for approval in manifest.approvals:
        yield Moment(approval.requested_at, f"Approval {approval.stage} was requested", _FORGE)
        yield Moment(approval.decided_at, f"Approval {approval.stage}: {approval.decision}", _FORGE)
    for step in manifest.deployment:
        yield Moment(step.started_at, f"Deployment step {step.name} began", _RUNNER)
        yield Moment(step.finished_at, f"Deployment step {step.name} ended: {step.outcome}", _RUNNER)
    yield Moment(manifest.created_at, "The release manifest was written", _RUNNER)
    if facts.checkpoint is not None:
        yield Moment(facts.checkpoint.created_at, "The checkpoint of the chain was written", _RUNNER)
    for one in (seal, *facts.seals):
        if one.trusted_time is not None:
            yield Moment(one.trusted_time, f"Trusted time stamp: {one.statement}", _AUTHORITY, vouched=True)


def _keys(seals: Sequence[Seal]) -> tuple[KeyView, ...]:
    keys = {seal.key.keyid: seal.key for seal in seals}
    return tuple(
        KeyView(key, tuple(seal for seal in seals if seal.key.keyid == keyid)) for keyid, key in keys.items()
    )


def _steps(facts: ReleaseFacts, manifest: ReleaseManifest, seal: Seal) -> tuple[Step, ...]:
    if not can_recite(seal.key):
        return ()
    candidate, stamped = manifest.candidate, seal.trusted_time
    return recipe(
        Sealed(
            entry=facts.entry,
            payload_digest=seal.payload_digest,
            key=seal.key,
            files=bool(candidate.records or candidate.statements or candidate.evidence),
            previous=entry_key(facts.stream, facts.sequence - 1) if facts.sequence > 1 else None,
            stamped_at=int(parse_time(stamped).timestamp()) if stamped else None,
            authorities=facts.authorities,
        )
    )
