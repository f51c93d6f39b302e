"""VEX: what a believed document says of a vulnerability that is there. OpenVEX 0.2.0 and CycloneDX, in JSON.

Only two statements clear a problem: `not_affected` with a justification, and `fixed`. They hold for the very
vulnerability and product that they name, the version included.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from counterseal.errors import MalformedError
from counterseal.policy.problem import Problem

_CYCLONEDX = {"not_affected": "not_affected", "resolved": "fixed", "resolved_with_pedigree": "fixed"}


@dataclass(frozen=True)
class Statement:
    """That a vulnerability does not matter in a product.

    Attributes:
        ids: the vulnerability, by all names that are given.
        product: the product as a purl with version.
        words: why, as evidence keeps it.
    """

    ids: frozenset[str]
    product: str
    words: str


def read_vex(data: bytes, where: str) -> tuple[Statement, ...]:
    """Return the statements of a document that clear something.

    Raises:
        MalformedError: it is no VEX document, or one of its statements is none.
    """
    try:
        document = json.loads(data)
        if str(document.get("@context", "")).startswith("https://openvex.dev/ns"):
            return tuple(_openvex(document, where))
        if document.get("bomFormat") == "CycloneDX":
            return tuple(_cyclonedx(document, where))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise MalformedError(f"not a VEX document: {cause!r}"[:300], where=where) from cause
    raise MalformedError("neither OpenVEX nor CycloneDX", where=where)


def apply_vex(problems: Iterable[Problem], statements: Iterable[Statement]) -> tuple[Problem, ...]:
    """Return the problems; those that a statement clears say so, and stay."""
    known = tuple(statements)
    return tuple(_applied(one, known) for one in problems)


def _applied(problem: Problem, statements: tuple[Statement, ...]) -> Problem:
    product = f"{problem.subject}@{problem.version}"
    clearing = (one for one in statements if one.product == product and one.ids & set(problem.ids))
    found = next(clearing, None)
    return replace(problem, suppressed=found.words) if found else problem


def _openvex(document: dict[str, Any], where: str) -> Iterator[Statement]:
    for one in document["statements"]:
        status = one["status"]
        if status not in ("not_affected", "fixed", "affected", "under_investigation"):
            raise MalformedError(f"a statement of the status {str(status)[:50]!r}", where=where)
        named = one["vulnerability"]
        names = [named["name"], *named.get("aliases", [])] if isinstance(named, dict) else [named]
        if status not in ("not_affected", "fixed"):
            continue
        why = one.get("justification") or one.get("impact_statement")
        if status == "not_affected" and not why:
            raise MalformedError("a statement that nothing is affected, without a justification", where=where)
        for product in one["products"]:
            yield Statement(
                frozenset(names), _product(product), f"VEX {where}: {status}: {why or 'fixed'}"[:1000]
            )


def _product(product: Any) -> str:
    """Return a product's purl: of several identifiers the purl, else its id."""
    if isinstance(product, str):
        return product
    identifiers = product.get("identifiers", {})
    return str(identifiers.get("purl") or product["@id"])


def _cyclonedx(document: dict[str, Any], where: str) -> Iterator[Statement]:
    purls = {one.get("bom-ref"): one.get("purl") for one in document.get("components", [])}
    for one in document.get("vulnerabilities", []):
        analysis = one.get("analysis") or {}
        state = _CYCLONEDX.get(str(analysis.get("state")))
        if state is None:
            continue
        why = analysis.get("justification") or analysis.get("detail")
        if state == "not_affected" and not why:
            raise MalformedError("an analysis that nothing is affected, without a justification", where=where)
        ids = {one["id"], *(str(other["id"]) for other in one.get("references", []))}
        for affected in one["affects"]:
            product = purls.get(affected["ref"]) or affected["ref"]
            yield Statement(frozenset(ids), str(product), f"VEX {where}: {state}: {why or 'fixed'}"[:1000])
