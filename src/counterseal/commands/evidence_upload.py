"""`evidence-upload`: assemble the release manifest of a run, seal it, chain it, store it and read it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from counterseal.host import Host
    from counterseal.ledger.append import Appended
    from counterseal.ledger.publish import Publication, Published
    from counterseal.manifest.release import PolicyReference, ReleaseManifest, Retention
    from counterseal.policy.file import Policy
    from counterseal.seal.sealer import Sealer
    from counterseal.store.casefile import CaseFile
    from counterseal.store.interface import Store

STAGES = (
    "branch-policy",
    "sast",
    "sca",
    "sbom",
    "record",
    "sign",
    "policy-gate",
    "approval-gate",
    "rollout",
    "runbook",
)
"""The stages whose records a release can expect."""

INPUTS = (
    Input("store", "Where the evidence is kept: dir:PATH or a path.", required=True),
    Input("key", "Signer, such as env:COUNTERSEAL_SIGNING_KEY, file:PATH or aws-kms:ARN.", required=True),
    Input(
        "environment",
        "Environment that the release goes to; with the repository it names the chain.",
        required=True,
    ),
    Input("trust", "Trust file that the head of the chain and earlier seals must satisfy.", required=True),
    Input("checkpoint-key", "Signer of checkpoints, better another one; by default the same as key."),
    Input("expect", "Records that must be there, one a line: stage or stage:name.", multiple=True),
    Input("policy", "Policy file whose evidence section is in force; its digest goes into the manifest."),
    Input("out", "Folder to write copies of the manifest's bundle, the verdict and the checkpoint to."),
    _run.TIMESTAMP_URL,
    _run.EVIDENCE_DIR,
)
OUTPUTS = (
    Output("outcome", "What the release came to: passed, failed or inconclusive."),
    Output("manifest-digest", "SHA-256 of the manifest's payload."),
    Output("candidate-digest", "SHA-256 of the candidate, which approvals bind to."),
    Output("sequence", "Place of the release in its chain, from 1."),
    Output("stream", "Name of the chain in the store."),
    Output("entry", "Key of the chain entry in the store."),
    Output("checkpoint", "Key of the signed checkpoint in the store."),
    Output("bundle", "Path of the copy of the manifest's bundle, where out was given."),
    Output("vsa", "Path of the copy of the SLSA verification summary, where out was given."),
    Output(
        "anchor",
        "Path of the copy of the checkpoint, to be kept elsewhere and given to verify as its anchor.",
    ),
)


def run(inputs: Inputs, host: Host) -> Result:
    """Publish the case file; the exit code is the outcome. Evidence of a failed release is kept too."""
    from counterseal.ledger.append import Ledger
    from counterseal.ledger.publish import Publisher
    from counterseal.seal.trust import parse_trust
    from counterseal.store.open import open_store

    sealer = _run.open_sealer(host, inputs["key"], inputs["timestamp-url"])
    trust = parse_trust(_run.read_file(host, inputs["trust"]), where=inputs["trust"])
    store = open_store(_run.store_uri(host, inputs["store"]))
    ledger = Ledger(store, sealer, _checkpoint_sealer(inputs, host), trust=trust)
    publisher = Publisher(store, ledger, sealer, trust)
    published = publisher.publish(_case_file(inputs, host), _publication(inputs, host))
    return _result(published, _copies(published.entry, store, inputs["out"], host), inputs["store"])


def _case_file(inputs: Inputs, host: Host) -> CaseFile:
    """Return the case file; one that was named must be there, since an empty one would lose the records."""
    case = _run.case_file(host, inputs)
    if inputs["evidence-dir"] and not case.root.is_dir():
        raise UsageError("there is no such folder", where=inputs["evidence-dir"])
    return case


def _checkpoint_sealer(inputs: Inputs, host: Host) -> Sealer | None:
    if not inputs["checkpoint-key"]:
        return None
    return _run.open_sealer(host, inputs["checkpoint-key"], inputs["timestamp-url"])


def _publication(inputs: Inputs, host: Host) -> Publication:
    from counterseal.checks.changes import changes_since
    from counterseal.host.builder import identify
    from counterseal.ledger.publish import Publication
    from counterseal.manifest.release import Source, Stream
    from counterseal.manifest.types import format_time

    origin, repository = _run.origin(host), _run.repository(host)
    commit, tree = repository.head()
    policy, reference = _policy(inputs, host)
    source = Source(
        repository=origin.repository,
        commit=commit,
        tree=tree,
        repository_id=host.context.repository_id,
        ref=host.context.ref,
    )
    return Publication(
        stream=Stream(repository=origin.repository, environment=inputs["environment"]),
        source=source,
        changes=lambda previous: changes_since(repository, commit, previous),
        builder=identify(host),
        created_at=format_time(_run.now()),
        expected=_expected(inputs, policy),
        policy=reference,
        retention=_retention(policy),
    )


def _expected(inputs: Inputs, policy: Policy | None) -> tuple[str, ...]:
    """Return the records that must be there; a name that no stage can have would fail every release."""
    names = tuple(dict.fromkeys([*(policy.evidence.expect if policy else ()), *inputs.many("expect")]))
    for name in names:
        if name.partition(":")[0] not in STAGES:
            remedy = f"write stage or stage:name, such as record:{name}; stages: {', '.join(STAGES)}"
            raise UsageError(f"{name[:100]!r} is not a record of any stage", where="expect", remedy=remedy)
    return names


def _policy(inputs: Inputs, host: Host) -> tuple[Policy | None, PolicyReference | None]:
    path = inputs["policy"]
    if not path:
        return None, None
    from counterseal.manifest.record import Digest
    from counterseal.manifest.release import PolicyReference
    from counterseal.policy.file import load_policy

    policy = load_policy(_run.read_file(host, path), where=path)
    repository = _run.repository(host)
    place = repository.place_of(host.cwd / path)
    if place is not None and not repository.has_committed(place):
        raise UsageError(
            "the policy is not the one of the commit that is released",
            where=path,
            remedy="commit it, or give a copy from a protected branch that lies outside the checkout",
        )
    uri = f"git+{_run.repository_uri(host)}#{place}" if place else f"file:{Path(path).name}"
    return policy, PolicyReference(uri=uri, digest=Digest(sha256=policy.digest), ref=host.context.ref)


def _retention(policy: Policy | None) -> Retention | None:
    from datetime import timedelta

    from counterseal.manifest.release import Retention
    from counterseal.manifest.types import format_time

    rule = policy.evidence.retention if policy else None
    if rule is None:
        return None
    return Retention(retain_until=format_time(_run.now() + timedelta(days=rule.days)), mode=rule.mode)


def _copies(appended: Appended, store: Store, out: str, host: Host) -> dict[str, str]:
    """Write what a reader without access to the store wants to have, and return where."""
    if not out:
        return {}
    files = {
        "bundle": (f"release-{appended.sequence}.sigstore.json", appended.bundle),
        "vsa": (f"release-{appended.sequence}.vsa.json", appended.vsa),
        "anchor": (f"release-{appended.sequence}.checkpoint.json", store.get(appended.checkpoint_key)),
    }
    return {name: str(_run.write_file(host, f"{out}/{file}", data)) for name, (file, data) in files.items()}


def _result(published: Published, copies: dict[str, str], store: str) -> Result:
    from counterseal.manifest.stream import stream_id

    appended = published.entry
    done = "was stored before" if published.repeated else "is sealed and stored"
    manifest: ReleaseManifest = appended.statement.predicate
    outcome, stream = manifest.outcome, stream_id(manifest.chain.stream)
    outputs = {
        "outcome": outcome,
        "manifest-digest": appended.payload_digest,
        "candidate-digest": manifest.candidate_digest.sha256,
        "sequence": str(appended.sequence),
        "stream": stream,
        "entry": appended.entry_key,
        "checkpoint": appended.checkpoint_key,
        **copies,
    }
    return Result(
        outcome=outcome,
        exit_code=_run.EXIT_CODES[outcome],
        headline=f"release {appended.sequence} of {stream} {done} in {store}",
        reasons=_run.reasons(manifest.reasons),
        digests={"manifest": appended.payload_digest, "candidate": manifest.candidate_digest.sha256},
        outputs=outputs,
        summary=_summary(appended, manifest),
    )


def _summary(appended: Appended, manifest: ReleaseManifest) -> str:
    from counterseal.host.markdown import code, escape, table

    records = [
        [escape(f"{one.stage}:{one.name}"), str(one.outcome), code(one.payload.sha256)]
        for one in manifest.candidate.records
    ]
    facts = [
        ["chain entry", code(appended.entry_key)],
        ["manifest", code(appended.payload_digest)],
        ["commit", code(manifest.candidate.source.commit)],
        ["artifacts", str(len(manifest.candidate.artifacts))],
        ["changes", str(len(manifest.candidate.changes.commits))],
    ]
    reasons = "".join(f"- {escape(one.message)}\n" for one in manifest.reasons)
    return (
        f"### Release evidence: {manifest.outcome}\n\n{table(['', ''], facts)}\n"
        f"{table(['record', 'outcome', 'sha256'], records)}\n{reasons}"
    )


COMMAND = Command(
    "evidence-upload", "Seal, chain and store the evidence of a release.", INPUTS, OUTPUTS, run, always=True
)
