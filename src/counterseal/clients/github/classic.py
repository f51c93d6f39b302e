"""Classic branch protection, told in the words of rulesets, so that a rule of ours need not know both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.clients.github import shapes_rest as shapes
from counterseal.clients.github.failures import Forbidden, Missing
from counterseal.clients.github.reading import read
from counterseal.clients.github.repo import Repo

if TYPE_CHECKING:
    from counterseal.clients.github.protection import Findings

_NONE = "Branch not protected"  # what the forge says when there is none, rather than hiding it
_ADMINISTRATORS = 5  # the number of the repository role `admin`


def look(repo: Repo, branch: str, findings: Findings) -> None:
    """Add what classic branch protection says of a branch."""
    path = repo.path("branches", branch, "protection")
    try:
        found = read(repo.session.get(path).body, shapes.Protection, f"GET {path}")
    except Missing as error:
        if _NONE not in error.message:
            _hidden(repo, findings, branch, error)
    except Forbidden as error:
        _hidden(repo, findings, branch, error)
    else:
        _rules(found, findings)
        _reviews(found.required_pull_request_reviews, findings)
        if not found.enforce_admins.enabled:
            findings.admit("RepositoryRole", "always", _ADMINISTRATORS)


def _hidden(repo: Repo, findings: Findings, branch: str, error: Missing | Forbidden) -> None:
    """Note that it cannot be seen, and so cannot who may bypass it; unless the branch surely has none."""
    path = repo.path("branches", branch)
    if not read(repo.session.get(path).body, shapes.Branch, f"GET {path}").protected:
        return
    needed = error.remedy or "the token needs administration: read"
    findings.bypass = None
    findings.miss(f"classic branch protection cannot be seen: {error.message}; {needed}", branch)


def _rules(found: shapes.Protection, findings: Findings) -> None:
    if found.required_status_checks is not None:
        findings.rules.add("required_status_checks")
        for check in found.required_status_checks.checks:
            app = check.app_id if check.app_id and check.app_id > 0 else None
            findings.checks.add((check.context, app))
    active = {
        "required_signatures": _on(found.required_signatures),
        "required_linear_history": _on(found.required_linear_history),
        "non_fast_forward": _off(found.allow_force_pushes),
        "deletion": _off(found.allow_deletions),
        "update": _on(found.lock_branch),
    }
    findings.rules |= {name for name, on in active.items() if on}
    if _on(found.required_conversation_resolution):
        findings.demand({"required_review_thread_resolution": True})


def _reviews(reviews: shapes.ProtectedReviews | None, findings: Findings) -> None:
    if reviews is None:
        return
    findings.rules.add("pull_request")
    findings.demand(
        {
            "required_approving_review_count": reviews.required_approving_review_count,
            "dismiss_stale_reviews_on_push": reviews.dismiss_stale_reviews,
            "require_code_owner_review": reviews.require_code_owner_reviews,
            "require_last_push_approval": reviews.require_last_push_approval,
        }
    )
    allowed = reviews.bypass_pull_request_allowances or shapes.Allowances()
    for kind, who in (("User", allowed.users), ("Team", allowed.teams), ("Integration", allowed.apps)):
        for item in who:
            findings.admit(kind, "pull_request", item.id)


def _on(switch: shapes.Switch | None) -> bool:
    return switch is not None and switch.enabled


def _off(switch: shapes.Switch | None) -> bool:
    return switch is not None and not switch.enabled
