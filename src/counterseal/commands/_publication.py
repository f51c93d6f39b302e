"""What a release consists of beside its case file: source, changes, builder, policy and retention."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.commands import _run
from counterseal.errors import UsageError

if TYPE_CHECKING:
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.ledger.publication import Publication
    from counterseal.manifest.release import Approval, PolicyReference, Retention
    from counterseal.policy.file import Policy
    from counterseal.policy.pseudonyms import Pseudonyms
    from counterseal.store.casefile import CaseFile

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


def publication(
    host: Host,
    case: CaseFile,
    *,
    environment: str,
    policy: Policy | None,
    reference: PolicyReference | None,
    pseudonyms: Pseudonyms | None,
    expected: tuple[str, ...] = (),
    approvals: tuple[Approval, ...] = (),
) -> Publication:
    """Return the publication of a case file; one whose candidate is fixed keeps what was asked about.

    Args:
        host: the surroundings.
        case: the case file.
        environment: where the release goes.
        policy: the policy in force.
        reference: where that was read.
        pseudonyms: what names people in it; None where they are named.
        expected: the records that must be there.
        approvals: the decisions of people.
    """
    from counterseal.checks.changes import changes_since
    from counterseal.clients.veil import veiled
    from counterseal.host.builder import identify, unnamed
    from counterseal.ledger.publication import Publication
    from counterseal.manifest.pseudonym import PSEUDONYMOUS
    from counterseal.manifest.release import Source, Stream
    from counterseal.manifest.types import format_time

    fixed = case.candidate()
    origin, repository = _run.origin(host, fixed.source.commit if fixed else None), _run.repository(host)
    commit, tree = repository.head()
    source = Source(
        repository=origin.repository,
        commit=commit,
        tree=tree,
        repository_id=fixed.source.repository_id if fixed else host.context.repository_id,
        ref=fixed.source.ref if fixed else host.context.ref,
    )
    return Publication(
        stream=Stream(repository=origin.repository, environment=environment),
        source=source,
        changes=lambda previous: veiled(changes_since(repository, commit, previous), pseudonyms),
        builder=unnamed(identify(host), pseudonyms),
        created_at=format_time(_run.now()),
        expected=expected,
        policy=fixed.policy if fixed else reference,
        retention=retention_of(policy),
        stages=stages_of(policy),
        approvals=approvals,
        people=PSEUDONYMOUS if pseudonyms else None,
    )


def environment(inputs: Inputs) -> str:
    """Return the environment that a release goes to.

    Raises:
        UsageError: it is not given, or is no short name.
    """
    if not inputs["environment"]:
        raise UsageError("this input is required", where="environment")
    return _run.slug(inputs, "environment")


def expected_records(inputs: Inputs, policy: Policy | None) -> tuple[str, ...]:
    """Return the records that must be there; a name that no stage can have would fail every release."""
    names = tuple(dict.fromkeys([*(policy.evidence.expect if policy else ()), *inputs.many("expect")]))
    for name in names:
        if name.partition(":")[0] not in STAGES:
            remedy = f"write stage or stage:name, such as record:{name}; stages: {', '.join(STAGES)}"
            raise UsageError(f"{name[:100]!r} is not a record of any stage", where="expect", remedy=remedy)
    return names


def local_policy(inputs: Inputs, host: Host) -> tuple[Policy | None, PolicyReference | None]:
    """Return the policy file that the input `policy` names, which has to be the committed one.

    Raises:
        UsageError: it is not.
    """
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


def retention_of(policy: Policy | None) -> Retention | None:
    """Return how long evidence of this moment is kept by a policy; None where it does not say."""
    rule = policy.evidence.retention if policy else None
    return _kept(rule.days, rule.mode) if rule else None


def stages_of(policy: Policy | None) -> dict[str, Retention]:
    """Return how long the files of some stages are kept by a policy, where that is less."""
    rule = policy.evidence.retention if policy else None
    files = rule.files if rule else ()
    mode = rule.mode if rule else None
    return {stage: _kept(one.days, one.mode or mode) for one in files for stage in one.stages}


def _kept(days: int, mode: str | None) -> Retention:
    from datetime import timedelta

    from counterseal.manifest.release import Retention
    from counterseal.manifest.types import format_time

    return Retention(retain_until=format_time(_run.now() + timedelta(days=days)), mode=mode)
