"""Reviews of an environment as decisions.

The forge tells neither time nor attempt of them, so the time is that of the first sight, and a run that was
started again has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.approval.model import Event
from counterseal.clients.forge import Forge
from counterseal.manifest.approval import Binding


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
    for at, review in enumerate(forge.environment_reviews(int(run))):
        if binding.environment not in review.environments or review.state not in {"approved", "rejected"}:
            continue
        who = review.account.id if review.account else "nobody"
        yield Event(
            id=f"environment:{run}:{at}:{who}:{review.state}",
            source="environment",
            action="approve" if review.state == "approved" else "deny",
            at=now,
            account=review.account,
            run=binding.run,
            reason=review.comment[:1000] or None,
        )
