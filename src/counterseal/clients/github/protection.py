"""How a branch and its environments are protected, with a gap for all that the token may not see."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from counterseal.clients.github import classic
from counterseal.clients.github import shapes_rest as shapes
from counterseal.clients.github.failures import Forbidden, Missing
from counterseal.clients.github.pages import collect
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo
from counterseal.policy.forge import Gap
from counterseal.policy.posture import BypassActor, EnvironmentFacts, Posture, RequiredCheck

T = TypeVar("T")


@dataclass
class Findings:
    """What has been found out so far.

    Attributes:
        rules: the types of the active rules.
        pull_request: the strictest parameters of the `pull_request` rules.
        checks: the required checks.
        bypass: who may go around; None once one place cannot be seen.
        gaps: what could not be found out.
    """

    rules: set[str] = field(default_factory=set)
    pull_request: dict[str, object] = field(default_factory=dict)
    checks: set[tuple[str, int | None]] = field(default_factory=set)
    bypass: set[tuple[str, str, int | None]] | None = field(default_factory=set)
    gaps: list[Gap] = field(default_factory=list)

    def miss(self, message: str, subject: str | None = None) -> None:
        """Note that something could not be found out."""
        self.gaps.append(Gap(topic="posture", message=message[:1000], subject=subject))

    def demand(self, parameters: dict[str, object]) -> None:
        """Add the parameters of a `pull_request` rule; where two speak of the same, the stricter holds."""
        for name, value in parameters.items():
            known = self.pull_request.get(name)
            if isinstance(value, int) and isinstance(known, int):
                self.pull_request[name] = max(known, value)
            else:
                self.pull_request[name] = value

    def admit(self, kind: str, mode: str, number: int | None) -> None:
        """Add somebody who may go around."""
        if self.bypass is not None:
            self.bypass.add((kind, mode, number if number and number > 0 else None))


def posture(repo: Repo, branch: str, environments: tuple[str, ...]) -> Posture:
    """Return how a branch and the environments are protected.

    Raises:
        Inconclusive: the rules of the branch, which anybody may see, cannot be read.
    """
    findings = Findings()
    _rules(repo, branch, findings)
    classic.look(repo, branch, findings)
    workflows = _seen(findings, "what workflows may do", lambda: _workflow_permissions(repo))
    places = [_environment(repo, name, findings) for name in environments]
    return Posture(
        branch=branch,
        rules=tuple(sorted(findings.rules)),
        pull_request={name: _text(value) for name, value in sorted(findings.pull_request.items())},
        required_checks=tuple(
            RequiredCheck(context=context, app=app) for context, app in sorted(findings.checks, key=str)
        ),
        bypass_actors=_bypass(findings),
        environments=tuple(place for place in places if place is not None),
        actions_may_approve=workflows,
        gaps=tuple(findings.gaps),
    )


def _rules(repo: Repo, branch: str, findings: Findings) -> None:
    """Read the rules of all rulesets that are active on the branch, and who may go around each."""
    path = repo.path("rules", "branches", branch)
    found = collect(
        repo.session,
        path,
        shapes.Rule,
        topic="rules",
        key=lambda rule: (rule.ruleset_id, rule.type, str(rule)),
    )
    for rule in found:
        findings.rules.add(rule.type)
        parameters = rule.parameters or {}
        if rule.type == "pull_request":
            findings.demand(parameters)
        if rule.type == "required_status_checks":
            checks = read(parameters.get("required_status_checks"), list[shapes.StatusCheck], f"GET {path}")
            findings.checks |= {(check.context, _app(check.integration_id)) for check in checks}
    for number in sorted({rule.ruleset_id for rule in found}):
        _ruleset(repo, number, findings)


def _ruleset(repo: Repo, number: int, findings: Findings) -> None:
    path = repo.path("rulesets", number)
    name = f"ruleset {number}"
    ruleset = _seen(findings, name, lambda: read(repo.session.get(path).body, shapes.Ruleset, f"GET {path}"))
    if ruleset is None or ruleset.bypass_actors is None:
        findings.bypass = None
        if ruleset is not None:
            findings.miss("who may bypass this ruleset is shown only to a token that may change it", name)
        return
    for actor in ruleset.bypass_actors:
        findings.admit(actor.actor_type, actor.bypass_mode, actor.actor_id)


def _environment(repo: Repo, name: str, findings: Findings) -> EnvironmentFacts | None:
    path = repo.path("environments", name)
    found = _seen(
        findings,
        f"environment {name}",
        lambda: read(repo.session.get(path).body, shapes.Environment, f"GET {path}"),
    )
    if found is None:
        return None
    if found.can_admins_bypass is None:
        findings.miss("the forge does not say whether administrators may bypass this environment", name)
    review = [rule for rule in found.protection_rules if rule.type == "required_reviewers"]
    policy = found.deployment_branch_policy
    return EnvironmentFacts(
        name=found.name,
        id=found.id,
        reviewers=sum(len(rule.reviewers) for rule in review),
        prevent_self_review=bool(review) and all(rule.prevent_self_review for rule in review),
        admins_can_bypass=found.can_admins_bypass,
        branches="all" if policy is None else "protected" if policy.protected_branches else "custom",
    )


def _workflow_permissions(repo: Repo) -> bool:
    path = repo.path("actions", "permissions", "workflow")
    found = read(repo.session.get(path).body, shapes.WorkflowPermissions, f"GET {path}")
    return found.can_approve_pull_request_reviews


def _seen(findings: Findings, what: str, look: Callable[[], T]) -> T | None:
    """Return what is found, or None with a gap when it is not there or hidden."""
    try:
        return look()
    except (Missing, Forbidden) as error:
        needed = error.remedy or "the token needs administration: read"
        findings.miss(f"{what} cannot be seen: {error.message}; {needed}", what)
        return None


def _bypass(findings: Findings) -> tuple[BypassActor, ...] | None:
    if findings.bypass is None:
        return None
    return tuple(
        BypassActor(kind=kind, mode=mode, id=number)
        for kind, mode, number in sorted(findings.bypass, key=str)
    )


def _app(number: int | None) -> int | None:
    """Return an app's number; an absent or negative one is any app."""
    return number if number and number > 0 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
