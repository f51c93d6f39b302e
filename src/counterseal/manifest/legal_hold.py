"""Legal holds: who had everything of a release kept regardless of its dates, or let go, and why.

The document is the evidence of a control record of the stage `legal-hold`. It names every version that the
hold is about, so that anybody can ask the store about just these.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.canonical import encode, parse
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
    """

    stream: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,100}\Z")]
    sequence: Annotated[int, msgspec.Meta(ge=1, le=999_999_999_999)]
    state: Literal["on", "off"]
    reason: Text
    by: Name
    objects: tuple[HeldVersion, ...]


def encode_hold(hold: LegalHold) -> bytes:
    """Return the canonical bytes of a hold (RFC 8785)."""
    return encode(msgspec.to_builtins(hold), where=STAGE)


def read_hold(data: bytes, where: str) -> LegalHold:
    """Read a hold.

    Raises:
        MalformedError: it is none, says no reason, or is about nothing.
        RuleBroken: it is not strict JSON.
    """
    try:
        hold = msgspec.convert(parse(data, where=where), LegalHold)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no legal hold: {cause}"[:300], where=where) from cause
    if not hold.reason.strip() or not hold.objects:
        raise MalformedError("a legal hold says why, and what it is about", where=where)
    return hold
