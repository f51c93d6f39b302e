"""Licences: SPDX expressions (SPDX 2.3, annex D; PEP 639), and whether a policy allows them.

OR is a choice, AND a duty, and WITH another licence than the one it is written on. What nobody can read is
*unknown*: no text, NOASSERTION, words that are no SPDX expression, several classifiers at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import cache
from typing import Any, Final

from counterseal.host.text import one_line
from counterseal.policy.code.licences import Licences
from counterseal.policy.component import Component
from counterseal.policy.problem import Problem, fingerprint
from counterseal.policy.severity import UNRATED, Rating, Severity


class Standing(IntEnum):
    """What a licence comes to under a policy, from best to worst."""

    ALLOWED = 0
    REVIEW = 1
    UNKNOWN = 2
    REFUSED = 3


_REF: Final = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_TOKEN: Final = re.compile(r"\(|\)|[^\s()]+")
_NOBODY: Final = frozenset({"", "noassertion", "none", "unknown", "see license", "proprietary"})
# Trove classifiers (pypi.org/classifiers) and common words that mean exactly one SPDX licence.
_WORDS: Final = {
    "mit license": "MIT",
    "mit": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "isc license (iscl)": "ISC",
    "isc license": "ISC",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "psfl": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "bsd 2-clause": "BSD-2-Clause",
    "zope public license": "ZPL-2.1",
    "boost software license 1.0 (bsl-1.0)": "BSL-1.0",
    "gnu general public license v2 (gplv2)": "GPL-2.0-only",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "gnu affero general public license v3 or later (agplv3+)": "AGPL-3.0-or-later",
}


def expression_of(stated: str | None) -> str | None:
    """Return what is stated as an SPDX expression in its usual spelling, or None when nobody can read it."""
    text = " ".join((stated or "").split())
    text = _WORDS.get(text.casefold(), text)
    if text.casefold() in _NOBODY or not _well_formed(text):
        return None
    parsed = _parsed(text)
    return None if parsed is None else _rendered(parsed)


def standing_of(expression: str | None, rules: Licences) -> Standing:
    """Return what an SPDX expression comes to; what cannot be read is unknown."""
    parsed = _parsed(expression) if expression else None
    return Standing.UNKNOWN if parsed is None else _standing(parsed, _keys(rules.allow), _keys(rules.review))


def licence_problems(components: Iterable[Component], rules: Licences) -> tuple[Problem, ...]:
    """Return what is wrong with the licences of components, and what somebody has to look at."""
    return tuple(_problems(components, rules))


def _problems(components: Iterable[Component], rules: Licences) -> Iterator[Problem]:
    for one in components:
        if one.own or one.scope not in rules.scopes:
            continue
        subject = one.purl.rpartition("@")[0]
        stated = rules.known.get(subject) or one.licence
        expression = expression_of(stated)
        standing = standing_of(expression, rules)
        if standing is not Standing.ALLOWED:
            yield _problem(one, subject, expression, stated, standing)


def _problem(
    component: Component, subject: str, expression: str | None, stated: str | None, standing: Standing
) -> Problem:
    what = expression or "no licence that anybody can read"
    shown = f" ({one_line(stated, limit=100)!r})" if stated and expression is None else ""
    told = {
        Standing.REFUSED: (f"{what} is not allowed", Rating(severity=Severity.HIGH, source="policy")),
        Standing.REVIEW: (f"{what} has to be looked at", Rating(severity=Severity.LOW, source="policy")),
        Standing.UNKNOWN: (f"{what}{shown}", UNRATED),
    }
    message, rating = told[standing]
    remedy = "replace it, or have its licence added to code.licences.allow"
    if standing is Standing.UNKNOWN:
        remedy = "find out its licence and state it in code.licences.known"
    return Problem(
        kind="licence",
        tool="counterseal",
        rule=(expression or "NOASSERTION")[:1024],
        message=f"{component.name} {component.version}: {message}",
        rating=rating,
        subject=subject,
        fingerprint=fingerprint("licence", subject, component.version, expression or ""),
        version=component.version,
        remedy=remedy,
    )


def _standing(node: Any, allow: frozenset[str], review: frozenset[str]) -> Standing:
    """Return what a parsed expression comes to: the best choice of an OR, the worst duty of an AND."""
    if _is(node, "OR"):
        return min(_standing(one, allow, review) for one in node.args)
    if _is(node, "AND"):
        return max(_standing(one, allow, review) for one in node.args)
    key = _rendered(node).casefold()
    if key in allow:
        return Standing.ALLOWED
    if key in review:
        return Standing.REVIEW
    return Standing.UNKNOWN if _REF.fullmatch(_rendered(node)) else Standing.REFUSED


def _keys(licences: Iterable[str]) -> frozenset[str]:
    read = ((text, _parsed(text)) for text in licences)
    return frozenset((_rendered(parsed) if parsed is not None else text).casefold() for text, parsed in read)


def _is(node: Any, operator: str) -> bool:
    return bool(getattr(node, "operator", "").strip() == operator)


def _well_formed(text: str) -> bool:
    """Tell whether a text has the words of an expression in an order that makes one.

    The library accepts some texts that are none, and fails on others; so the grammar is checked before it.
    """
    depth, wanted = 0, True  # whether a licence has to come next
    for word in _TOKEN.findall(text):
        if word == "(":
            if not wanted:
                return False
            depth += 1
        elif word == ")":
            depth -= 1
            if wanted or depth < 0:
                return False
        elif word in ("AND", "OR", "WITH"):
            if wanted:
                return False
            wanted = True
        elif (
            not wanted
            or not re.fullmatch(r"[A-Za-z0-9.+:-]+", word)
            or word.casefold() in ("and", "or", "with")
        ):
            return False
        else:
            wanted = False
    return depth == 0 and not wanted


@cache
def _parsed(text: str) -> Any:
    """Return a parsed expression of known licences, or None."""
    from license_expression import ExpressionError

    licensing = _licensing()
    try:
        if not _well_formed(text):
            return None
        parsed = licensing.parse(text, validate=False, strict=True)
        unknown = licensing.unknown_license_keys(parsed)
    except (ExpressionError, AttributeError, ValueError, TypeError):
        return None
    return parsed if all(_REF.fullmatch(key) for key in unknown) else None


@cache
def _licensing() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def _rendered(node: Any) -> str:
    return str(node.render("{symbol.key}"))
