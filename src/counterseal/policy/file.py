"""The policy file, `.github/counterseal.yml`: what a firm demands of its releases.

Version 1 has the section `evidence`. Each later section is one more field of `PolicyFile`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from counterseal.errors import MalformedError
from counterseal.manifest.digest import sha256
from counterseal.policy.tree import Tree, read_yaml

_SLUG = "[a-z0-9][a-z0-9._-]{0,99}"
_PROBLEM = re.compile(r"(.*?)(?: - at `(\$.*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)

Expectation = Annotated[
    str, msgspec.Meta(pattern=rf"^{_SLUG}(:{_SLUG})?\Z", description="`stage` or `stage:name`")
]
Days = Annotated[int, msgspec.Meta(ge=1, le=36525, description="a number of days, at most a hundred years")]


class _Struct(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True
):
    """Base of every part of a policy: immutable, names in kebab-case, nothing unknown."""


class Retention(_Struct, frozen=True):
    """How long the evidence of a release is kept.

    Attributes:
        days: the number of days from the moment of the release.
        mode: the lock that the store has to prove, as S3 Object Lock calls it; absent where none is needed.
    """

    days: Days
    mode: Literal["governance", "compliance"] | None = None


class Evidence(_Struct, frozen=True):
    """What evidence a release must have.

    Attributes:
        expect: the control records that must be there, each `stage` (any record of it) or `stage:name`.
        retention: how long the evidence is kept.
    """

    expect: Annotated[tuple[Expectation, ...], msgspec.Meta(extra_json_schema={"uniqueItems": True})] = ()
    retention: Retention | None = None


class PolicyFile(_Struct, frozen=True):
    """The policy of a repository: what counterseal demands of its releases.

    Attributes:
        version: the version of this format.
        evidence: what evidence a release must have.
    """

    version: Literal[1]
    evidence: Evidence = Evidence()


class Policy(PolicyFile, frozen=True, kw_only=True):
    """A policy as it was read.

    Attributes:
        digest: SHA-256 of the file's exact bytes, lowercase hexadecimal.
    """

    digest: str


SECTIONS = tuple(field.encode_name for field in msgspec.structs.fields(PolicyFile))
"""The names that a policy file may have at its top."""


def load_policy(data: bytes, *, where: str) -> Policy:
    """Read a policy file.

    Args:
        data: the file's bytes.
        where: the file's name, for the error; line and column are added to it.

    Raises:
        MalformedError: naming the first thing that is wrong, and where it stands.
    """
    tree = read_yaml(data, where=where)
    _require_sections(tree, where)
    try:
        sections = msgspec.convert(tree.value, PolicyFile)
    except msgspec.ValidationError as cause:
        raise _located(tree, where, cause) from cause
    _require_distinct(tree, where, sections.evidence.expect)
    return Policy(**msgspec.structs.asdict(sections), digest=sha256(data))


def _require_sections(tree: Tree, where: str) -> None:
    unknown = [name for name in tree.value if name not in SECTIONS] if isinstance(tree.value, dict) else []
    if unknown:
        raise MalformedError(
            f"unknown section {unknown[0][:100]!r}",
            where=_place(tree, where, f"$.{unknown[0]}"),
            remedy=f"this version knows: {', '.join(SECTIONS)}",
        )


def _require_distinct(tree: Tree, where: str, expect: tuple[str, ...]) -> None:
    first: dict[str, int] = {}
    for at, name in enumerate(expect):
        if first.setdefault(name, at) != at:
            place = _place(tree, where, f"$.evidence.expect[{at}]")
            raise MalformedError(f"{name!r} is expected twice", where=place)


def _located(tree: Tree, where: str, cause: msgspec.ValidationError) -> MalformedError:
    """Return the error of the decoder with the line and column of what it is about."""
    match = _PROBLEM.fullmatch(str(cause))
    message, path = (match[1], match[2] or "$") if match else (str(cause), "$")
    unknown = _UNKNOWN.fullmatch(message)
    place = _place(tree, where, f"{path}.{unknown[1]}" if unknown else path)
    return MalformedError(f"{path.removeprefix('$.')}: {message}"[:300], where=place)


def _place(tree: Tree, where: str, path: str) -> str:
    return ":".join([where, *map(str, tree.places.get(path, (1, 1)))])
