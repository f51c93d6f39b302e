"""`evidence-upload`: assemble the release manifest of a run, seal it, chain it, store it and read it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _people, _publication, _run
from counterseal.commands._base import Command, Input, Inputs, Output, Result
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterseal.host import Host
    from counterseal.ledger.append import Appended
    from counterseal.ledger.publish import Published
    from counterseal.manifest.release import Approval, ReleaseManifest
    from counterseal.seal.sealer import Sealer
    from counterseal.store.casefile import CaseFile
    from counterseal.store.interface import Store

INPUTS = (
    Input("store", "Where the evidence is kept: s3://BUCKET/PREFIX, dir:PATH or a path.", required=True),
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
    publisher = Publisher(store, ledger, sealer, trust, _progress(host))
    case = _case_file(inputs, host)
    policy, reference = _publication.local_policy(inputs, host)
    publication = _publication.publication(
        host,
        case,
        environment=inputs["environment"],
        policy=policy,
        reference=reference,
        pseudonyms=_people.pseudonyms(host, policy),
        expected=_publication.expected_records(inputs, policy),
        approvals=approvals(case),
    )
    published = publisher.publish(case, publication)
    return _result(published, _copies(published.entry, store, inputs["out"], host), inputs["store"])


def _progress(host: Host) -> Callable[[int, int], None] | None:
    """Return what tells of each tenth of the files; None where nobody watches."""
    if not host.stderr.isatty():
        return None

    def told(done: int, count: int) -> None:
        if done == count or done * 10 // count > (done - 1) * 10 // count:
            host.say(f"{done} of {count} evidence files are stored")

    return told


def approvals(case: CaseFile) -> tuple[Approval, ...]:
    """Return the decisions of people that the records of the approval gate tell, each made again.

    Raises:
        SealError: a decision does not follow from what it was made from, or is about another candidate.
    """
    from counterseal.checks.approvals.decided import approvals_of_case
    from counterseal.manifest.assemble import digest_of_candidate

    fixed = case.candidate()
    found = []
    for filed in case.records():
        record = filed.statement.predicate
        if record.stage == "approval-gate" and fixed is not None:
            evidence = [case.blob(file).read_bytes() for file in record.evidence]
            found += approvals_of_case(filed, evidence, digest_of_candidate(fixed))
    return tuple(found)


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
