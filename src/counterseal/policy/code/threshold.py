"""Thresholds: from which severity on a problem blocks, and what becomes of one that nobody has rated."""

from __future__ import annotations

from typing import Literal

from counterseal.policy.base import Section
from counterseal.policy.problem import Problem
from counterseal.policy.severity import Severity, reaches


class Threshold(Section, frozen=True, kw_only=True):
    """From where on a problem blocks.

    Attributes:
        block: the least severity that blocks.
        unknown: what becomes of a problem without a published severity.
        introduced-only: whether only what this change brings in blocks; what cannot be told apart blocks too.
    """

    block: Literal["critical", "high", "medium", "low"] = "high"
    unknown: Literal["block", "note"] = "block"
    introduced_only: bool = False

    def blocks(self, problem: Problem) -> bool:
        """Tell whether a problem blocks by its severity, and by whether this change brought it in."""
        if self.introduced_only and problem.introduced is False:
            return False
        if problem.rating.severity is Severity.UNKNOWN:
            return self.unknown == "block"
        return reaches(problem.rating.severity, Severity(self.block))
