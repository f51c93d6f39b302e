"""Comments as decisions: the exact grammar, on the issue or pull request of the request alone."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.approval.grammar import parse_command
from counterseal.approval.model import Event
from counterseal.checks.approvals.reviews import said_beside
from counterseal.clients.forge import Forge


def comment_events(forge: Forge, issue: int) -> Iterator[Event]:
    """Yield what the comments of an issue or pull request decide, whichever request they name."""
    for comment in forge.comments(issue):
        command = parse_command(comment.body)
        if command is None:
            continue
        yield Event(
            id=f"comment:{comment.id}",
            source="comment",
            action=command.action,
            at=comment.created_at,
            account=comment.author,
            request=command.request,
            stage=command.stage,
            edited=comment.edited,
            reason=said_beside(command.reason or ""),
        )
