"""Which names the objects about requests have, below `approvals/`; whatever has another is not ours."""

from __future__ import annotations

import re
from typing import Final

_REQUEST: Final = r"[0-9a-f]{16}"
_DIGEST: Final = r"[0-9a-f]{64}"
DEBT: Final = re.compile(rf"debts/({_REQUEST})/(owed|paid)\.json")
DECISION: Final = re.compile(r"[0-9]{6}-[a-z-]+-[0-9a-f]+")
_NAMES: Final = re.compile(
    rf"{_REQUEST}/(?:request|candidate|used|closed)\.json"
    rf"|{_REQUEST}/(?:seen|signed|cases)/{_DIGEST}\.json"
    rf"|{_REQUEST}/(?:steps|told)/[A-Za-z0-9._-]+\.json"
    rf"|{_REQUEST}/decisions/{DECISION.pattern}\.json"
    rf"|asked/{_DIGEST}/[0-9]{{4,}}\.json"
    rf"|{DEBT.pattern}"
)


def is_of_requests(key: str) -> bool:
    """Tell whether a key, without `approvals/`, is one that the book of requests gives."""
    return _NAMES.fullmatch(key) is not None
