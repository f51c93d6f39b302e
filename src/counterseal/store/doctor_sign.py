"""What a look at a bucket shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["well", "weak", "ill", "unknown"]


@dataclass(frozen=True)
class Sign:
    """What was looked at.

    Attributes:
        name: what it is.
        state: whether it is well, could be firmer, must be mended, or cannot be told.
        said: what was seen.
        remedy: what to do; empty where nothing is to be done.
    """

    name: str
    state: State
    said: str
    remedy: str = ""
