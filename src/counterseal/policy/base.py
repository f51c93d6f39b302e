"""What every part of a policy is made of, and the small types that its sections share."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

SLUG = "[a-z0-9][a-z0-9._-]{0,99}"

Slug = Annotated[str, msgspec.Meta(pattern=rf"^{SLUG}\Z", description="a short lowercase name")]
AccountId = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1, description="numeric id of a forge account")]
Pattern = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=1000, description="regular expression; the whole text has to match it"
    ),
]
Glob = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=1000, description="path pattern; `*` stays in a folder, `**` not"),
]
Percent = Annotated[int, msgspec.Meta(ge=1, le=99, description="per cent of the time until the deadline")]
Hours = Annotated[int, msgspec.Meta(ge=1, le=720, description="a number of hours, at most 30 days")]
Quorum = Annotated[int, msgspec.Meta(ge=1, le=20, description="how many different people")]


class Section(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True
):
    """Base of every part of a policy: immutable, names in kebab-case, nothing unknown."""


def is_day(text: str) -> bool:
    """Tell whether a text is a day of the calendar, YYYY-MM-DD."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
