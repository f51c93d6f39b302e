"""Comparing inventories: with what is installed, with the release before, and with what a policy demands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from counterseal.checks.sbom.validate import RULE
from counterseal.policy.code.sbom import Sbom
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding, failed
from counterseal.policy.licence import expression_of

_TELLS: Final[Mapping[str, tuple[str, Callable[[Component], bool]]]] = {
    "hashes": ("a digest of its files", lambda one: bool(one.hashes)),
    "suppliers": ("a supplier", lambda one: bool(one.supplier)),
    "licences": ("a licence that anybody can read", lambda one: expression_of(one.licence) is not None),
}


@dataclass(frozen=True)
class Difference:
    """What changed since another inventory, as package URLs.

    Attributes:
        added: what is new, in any version.
        removed: what is gone, in every version.
        updated: what is there in other versions, each `purl: old -> new`.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    updated: tuple[str, ...]


def missing_from(components: Iterable[Component], installed: Iterable[Component]) -> Iterator[Finding]:
    """Yield what is installed and not listed, and what is listed and not installed."""
    listed = {one.purl for one in components if one.ecosystem == "PyPI" and not one.own}
    there = {one.purl for one in installed}
    for purl in sorted(there - listed):
        yield failed(RULE, "it is installed, and no inventory lists it", subject=purl, remedy="lock it")
    for purl in sorted(listed - there):
        remedy = "install what is locked, or lock what is installed"
        yield failed(RULE, "it is listed, and not installed", subject=purl, remedy=remedy)


def wanting(components: Iterable[Component], rules: Sbom) -> Iterator[Finding]:
    """Yield what components that ship lack of what the policy demands."""
    shipped = [one for one in components if one.scope == "required" and not one.own]
    for name in rules.require:
        what, has = _TELLS[name]
        lacking = [one.purl for one in shipped if not has(one)]
        if lacking:
            message = f"{len(lacking)} of {len(shipped)} components have not {what}, such as {lacking[0]}"
            remedy = "name the folder that they are installed in as site-packages, or lock them with hashes"
            yield failed(RULE, message, subject=name, remedy=remedy)


def difference(before: Sequence[Component], after: Sequence[Component]) -> Difference:
    """Return what changed from one inventory to another."""
    old, new = _versions(before), _versions(after)
    updated = (f"{name}: {_text(old[name])} -> {_text(new[name])}" for name in sorted(old.keys() & new.keys())
               if old[name] != new[name])  # fmt: skip
    return Difference(
        tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), tuple(updated)
    )


def _versions(components: Iterable[Component]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in components:
        found.setdefault(one.purl.rpartition("@")[0], set()).add(one.version)
    return found


def _text(versions: set[str]) -> str:
    return ", ".join(sorted(versions))
