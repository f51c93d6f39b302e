"""Protected paths: who edits the gate does not decide alone whether the edit goes through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from counterseal.host.text import one_line
from counterseal.policy.branch import Branch, ProtectedPaths
from counterseal.policy.change import ChangeFacts
from counterseal.policy.duties import MAKERS
from counterseal.policy.finding import Finding, failed, inconclusive, noted
from counterseal.policy.forge import Account
from counterseal.policy.patterns import any_path_matches
from counterseal.policy.pull_request import Review
from counterseal.policy.rules.context import Context, GroupMembers
from counterseal.policy.rules.gaps import unknown
from counterseal.policy.separation import apart_from, is_resolved, people_of

ID: Final = "protected-paths"
TITLE: Final = "Protected paths"
WHY: Final = "A change could otherwise weaken the workflow, the policy or the owners that it is judged by."
REMEDY: Final = "ask the owners to approve the newest commit in a review of the pull request"
SECTION: Final = "protected_paths"

_SHOWN = 5
_VERDICTS = frozenset({"approved", "changes-requested", "dismissed"})


@dataclass(frozen=True)
class _Tally:
    """How the owners' approvals stand.

    Attributes:
        counted: the people who count.
        doubtful: the people who would count if something that is not known were as it should be.
        doubts: what is not known.
        ignored: approvals that do not count, and why.
    """

    counted: frozenset[str]
    doubtful: frozenset[str]
    doubts: tuple[str, ...]
    ignored: tuple[str, ...]


def judge(change: ChangeFacts, policy: Branch, context: Context) -> Iterator[Finding]:
    """Judge whether what touches a protected path has the approval of those who own it.

    Args:
        change: the change.
        policy: the policy's section `branch`.
        context: what was observed beside the change.
    """
    rules = policy.protected_paths
    if rules is None or change.deleted or context.kind == "merge-group":
        return
    if change.pull_request is None and context.protected is False:
        return  # nothing is let through yet
    touched = _touched(change, rules)
    unlisted = list(unknown(ID, change, context, "files"))
    if not touched and not unlisted:
        return
    tally = _tally(change, rules, context)
    if len(tally.counted) >= rules.quorum:
        names = ", ".join(sorted(tally.counted))
        yield noted(ID, f"protected paths are touched, and approved by {names}", subject=change.head)
        return
    yield from _verdict(change, rules, context, tally, touched) if touched else unlisted


def _touched(change: ChangeFacts, rules: ProtectedPaths) -> list[str]:
    paths = dict.fromkeys(path for file in change.files for path in (file.path, file.previous) if path)
    return [path for path in paths if any_path_matches(rules.paths, path)]


def _verdict(
    change: ChangeFacts, rules: ProtectedPaths, context: Context, tally: _Tally, touched: list[str]
) -> Iterator[Finding]:
    names = ", ".join(one_line(path, limit=100) for path in touched[:_SHOWN])
    more = f" and {len(touched) - _SHOWN} more" if len(touched) > _SHOWN else ""
    message = (
        f"{names}{more}: {rules.quorum} of the group {rules.owners} must have approved "
        f"the newest commit, and {len(tally.counted)} have"
    )
    hidden = list(unknown(ID, change, context, "reviews"))
    yield from hidden
    if hidden or len(tally.counted | tally.doubtful) >= rules.quorum:
        why = f": {'; '.join(tally.doubts)}" if tally.doubts else ""
        yield inconclusive(ID, f"{message} for certain{why}", subject=touched[0], remedy=REMEDY)
    else:
        why = f" (not counted: {'; '.join(tally.ignored)})" if tally.ignored else ""
        yield failed(ID, f"{message}{why}", subject=touched[0], remedy=REMEDY)


def _tally(change: ChangeFacts, rules: ProtectedPaths, context: Context) -> _Tally:
    group = next((one for one in context.members if one.group == rules.owners), None)
    group = group or GroupMembers(
        group=rules.owners, complete=False, note="nobody has looked who belongs to it"
    )
    counted: set[str] = set()
    doubtful: dict[str, str] = {}
    ignored: list[str] = []
    for account, review in _latest(change, context):
        person = context.identities.person_of_account(account.id)
        shown = f"{one_line(account.login, limit=60)}, account {account.id}"
        if why := _objection(change, review, account, person, context):
            ignored.append(f"{shown} {why}")
        elif account.id not in group.accounts and group.complete:
            ignored.append(f"{shown} is not of the group")
        elif person and (doubt := _doubt(change, review, account, group, context)):
            doubtful[person] = f"{shown}: {doubt}"
        elif person:
            counted.add(person)
    return _Tally(frozenset(counted), frozenset(doubtful) - counted, tuple(doubtful.values()), tuple(ignored))


def _latest(change: ChangeFacts, context: Context) -> list[tuple[Account, Review]]:
    """Return the approvals that stand: the newest verdict of each person; a comment is none."""
    newest: dict[str, tuple[Account, Review]] = {}
    for review in change.reviews:
        if review.author and review.state in _VERDICTS:
            person = context.identities.person_of_account(review.author.id)
            newest[person or f"account {review.author.id}"] = (review.author, review)
    return [found for found in newest.values() if found[1].state == "approved"]


def _objection(
    change: ChangeFacts, review: Review, account: Account, person: str | None, context: Context
) -> str | None:
    identities = context.identities
    if account.bot or identities.is_bot(account):
        return "is no human"
    if person is None:
        return "is nobody whom the identity map knows"
    if review.commit != change.head:
        return "approved another commit" if review.commit else "approved a commit that the forge has lost"
    if review.edited:
        return "changed the review later"
    moments = [moment for moment in (review.submitted_at, context.now) if moment]
    if not all(identities.employed(person, moment) for moment in moments):
        return "does not belong to the firm"
    apart = apart_from("approver", context.duties) | frozenset(MAKERS)
    own = [
        actor for actor in context.actors if actor.role in apart and person in people_of(actor, identities)
    ]
    return f"is {own[0].role} of the change" if own else None


def _doubt(
    change: ChangeFacts, review: Review, account: Account, group: GroupMembers, context: Context
) -> str | None:
    if account.id not in group.accounts:
        why = one_line(group.note or "no reason is given", limit=300)
        return f"not every member of the group can be seen ({why})"
    if review.edited is None:
        return "whether the review was changed later is not known"
    if review.submitted_at is None:
        return "when it was given is not known"
    if any(context.missing(change, "commits", "pushes")):
        return "not everybody who touched the change is known"
    apart = apart_from("approver", context.duties) | frozenset(MAKERS)
    nameless = [
        one for one in context.actors if one.role in apart and not is_resolved(one, context.identities)
    ]
    return f"nobody knows who the {nameless[0].role} is" if nameless else None
