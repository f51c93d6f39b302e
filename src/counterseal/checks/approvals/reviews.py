"""Reviews of a pull request as decisions: each is bound to the very commit that was reviewed."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.approval.model import Event
from counterseal.clients.forge import Forge
from counterseal.errors import CountersealError
from counterseal.manifest.approval import Binding
from counterseal.policy.pull_request import Review

_ACTIONS = {"approved": "approve", "changes-requested": "deny"}
_LONGEST = 1000


def review_events(forge: Forge, binding: Binding) -> Iterator[Event]:
    """Yield what the reviews of the request's pull request say; a comment decides nothing.

    A review of another commit with the same tree is a review of this one: a merge by the forge changes the
    commit and not what is in it. One of which nobody can tell whether it was edited counts as edited.
    """
    if binding.pull_request is None:
        return
    for review in forge.reviews(binding.pull_request):
        action = _ACTIONS.get(review.state)
        if action is None or review.submitted_at is None:
            continue
        yield Event(
            id=f"review:{review.id}",
            source="review",
            action=action,  # type: ignore[arg-type]
            at=review.submitted_at,
            account=review.author,
            commit=_reviewed(forge, review, binding),
            edited=review.edited is not False,
            reason=said_beside(review.body),
        )


def said_beside(text: str) -> str | None:
    """Return what somebody said beside a decision, short and in a form that can be kept."""
    return text[:_LONGEST].encode("utf-8", "replace").decode().strip() or None


def _reviewed(forge: Forge, review: Review, binding: Binding) -> str | None:
    """Return the commit that a review is about, in the terms of the request."""
    if review.commit is None or review.commit == binding.commit:
        return review.commit
    try:
        return binding.commit if forge.tree(review.commit) == binding.tree else review.commit
    except CountersealError:
        return review.commit
