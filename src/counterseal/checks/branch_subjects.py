"""From an event to the changes that are judged: the event says which, and the forge what they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from counterseal.clients.forge import Forge
from counterseal.errors import Inconclusive, MalformedError, UsageError
from counterseal.host.event import Event
from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import ForgeCommit, Gap
from counterseal.policy.rules.context import Context

PULLS: Final = frozenset({"pull_request", "pull_request_target", "pull_request_review"})
"""The events that are about one pull request."""

TIPS: Final = frozenset({"workflow_dispatch", "schedule"})
"""The events that are about a ref as it is."""

MOST_LOOKUPS: Final = 50
"""For how many commits of one push the forge is asked which pull request brought them in."""

_HEADS = "refs/heads/"
_TAGS = "refs/tags/"
_MERGES = frozenset({"pr_merge", "merge_queue_merge"})


@dataclass(frozen=True)
class Found:
    """A change that is to be judged.

    Attributes:
        name: what it is called.
        change: the change.
        context: what is known beside it so far.
        onto: the commit of the base before the change went in; None when that is its tip now.
        heads: the heads that a merge group brings together, in order.
    """

    name: str
    change: ChangeFacts
    context: Context
    onto: str | None = None
    heads: tuple[str, ...] = ()


def find_changes(forge: Forge, event: Event, ref: str | None, commit: str | None) -> tuple[Found, ...]:
    """Return the changes that an event is about.

    Args:
        forge: the forge.
        event: the event.
        ref: the ref that the run is for, in full.
        commit: the commit that the run is for.

    Raises:
        UsageError: it is an event that is about no change.
        Inconclusive: the changes cannot be seen whole.
    """
    base = Context(default_branch=forge.repository().default_branch)
    if event.name in PULLS:
        return (_pull(forge, event, base),)
    if event.name == "push":
        return _pushed(forge, event.ref, event.before, event.after, base)
    if event.name == "merge_group":
        return _group(forge, event, base)
    if event.name in TIPS:
        return _tip(forge, ref, commit, base)
    remedy = f"run it on {', '.join(sorted(PULLS | TIPS | {'push', 'merge_group'}))}"
    raise UsageError(f"the event {event.name[:100]!r} is about no change", where="event", remedy=remedy)


def _pull(forge: Forge, event: Event, base: Context) -> Found:
    if event.pull_request is None:
        raise UsageError("the event names no pull request", where="event")
    change = forge.change_of_pull(event.pull_request)
    found = Found(f"#{event.pull_request}", change, base)
    if event.head in (None, change.head):
        return found
    message = f"the pull request has moved on to {change.head} since this run began for {event.head}"
    gap = Gap(topic="head", message=message, subject=found.name)
    return Found(found.name, change, replace(base, gaps=(gap,)))


def _pushed(
    forge: Forge, ref: str | None, before: str | None, after: str | None, base: Context
) -> tuple[Found, ...]:
    if ref is None or (before is None and after is None):
        raise UsageError("the event names no push", where="event")
    change = forge.change_of_push(ref, before, after)
    protected = is_protected(forge, ref, base.default_branch)
    context = replace(base, kind="push", protected=protected)
    if protected is False or ref.startswith(_TAGS) or after is None:
        return (Found(ref, change, context, onto=before),)
    pulls, direct = _covered(forge, change)
    own = {commit.id for commit in direct}
    covered = tuple(commit.id for commit in change.commits if commit.id not in own)
    if covered:
        change = replace(change, commits=direct, files=change.files if direct else ())
    push = Found(ref, change, replace(context, covered=covered), onto=before)
    return (*(Found(f"#{number}", one, base, onto=before) for number, one in pulls.items()), push)


def is_protected(forge: Forge, ref: str, default: str) -> bool | None:
    """Tell whether a ref is protected; None when that cannot be known.

    Args:
        forge: the forge.
        ref: the ref in full.
        default: the default branch, which always counts as protected, as do tags.
    """
    branch = ref.removeprefix(_HEADS)
    if ref.startswith(_TAGS) or branch == default:
        return True
    try:
        posture = forge.posture(branch)
    except Inconclusive:
        return None
    return bool(posture.rules) or any(gap.subject == branch for gap in posture.gaps)


def _covered(forge: Forge, change: ChangeFacts) -> tuple[dict[int, ChangeFacts], tuple[ForgeCommit, ...]]:
    """Return the pull requests that brought the commits of a push in, and the commits that none did.

    A commit is a pull request's when it is one of its own, or when the forge made it for that pull request:
    it has signed it, or has itself moved the branch.
    """
    by_forge = any(push.kind in _MERGES and push.after == change.head for push in change.pushes)
    pulls: dict[int, ChangeFacts] = {}
    known: set[str] = set()
    looked = 0
    for commit in reversed(change.commits):
        if commit.id in known or looked == MOST_LOOKUPS:
            continue
        looked += 1
        for number in forge.pulls_of_commit(commit.id):
            facts = pulls.get(number) or _merged_into(forge, number, change.base_ref)
            if facts is None:
                continue
            own = {one.id for one in facts.commits}
            if commit.id in own or by_forge or _signed_by_forge(commit):
                pulls[number] = facts
                known |= own | {commit.id}
    return pulls, tuple(commit for commit in change.commits if commit.id not in known)


def _merged_into(forge: Forge, number: int, base_ref: str) -> ChangeFacts | None:
    facts = forge.change_of_pull(number)
    pull = facts.pull_request
    return facts if pull and pull.state == "merged" and facts.base_ref == base_ref else None


def _signed_by_forge(commit: ForgeCommit) -> bool:
    return commit.verification is not None and commit.verification.verified and commit.verification.by_forge


def _group(forge: Forge, event: Event, base: Context) -> tuple[Found, ...]:
    if event.head is None or event.base is None or event.ref is None:
        raise UsageError("the event names no merge group", where="event")
    pulls = [
        Found(f"#{number}", forge.change_of_pull(number), base, onto=event.base)
        for number in forge.pulls_of_group(event.base, event.head)
    ]
    for found in pulls:
        if event.base_ref not in (None, found.change.base_ref):
            raise Inconclusive(f"{found.name} is not for {event.base_ref}", where=found.name)
    whole = forge.change_of_push(event.ref, event.base, event.head)
    own = {commit.id for found in pulls for commit in found.change.commits}
    rest = replace(whole, commits=tuple(one for one in whole.commits if one.id not in own), files=())
    covered = tuple(one.id for one in whole.commits if one.id in own)
    context = replace(base, kind="merge-group", covered=covered)
    heads = tuple(found.change.head for found in pulls)
    return (*pulls, Found("merge group", rest, context, onto=event.base, heads=heads))


def _tip(forge: Forge, ref: str | None, commit: str | None, base: Context) -> tuple[Found, ...]:
    """Return how the commit of a ref came there: by pull requests, else by the push on record."""
    if not ref or not commit or not ref.startswith((_HEADS, _TAGS)):
        raise UsageError("the run is for no branch and no tag", where="ref")
    if ref != _HEADS + base.default_branch:
        return _pushed(forge, ref, None, commit, base)
    facts = [_merged_into(forge, number, ref) for number in forge.pulls_of_commit(commit)]
    pulls = [one for one in facts if one is not None and _brought(one, commit)]
    if pulls:
        return tuple(Found(_name(one), one, base, onto=_first_parent(one)) for one in pulls)
    before = next((push.before for push in forge.pushes(ref) if push.after == commit), None)
    if before is None:
        raise Inconclusive("the forge has no record of how this commit came here", where=commit)
    return _pushed(forge, ref, before, commit, base)


def _brought(facts: ChangeFacts, commit: str) -> bool:
    """Tell whether a pull request is all that a commit brought: it is its own, or the forge's merge of it."""
    if commit in {one.id for one in facts.commits}:
        return True
    return facts.merge is not None and facts.merge.id == commit and _signed_by_forge(facts.merge)


def _first_parent(facts: ChangeFacts) -> str | None:
    return facts.merge.parents[0] if facts.merge and facts.merge.parents else None


def _name(facts: ChangeFacts) -> str:
    if facts.pull_request is None:
        raise MalformedError("a pull request without one", where=facts.head)
    return f"#{facts.pull_request.number}"
