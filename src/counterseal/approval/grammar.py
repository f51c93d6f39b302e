"""What people write to decide: one line, exactly, with the id of the request that they mean.

    /approve 0123456789abcdef
    /deny 0123456789abcdef stage=security
    /withdraw 0123456789abcdef

It has to be the first line of the comment, and the whole of it. What follows on further lines is the reason.
Nothing else decides anything: no other word, case, space, quotation or invisible character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from counterseal.policy.base import SLUG

Action = Literal["approve", "deny", "withdraw"]

_COMMAND = re.compile(rf"/(approve|deny|withdraw) ([0-9a-f]{{16}})(?: stage=({SLUG}))?")
_LONGEST: Final = 16384


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody decides.

    Attributes:
        action: what is decided.
        request: the id of the request.
        stage: the stage that it is meant for; None for every stage that the person may decide in.
        reason: why; None when nothing is said.
    """

    action: Action
    request: str
    stage: str | None = None
    reason: str | None = None


def parse_command(body: str) -> Command | None:
    """Return what a comment decides; None when it decides nothing.

    Args:
        body: the whole comment, as it was written.
    """
    first, _, rest = body.partition("\n")
    match = _COMMAND.fullmatch(first.removesuffix("\r"))
    if match is None:
        return None
    reason = rest.replace("\r\n", "\n").strip()[:_LONGEST]
    return Command(cast("Action", match[1]), match[2], match[3], reason or None)


def write_command(action: Action, request_id: str, stage: str | None = None) -> str:
    """Return the line that somebody has to write."""
    return f"/{action} {request_id}" + (f" stage={stage}" if stage else "")
