"""The policy's section `audit`: what an audit compares, and what it takes for explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from counterseal.policy.base import Glob, Section
from counterseal.policy.patterns import problem_of_path

_Days = Annotated[int, msgspec.Meta(ge=0, le=366, description="a number of days, at most a year")]
_Share = Annotated[int, msgspec.Meta(ge=1, le=100, description="per cent")]
_Environment = Annotated[
    str, msgspec.Meta(min_length=1, max_length=255, description="the name of an environment")
]


class Audit(Section, frozen=True, kw_only=True):
    """What an audit compares.

    Attributes:
        branches: path patterns of the protected branches, without `refs/heads/`: every commit that reaches
            one is a change.
        tags: path patterns of the protected tags, without `refs/tags/`: none of them may move.
        environments: the environments that count as production.
        unreleased-days: for how many days a change may wait to be released before that has to be explained.
        reviews: by how many people, who had no other part in it, each change must have been reviewed or its
            release approved.
        sample: how many per cent of the releases that an earlier audit has verified are verified again, at
            least one; without it 5, and no more than 300: so many have one of those that were altered with
            95 % confidence when these are 1 % of all, however many all are (discovery sampling).
    """

    branches: Annotated[tuple[Glob, ...], msgspec.Meta(min_length=1)] = ("main",)
    tags: tuple[Glob, ...] = ()
    environments: Annotated[tuple[_Environment, ...], msgspec.Meta(min_length=1)] = ("production",)
    unreleased_days: _Days = 14
    reviews: Annotated[int, msgspec.Meta(ge=0, le=20)] = 1
    sample: _Share | None = None


def check_audit(audit: Audit) -> Iterator[tuple[str, str]]:
    """Yield path patterns that are none, each with its place."""
    for name, globs in (("branches", audit.branches), ("tags", audit.tags)):
        for at, glob in enumerate(globs):
            if problem := problem_of_path(glob):
                yield f"{name}[{at}]", problem
