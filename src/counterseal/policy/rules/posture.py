"""The repository's own protection: what the forge enforces must be what the policy states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from counterseal.host.text import one_line
from counterseal.policy.branch import Branch, PostureRules, RequiredCheckRule
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed, inconclusive
from counterseal.policy.forge import Gap
from counterseal.policy.posture import BypassActor, Posture
from counterseal.policy.rules.context import Context
from counterseal.policy.rules.gaps import unknown

ID: Final = "posture"
TITLE: Final = "Repository protection"
WHY: Final = "A rule that the forge does not enforce, or that somebody may go around, is only a habit."
REMEDY: Final = "change the ruleset, environment or Actions setting of the repository"
SECTION: Final = "posture"

_PERMISSION = "give the token administration: read; who may bypass is shown to administration: write alone"
_COUNT = "required_approving_review_count"


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge how the branch that a change goes to, and the environments, are protected.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    rules = policy.posture
    if rules is None or change.base_ref.startswith("refs/tags/"):
        return
    if change.pull_request is None and context.kind == "push" and context.protected is False:
        return  # a branch on which somebody works
    yield from unknown(ID, change, context, "posture")
    if context.posture is None:
        if not any(context.missing(change, "posture")):
            yield inconclusive(ID, "nobody has looked how the repository is protected", remedy=_PERMISSION)
        return
    yield from _rules(rules, context.posture)
    yield from _reviews(rules, context.posture)
    for check in rules.required_checks:
        yield from _check(check, context.posture)
    yield from _bypass(rules, context.posture)
    for name in rules.environments:
        yield from _environment(name, context.posture)
    yield from _actions(rules, context.posture)


def _rules(rules: PostureRules, posture: Posture) -> Iterator[Finding]:
    for name in rules.rules:
        if name not in posture.rules:
            yield _lacking(posture, f"the rule {name} is not active on {one_line(posture.branch, limit=200)}")


def _reviews(rules: PostureRules, posture: Posture) -> Iterator[Finding]:
    found = posture.pull_request
    count = found.get(_COUNT, "0")
    if not (count.isascii() and count.isdigit()) or int(count) < rules.approvals:
        yield _lacking(
            posture, f"a merge needs {one_line(count, limit=20)} approvals; {rules.approvals} are demanded"
        )
    wanted = {
        "dismiss_stale_reviews_on_push": rules.dismiss_stale,
        "require_code_owner_review": rules.code_owners,
        "require_last_push_approval": rules.last_push_approval,
    }
    for name, demanded in wanted.items():
        if demanded and found.get(name) != "true":
            yield _lacking(posture, f"the pull request rule does not have {name}")


def _check(rule: RequiredCheckRule, posture: Posture) -> Iterator[Finding]:
    found = [check for check in posture.required_checks if check.context == rule.context]
    pinned = [check for check in found if check.app is not None and rule.app in (None, check.app)]
    if pinned:
        return
    name = one_line(rule.context, limit=200)
    if not found:
        yield _lacking(posture, f"the check {name} is not required")
    elif rule.app is None:
        yield _lacking(posture, f"the check {name} may be reported by any app or person")
    else:
        yield _lacking(posture, f"the check {name} is not required of the app {rule.app}")


def _bypass(rules: PostureRules, posture: Posture) -> Iterator[Finding]:
    if posture.bypass_actors is None:
        message = f"who may go around the rules cannot be seen{_reasons(_gaps(posture))}"
        yield inconclusive(ID, message, subject=posture.branch, remedy=_PERMISSION)
        return
    for actor in posture.bypass_actors:
        if not any(rule.kind == actor.kind and rule.id in (None, actor.id) for rule in rules.bypass):
            yield failed(ID, _around(actor), subject=posture.branch, remedy="take them off the bypass list")


def _around(actor: BypassActor) -> str:
    number = f" {actor.id}" if actor.id else ""
    kind, mode = one_line(actor.kind, limit=100), one_line(actor.mode, limit=60)
    return f"{kind}{number} may go around the rules ({mode})"


def _environment(name: str, posture: Posture) -> Iterator[Finding]:
    found = next((one for one in posture.environments if one.name == name), None)
    shown = one_line(name, limit=200)
    about = [gap for gap in _gaps(posture) if gap.subject in {name, f"environment {name}"}]
    if found is None and about:
        message = f"the environment {shown} cannot be seen{_reasons(about)}"
        yield inconclusive(ID, message, subject=name, remedy=_PERMISSION)
    elif found is None:
        yield failed(ID, f"there is no environment {shown}", subject=name, remedy=REMEDY)
    elif found.admins_can_bypass is None:
        message = f"whether administrators may bypass the environment {shown} cannot be seen{_reasons(about)}"
        yield inconclusive(ID, message, subject=name, remedy=_PERMISSION)
    elif found.admins_can_bypass:
        message = f"administrators may bypass the environment {shown}"
        yield failed(ID, message, subject=name, remedy="switch off that administrators may bypass it")


def _actions(rules: PostureRules, posture: Posture) -> Iterator[Finding]:
    if rules.actions_may_approve:
        return
    if posture.actions_may_approve is None:
        about = [gap for gap in _gaps(posture) if gap.subject == "what workflows may do"]
        message = f"whether workflows may approve pull requests cannot be seen{_reasons(about)}"
        yield inconclusive(ID, message, remedy=_PERMISSION)
    elif posture.actions_may_approve:
        yield failed(
            ID, "workflows may approve pull requests", remedy="switch it off in the Actions settings"
        )


def _lacking(posture: Posture, message: str) -> Finding:
    """Return that something is not in force, or that it cannot be known where a part was not seen."""
    hidden = [gap for gap in _gaps(posture) if gap.subject in {None, posture.branch}]
    if hidden:
        return inconclusive(ID, f"{message}, as far as can be seen{_reasons(hidden)}", remedy=_PERMISSION)
    return failed(ID, message, subject=posture.branch, remedy=REMEDY)


def _gaps(posture: Posture) -> list[Gap]:
    return [gap for gap in posture.gaps if gap.topic == "posture"]


def _reasons(gaps: list[Gap]) -> str:
    return f": {'; '.join(one_line(gap.message, limit=300) for gap in gaps)}" if gaps else ""
