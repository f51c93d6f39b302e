"""An issue as a forge has it, and the comments of its conversation, which pull requests have too."""

from __future__ import annotations

from counterseal.manifest.types import Name, Positive, Struct, Text, Time
from counterseal.policy.forge import Account, Prose


class Issue(Struct, frozen=True, kw_only=True):
    """An issue.

    Attributes:
        number: its number.
        title: its title.
        created_at: when it was opened.
        body: its text.
        closed_at: when it was closed; None while it is open.
        url: where a person can read it.
    """

    number: Positive
    title: Text
    created_at: Time
    body: Prose = ""
    closed_at: Time | None = None
    url: Name | None = None


class Comment(Struct, frozen=True, kw_only=True):
    """A comment of an issue or pull request.

    Attributes:
        id: its number.
        body: its text.
        created_at: when it was written.
        author: who wrote it; None for a deleted account.
        edited: whether it was changed since.
    """

    id: Positive
    body: Prose
    created_at: Time
    author: Account | None = None
    edited: bool = False
