"""Problems: what scanners find in code, dependencies, licences, placements and data, in one form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec.structs import replace

from counterseal.manifest.digest import sha256
from counterseal.manifest.types import Name, Positive, Sha256, Struct, Text
from counterseal.policy.severity import Rating

Kind: TypeAlias = Literal[
    "code", "dependency", "licence", "placement", "access", "secret", "personal-data", "policy"
]


class Problem(Struct, frozen=True, kw_only=True):
    """One problem that a scanner found.

    Attributes:
        kind: what sort of problem it is.
        tool: who found it.
        rule: the tool's id of it, such as `B602`, `GHSA-2gwj-7jmv-h26r` or `GPL-3.0-only`.
        message: what it is, in one sentence.
        rating: how bad it is, and who says so.
        subject: where it is: a path of the repository, a purl without its version, or a resource.
        fingerprint: what tells it from every other problem: bound to content, not to a line, and counted, so
            that the second of two equal ones has another (see `counted`).
        line: the line of the path, from 1.
        version: the version of the package.
        aliases: other ids of the same thing, such as its CVE.
        confidence: how sure the tool is, `high`, `medium` or `low`.
        cwe: the weaknesses that it is an instance of, by CWE number.
        fixed: the versions in which it is gone.
        introduced: whether this change brought it in; None when that is not known.
        suppressed: the words with which the scanned tree or the tool itself suppressed it.
        remedy: what one does about it.
        uri: where one can read about it.
    """

    kind: Kind
    tool: Name
    rule: Name
    message: Text
    rating: Rating
    subject: Name
    fingerprint: Sha256
    line: Positive | None = None
    version: Name | None = None
    aliases: tuple[Name, ...] = ()
    confidence: Literal["high", "medium", "low"] | None = None
    cwe: tuple[int, ...] = ()
    fixed: tuple[Name, ...] = ()
    introduced: bool | None = None
    suppressed: Text | None = None
    remedy: Text | None = None
    uri: Name | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id by which a waiver may name the problem."""
        return (self.rule, *self.aliases)


def fingerprint(*parts: str) -> str:
    """Return the digest of what a problem is bound to; no two different lists of parts have the same."""
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass"))


def counted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems, in their order, with the second, third, ... of equal ones told apart.

    Two equal lines are two problems: a baseline or a waiver of one of them lets the other through nowhere.
    """
    seen: Counter[str] = Counter()
    told = []
    for one in problems:
        seen[one.fingerprint] += 1
        number = seen[one.fingerprint]
        told.append(
            one if number == 1 else replace(one, fingerprint=fingerprint(one.fingerprint, str(number)))
        )
    return tuple(told)
