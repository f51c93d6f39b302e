"""The policy's part `gate.rego`: the organisation's own rules, written in Rego."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from counterseal.policy.base import Section, Slug

Path = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Package = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z_][A-Za-z0-9_]*(\.[a-z_][A-Za-z0-9_]*)*\Z",
        max_length=200,
        description="a package of Rego",
    ),
]


class Opa(Section, frozen=True, kw_only=True):
    """A binary of Open Policy Agent on the runner.

    Attributes:
        path: where it is, absolute.
        sha256: the digest that it must have.
    """

    path: Annotated[str, msgspec.Meta(pattern=r"^/", max_length=500)]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Rego(Section, frozen=True, kw_only=True):
    """The organisation's own rules.

    Attributes:
        files: the modules, by their paths at the trusted ref.
        data: documents of data by the name that rules know them by below `data`; JSON at the trusted ref.
        packages: the packages whose `deny` and `warn` are asked.
        engine: what evaluates them: the engine that comes with counterseal, or a binary that is given.
        opa: the binary, for the engine `opa`; without it nothing else takes its place.
        seconds: how long an evaluation may take.
        megabytes: how much memory it may take.
    """

    files: Annotated[tuple[Path, ...], msgspec.Meta(min_length=1)]
    data: dict[Slug, Path] = msgspec.field(default_factory=dict)
    packages: Annotated[tuple[Package, ...], msgspec.Meta(min_length=1)] = ("counterseal",)
    engine: Literal["embedded", "opa"] = "embedded"
    opa: Opa | None = None
    seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 30
    megabytes: Annotated[int, msgspec.Meta(ge=64, le=16384)] = 1024


def check_rego(rego: Rego) -> Iterator[tuple[str, str]]:
    """Yield the path of every field that makes no sense, and why."""
    if rego.engine == "opa" and rego.opa is None:
        yield "opa", "the engine opa needs the path of its binary and the digest of that"
    if rego.engine != "opa" and rego.opa is not None:
        yield "opa", "a binary is given, and the engine is another"
    for name in ("files", "packages"):
        values = getattr(rego, name)
        if len(set(values)) < len(values):
            yield name, "one of them is there twice"
    for at, path in enumerate(rego.files):
        if not path.endswith(".rego") or path.endswith("_test.rego"):
            yield f"files[{at}]", "a module ends with .rego, and is no test"
