"""The seal of an index: somebody who is trusted for it says that its page was made from a verified store.

What an index keeps quiet about shows in no answer, and can be read again nowhere. So its silence is believed
under a seal and in no other case.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from counterseal.audit.index.page import PAGE, Page
from counterseal.errors import SealError
from counterseal.ledger.opened import open_sealed
from counterseal.manifest.digest import sha256
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file
from counterseal.seal.sealer import Sealer
from counterseal.seal.trust import Trust

SEAL: Final = "index.sealed.json"
INDEXED: Final = "urn:counterseal:indexed:v1"
"""The predicate type of the statement, which never leaves the folder of the index."""

_LIMIT: Final = 1024 * 1024  # bytes


def sealed_page(page: Page, sealer: Sealer, trust: Trust, now: datetime) -> bytes:
    """Return the seal of a page.

    Raises:
        SealError: whoever asks will not believe it, by this trust file.
    """
    digest = sha256(page.encode())
    statement = Statement((subject_of_file(PAGE, digest),), INDEXED, {"page": digest})
    data = sealer.seal(encode_statement(statement))
    _require(data, page, trust, now)
    return data


def is_sealed(folder: Path, page: Page, trust: Trust, now: datetime) -> bool:
    """Tell whether an index has a seal; it is judged by the present moment, since an index can be built anew.

    Args:
        folder: the index.
        page: its page, as it was read.
        trust: whom to believe; the seal's role is `index`.
        now: the present moment.

    Raises:
        SealError: it has one that does not hold, or is of another page.
    """
    path = folder / SEAL
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT)
    except FileNotFoundError:
        return False
    except OSError as cause:
        raise SealError(f"cannot be read: {cause.strerror}", where=SEAL) from cause
    _require(data, page, trust, now)
    return True


def _require(data: bytes, page: Page, trust: Trust, now: datetime) -> None:
    opened = open_sealed(data, trust, "index", where=SEAL, claimed=now)
    said = {"page": sha256(page.encode())}
    if opened.statement.predicate_type != INDEXED or opened.statement.predicate != said:
        raise SealError("this seals another page", where=SEAL, remedy="build the index anew")
