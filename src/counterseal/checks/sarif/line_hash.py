"""GitHub's fingerprint of a line: `primaryLocationLineHash`, by which it knows an alert again.

A 64-bit polynomial hash (factor 37) over the hundred characters, blanks left out, from the start of each
line, in hexadecimal, with the number of its occurrence in the file. Facts: github/codeql-action,
`fingerprints`; the pairs in the tests are its own.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

_BLOCK: Final = 100
_FACTOR: Final = 37
_MASK: Final = (1 << 64) - 1
_FIRST: Final = pow(_FACTOR, _BLOCK, 1 << 64)
_TAB, _LF, _CR, _SPACE, _END = 9, 10, 13, 32, 65535


def line_hashes(text: str) -> list[str]:
    """Return the hash of every line of a file's text, in order; lines end with LF, CR or both.

    The hash of a line is that of the window that begins with it, so the whole text is gone through once
    with a window that slides.
    """
    codes, starts = _significant(text)
    padded = [*codes, *[0] * _BLOCK]
    begin = set(starts)
    window, found = 0, {}
    for at, code in enumerate(padded):
        old = padded[at - _BLOCK] if at >= _BLOCK else 0
        window = (_FACTOR * window + code - _FIRST * old) & _MASK
        start = at - _BLOCK + 1
        if start in begin:
            found[start] = f"{window:x}"
    seen: Counter[str] = Counter()
    told = []
    for start in starts:
        seen[found[start]] += 1
        told.append(f"{found[start]}:{seen[found[start]]}")
    return told


def _significant(text: str) -> tuple[list[int], list[int]]:
    """Return the UTF-16 units that count, with an end mark, and where among them each line begins."""
    raw = text.encode("utf-16-le", "surrogatepass")
    codes: list[int] = []
    starts: list[int] = []
    new, after_cr = True, False
    for unit in (*memoryview(raw).cast("H"), _END):
        if unit in (_SPACE, _TAB) or (after_cr and unit == _LF):
            after_cr = False
            continue
        after_cr = unit == _CR
        if new:
            starts.append(len(codes))
        new = unit in (_LF, _CR)
        codes.append(_LF if after_cr else unit)
    return codes, starts
