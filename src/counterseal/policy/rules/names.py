"""Branch and tag names: readable, of one kind only, and of the form that the policy states."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from counterseal.policy.branch import Branch
from counterseal.policy.change import ChangeFacts
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.patterns import matches
from counterseal.policy.rules.bots import belongs_to
from counterseal.policy.rules.context import Context

ID: Final = "names"
TITLE: Final = "Branch and tag names"
WHY: Final = "A name that hides characters, or passes for another kind of name, misleads people and programs."
REMEDY: Final = "rename the branch or tag to a form that the policy states"
SECTION: Final = None

LONGEST: Final = 255
"""The most characters that a name may have, as in most file systems."""

_KINDS = {"refs/heads/": "branch", "refs/tags/": "tag"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_OBJECT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_OTHER_KIND = re.compile(r"(refs|heads|tags|remotes|pull|gh-readonly-queue)/|(HEAD|[A-Z]+_HEAD|@)\Z|-")


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge the name of the branch that a change comes from, or of the tag that was pushed.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    if change.deleted or context.kind == "merge-group":
        return
    prefix = next((prefix for prefix in _KINDS if change.head_ref.startswith(prefix)), None)
    if prefix is None:
        yield failed(ID, "this is not the full name of a branch or tag", subject=change.head_ref)
        return
    kind, name = _KINDS[prefix], change.head_ref.removeprefix(prefix)
    if problem := _problem(kind, name, context):
        message = f"the {kind} {name[:300]!r} {problem}"
        yield failed(ID, message, subject=change.head_ref, remedy=REMEDY)
    yield from _form(kind, name, change, policy, context)


def _problem(kind: str, name: str, context: Context) -> str | None:
    """Return what is wrong with a name under any policy."""
    if not name or len(name) > LONGEST:
        return f"has {len(name)} characters; 1 to {LONGEST} are allowed"
    if any(unicodedata.category(char) in _UNSEEN for char in name):
        return "has characters that nobody sees, or that turn what one sees around"
    if _OBJECT.fullmatch(name):
        return "looks like the name of a commit"
    if _OTHER_KIND.match(name):
        return "looks like another kind of name"
    if kind == "tag" and name == context.default_branch:
        return "has the name of the default branch"
    return None


def _form(kind: str, name: str, change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    rules = policy.names
    patterns = (rules.tags if kind == "tag" else rules.branches) if rules else ()
    if rules is None or not patterns or any(matches(pattern, name) for pattern in patterns):
        return
    if kind == "branch" and name == context.default_branch and change.pull_request is None:
        return  # the branch that everything goes to is no proposal
    exempt = belongs_to(change, context, rules.exempt_bots) if kind == "branch" else False
    message = f"the {kind} {name[:300]!r} has none of the forms that the policy states"
    if exempt:
        yield noted(ID, f"{message}; it is a machine's that is exempt", subject=change.head_ref)
    elif exempt is None:
        message += ", and it is not known who has pushed to it"
        yield inconclusive(ID, message, subject=change.head_ref, remedy=REMEDY)
    else:
        yield failed(ID, message, subject=change.head_ref, remedy=REMEDY)
