"""Reviews of an environment as decisions.

The forge tells neither time nor attempt of them, so the time is that of the first sight, and a run that was
started again has none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from counterseal.approval.model import Event
from counterseal.checks.approvals.reviews import said_beside
from counterseal.clients.forge import Forge
from counterseal.manifest.approval import Binding

_ACTIONS = {"approved": "approve", "rejected": "deny"}


def environment_events(forge: Forge, binding: Binding, now: str) -> Iterator[Event]:
    """Yield what the reviewers of the request's run and environment said.

    Args:
        forge: the forge.
        binding: what the request is about.
        now: the present moment, which counts when nobody has seen them before.
    """
    if binding.run is None:
        return
    run, _, attempt = binding.run.partition("/")
    if attempt != "1":
        return
    seen: Counter[str] = Counter()
    for review in forge.environment_reviews(int(run)):
        if binding.environment not in review.environments or review.state not in _ACTIONS:
            continue
        who = review.account.id if review.account else "nobody"
        # They have no number; what the same account said again is told apart by how often it did.
        name = f"environment:{run}:{who}:{review.state}"
        seen[name] += 1
        yield Event(
            id=f"{name}:{seen[name]}",
            source="environment",
            action=_ACTIONS[review.state],  # type: ignore[arg-type]
            at=now,
            account=review.account,
            run=binding.run,
            reason=said_beside(review.comment),
        )
