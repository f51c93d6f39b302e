"""The one form of PEM that trust files and pages take: blocks, and nothing around them (RFC 7468)."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

Label: TypeAlias = Literal["PUBLIC KEY", "CERTIFICATE"]
"""What a block may hold."""

_BLOCK: Final = re.compile(
    r"-----BEGIN (?P<label>PUBLIC KEY|CERTIFICATE)-----\n"
    r"(?:[A-Za-z0-9+/]+={0,2}\n)+"
    r"-----END (?P=label)-----\n"
)


def is_block(text: str, label: Label) -> bool:
    """Tell whether a text is exactly one block with this label; blanks around the whole do not count."""
    found = _BLOCK.fullmatch(text.strip() + "\n")
    return found is not None and found["label"] == label


def is_blocks(text: str) -> bool:
    """Tell whether a text is one block or several, each on the heels of the one before."""
    text, at = text.strip() + "\n", 0
    while found := _BLOCK.match(text, at):
        at = found.end()
        if at == len(text):
            return True
    return False
