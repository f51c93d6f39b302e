"""The forge's fingerprints of lines, worked out once for each file that has a problem."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from counterseal.checks.sarif.line_hash import line_hashes
from counterseal.policy.problem import Problem

MOST_BYTES: Final = 2 * 1024 * 1024
"""The largest file of which lines are hashed, in bytes; the forge does without one for others."""


class LineHashes:
    """Fingerprints of lines below a folder.

    Args:
        root: the checkout.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, list[str]] = {}

    def of(self, problem: Problem) -> str | None:
        """Return the fingerprint of a problem's line; None where there is no such line."""
        hashes = self._of_file(problem.subject)
        return hashes[problem.line - 1] if problem.line and problem.line <= len(hashes) else None

    def _of_file(self, path: str) -> list[str]:
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _read(self, path: str) -> list[str]:
        whole = self._root / path
        try:
            inside = whole.resolve().is_relative_to(self._root.resolve()) and whole.is_file()
            if not inside or whole.stat().st_size > MOST_BYTES:
                return []
            return line_hashes(whole.read_text(encoding="utf-8", errors="replace"))
        except (OSError, ValueError):
            return []
