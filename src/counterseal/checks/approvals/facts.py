"""The facts of a decision, freshly observed: what would be deployed now, by whom, and who may say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from counterseal.approval.model import ChangeRecord, Facts, Member
from counterseal.checks.approvals.candidates import Touched
from counterseal.checks.branch_context import members_of
from counterseal.checks.trusted import Trusted
from counterseal.clients.forge import Forge
from counterseal.errors import CountersealError
from counterseal.ledger.requests import Asked
from counterseal.manifest.approval import Binding
from counterseal.manifest.record import Digest
from counterseal.manifest.release import ReleaseCandidate
from counterseal.policy.approval import ApprovalPolicy
from counterseal.policy.duties import Actor
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
        touched: who touched the candidate, where that was found out a moment ago.
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
    touched: Touched | None = None
    gaps: tuple[Gap, ...] = ()


def facts_of(asked: Asked, scene: Scene, seen: Touched, approval: ApprovalPolicy) -> Facts:
    """Return what is true of a request now.

    Args:
        asked: the request.
        scene: what surrounds it.
        seen: who touched the candidate.
        approval: the policy's section `approval`.
    """
    request = asked.request
    deployer = scene.deployer if scene.deployment else None
    binding, gaps = _binding(request.binding, scene, seen)
    members = members_of(scene.forge, approval.groups, _groups(approval, request.change_class))
    return Facts(
        binding=binding,
        actors=(*seen.actors, *([Actor(role="deployer", account=deployer)] if deployer else [])),
        members=tuple(
            Member(group=one.group, accounts=one.accounts, complete=one.complete) for one in members
        ),
        people=scene.trusted.people,
        consumed_by=scene.used_by,
        change_record=scene.change_record,
        gaps=(*scene.gaps, *gaps, *seen.gaps),
        using=scene.deployment is not None,
        deployment=scene.deployment,
        brought=seen.brought,
    )


def _groups(approval: ApprovalPolicy, change_class: str) -> Iterator[str]:
    """Yield the groups that matter to a class of change."""
    if rules := approval.classes.get(change_class):
        for stage in rules.stages:
            yield from stage.groups
        for step in rules.escalate:
            yield from step.add
        if rules.break_glass:
            yield from rules.break_glass.post_review


def _binding(asked: Binding, scene: Scene, seen: Touched) -> tuple[Binding, list[Gap]]:
    """Return what would be deployed now: what the caller knows of it, and the rest from the forge."""
    now, gaps = scene.now or asked, list[Gap]()
    changed: dict[str, object] = {"policy": Digest(sha256=scene.trusted.digest)}
    if asked.run and seen.run:
        # A run that was started again has built something else.
        changed["run"] = f"{seen.run.id}/{seen.run.attempt}"
    if asked.pull_request and seen.pull and asked.base_ref:
        changed["base_ref"] = seen.pull.base_ref
    if now.commit == asked.commit:
        changed["commit"] = _moved(asked, scene, seen, gaps) or now.commit
    if asked.repository_id:
        changed["repository_id"] = _repository_id(scene.forge, gaps) or asked.repository_id
    return replace(now, **changed), gaps


def _moved(asked: Binding, scene: Scene, seen: Touched, gaps: list[Gap]) -> str | None:
    """Return where the open pull request or the tag stands, when it is not what was asked about."""
    pull = seen.pull.pull_request if seen.pull else None
    ref = scene.candidate.source.ref or ""
    try:
        if pull and pull.state == "open" and pull.head != asked.commit:
            return None if scene.forge.tree(pull.head) == asked.tree else pull.head
        if ref.startswith("refs/tags/"):
            return scene.forge.tip(ref)
    except CountersealError as error:
        gaps.append(Gap(topic="ref", message=error.diagnosis()[:1000], subject=ref or None))
    return None


def _repository_id(forge: Forge, gaps: list[Gap]) -> int | None:
    try:
        return forge.repository().id
    except CountersealError as error:
        gaps.append(Gap(topic="repository", message=error.diagnosis()[:1000]))
        return None
