"""The small types that every structure of the format is made of, each with its own bounds.

Numbers are integers with the unit in the field's name; times are RFC 3339 in UTC with a `Z`; digests are
lowercase hexadecimal. There is no floating point in the format.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import msgspec

from counterseal.manifest.canonical import MAX_INTEGER
from counterseal.manifest.rules import RuleBroken

# Patterns end with \Z, because Python's $ lets a line end pass; the JSON Schemas say $, which does not there.
Sha256 = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z", description="SHA-256, lowercase hexadecimal")
]
KeyId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^SHA256:[A-Za-z0-9+/]{43}\Z",
        description="OpenSSH fingerprint of a public key: SHA256: and its SHA-256 in base64 without padding",
    ),
]
GitObject = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})\Z", description="git object name, lowercase hexadecimal"
    ),
]
_TIME = re.compile(
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z\Z"
)
Time = Annotated[
    str,
    msgspec.Meta(pattern=_TIME.pattern, description="RFC 3339 date and time in UTC, with a capital T and Z"),
]
Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=MAX_INTEGER)]
Slug = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}\Z", description="a short lowercase name")
]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Text = Annotated[str, msgspec.Meta(max_length=16384)]


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Base of every structure: immutable, keyword only, camelCase on the wire, absent rather than null."""


class Outcome(StrEnum):
    """What a control, or a release as a whole, came to."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


def format_time(moment: datetime) -> str:
    """Return the moment in the format's own form, in UTC, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


@lru_cache(maxsize=65536)  # an audit asks for the same ones many times
def _moment(text: str) -> datetime | None:
    """Return the moment that a `Time` names; None where it is none by its form."""
    return datetime.fromisoformat(text) if _TIME.match(text) else None


def parse_time(text: str, *, where: str = "time") -> datetime:
    """Return the moment that a `Time` names.

    Raises:
        RuleBroken: when it is not a date and time of the calendar in UTC.
    """
    try:
        moment = _moment(text)
    except ValueError as cause:
        raise RuleBroken("time-calendar", f"{text} is not a moment of the calendar", where=where) from cause
    if moment is None:
        raise RuleBroken("schema", f"{text[:100]!r} is not a time in RFC 3339 and UTC", where=where)
    return moment
