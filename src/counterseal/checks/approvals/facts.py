"""The facts of a decision, freshly observed: what would be deployed now, by whom, and who may say so."""

from __future__ import annotations

from dataclasses import dataclass

from counterseal.approval.model import ChangeRecord, Facts, Member
from counterseal.checks.approvals.candidates import actors_of_candidate
from counterseal.checks.branch_context import members_of
from counterseal.checks.trusted import Trusted
from counterseal.clients.forge import Forge
from counterseal.errors import CountersealError
from counterseal.ledger.requests import Asked
from counterseal.manifest.approval import Binding
from counterseal.manifest.record import Digest
from counterseal.manifest.release import ReleaseCandidate
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.forge import Account, Gap


@dataclass(frozen=True)
class Scene:
    """What surrounds a request while it is looked at.

    Attributes:
        forge: the forge.
        trusted: the policy in force now, with the identity map.
        candidate: the candidate that was asked about.
        now: the binding as it would be deployed now; None to ask the forge.
        signers: the keys that signed the artifacts.
        used_by: the deployment that has used the approval up.
        deployment: the deployment that is about to use it; None when this is only told.
        deployer: who deploys.
        change_record: what the external change record says.
        gaps: what could not be found out already.
    """

    forge: Forge
    trusted: Trusted
    candidate: ReleaseCandidate
    now: Binding | None = None
    signers: tuple[str, ...] = ()
    used_by: str | None = None
    deployment: str | None = None
    deployer: Account | None = None
    change_record: ChangeRecord | None = None
    gaps: tuple[Gap, ...] = ()


def facts_of(asked: Asked, scene: Scene, approval: ApprovalPolicy) -> Facts:
    """Return what is true of a request now."""
    binding, gaps = _binding(asked.request.binding, scene)
    deployer = scene.deployer if scene.deployment else None
    actors, unseen = actors_of_candidate(
        scene.forge, asked.request.binding, scene.candidate, scene.signers, deployer
    )
    members = members_of(scene.forge, approval.groups, _groups(approval))
    return Facts(
        binding=binding,
        actors=actors,
        members=tuple(
            Member(group=one.group, accounts=one.accounts, complete=one.complete) for one in members
        ),
        people=scene.trusted.people,
        consumed_by=scene.used_by,
        change_record=scene.change_record,
        gaps=(*scene.gaps, *gaps, *unseen),
        using=scene.deployment is not None,
        deployment=scene.deployment,
    )


def _groups(approval: ApprovalPolicy) -> tuple[str, ...]:
    return tuple(approval.groups)


def _binding(asked: Binding, scene: Scene) -> tuple[Binding, tuple[Gap, ...]]:
    """Return what would be deployed now: what the caller knows of it, and the rest from the forge."""
    from msgspec.structs import replace

    now = scene.now or asked
    gaps: list[Gap] = []
    run = _newest_run(asked, scene.forge, gaps)
    base = _base(asked, scene.forge, gaps)
    policy = Digest(sha256=scene.trusted.digest)
    return replace(now, policy=policy, run=run, base_ref=base), tuple(gaps)


def _newest_run(asked: Binding, forge: Forge, gaps: list[Gap]) -> str | None:
    """Return the run with its newest attempt: one that was started again has built something else."""
    if asked.run is None:
        return None
    number = int(asked.run.partition("/")[0])
    try:
        return f"{number}/{forge.run(number).attempt}"
    except CountersealError as error:
        gaps.append(Gap(topic="runs", message=error.diagnosis()[:1000], subject=asked.run))
        return asked.run


def _base(asked: Binding, forge: Forge, gaps: list[Gap]) -> str | None:
    if asked.pull_request is None:
        return asked.base_ref
    try:
        return f"refs/heads/{forge.pull_request(asked.pull_request).base_ref}"
    except CountersealError as error:
        gaps.append(Gap(topic="pull-request", message=error.diagnosis()[:1000]))
        return asked.base_ref
