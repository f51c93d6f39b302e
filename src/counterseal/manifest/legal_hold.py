"""Legal holds: who had everything of a release kept regardless of its dates, or let go, and why.

The document is what a page of the book of holds says, the evidence of a control record of the stage
`legal-hold`. It names every version that the hold is about, so that anybody can ask the store about them.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.release import Stream
from counterseal.manifest.stream import stream_id
from counterseal.manifest.types import Name, Struct, Text

STAGE: Final = "legal-hold"
FILE_NAME: Final = "legal-hold.json"


class HeldVersion(Struct, frozen=True, kw_only=True):
    """One version of an object.

    Attributes:
        key: its key in the store.
        version: the store's own name of the version.
    """

    key: Name
    version: Name


class LegalHold(Struct, frozen=True, kw_only=True):
    """A hold that was put on a release, or taken off.

    Attributes:
        stream: the id of the release's stream.
        sequence: its number in the stream.
        state: `on` or `off`.
        reason: why.
        by: who asked for it.
        objects: every version that it is about.
        of: the stream by its repository and environment, of which `stream` is the id; absent from old ones.
    """

    stream: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,100}\Z")]
    sequence: Annotated[int, msgspec.Meta(ge=1, le=999_999_999_999)]
    state: Literal["on", "off"]
    reason: Text
    by: Name
    objects: tuple[HeldVersion, ...]
    of: Stream | None = None


def plain_hold(hold: LegalHold) -> dict[str, Any]:
    """Return a hold as a page says it."""
    plain: dict[str, Any] = msgspec.to_builtins(hold)
    return plain


def hold_of(plain: dict[str, Any], where: str) -> LegalHold:
    """Return the hold that a page says.

    Raises:
        MalformedError: it is none, says no reason, is about nothing, or names two streams.
    """
    try:
        hold = msgspec.convert(plain, LegalHold)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no legal hold: {cause}"[:300], where=where) from cause
    if not hold.reason.strip() or not hold.objects:
        raise MalformedError("a legal hold says why, and what it is about", where=where)
    if hold.of is not None and stream_id(hold.of) != hold.stream:
        raise MalformedError(f"{stream_id(hold.of)} is not {hold.stream}", where=where)
    return hold
