"""The policy's part `code.sca`: what the dependencies must come to."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import Glob
from counterseal.policy.code.threshold import Threshold
from counterseal.policy.problem import Problem

Path = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Sca(Threshold, frozen=True, kw_only=True):
    """What the dependencies must come to.

    Attributes:
        block: the least severity that blocks.
        unknown: what becomes of a vulnerability without a published severity.
        introduced-only: whether only what this change brings in blocks; what cannot be told apart blocks too.
        inventories: lock files that have to be there, as paths or patterns.
        max-database-age-days: how old the newest advisory of a database may be, in days.
        own: names of packages of the firm's own, which no source of advisories knows, such as `acme-*`.
        scopes: which dependencies count: those that ship, those that only build or test, those that may ship.
        exploited: whether a vulnerability on the list of known exploited ones is critical whatever its score.
        epss-above: the probability of exploitation from which on one is critical, in per cent.
        second-opinion: whether pip-audit is asked as well about Python packages.
        vex: VEX documents that are believed, by their paths at the trusted ref.
    """

    inventories: tuple[Path, ...] = ()
    max_database_age_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7
    own: tuple[Glob, ...] = ()
    scopes: tuple[Literal["required", "optional", "development"], ...] = (
        "required",
        "optional",
        "development",
    )
    exploited: bool = True
    epss_above: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    second_opinion: bool = False
    vex: tuple[Path, ...] = ()

    def blocks(self, problem: Problem) -> bool:
        """Tell whether a problem blocks; what a believed VEX document clears does not."""
        return problem.suppressed is None and super().blocks(problem)
