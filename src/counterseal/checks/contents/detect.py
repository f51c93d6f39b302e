"""All detectors over one text: problems that say where something is, and never what.

A fingerprint is bound to what was found, so that another secret on a waived line is another problem. Of
values that can be guessed, such as card numbers, a plain digest could be turned back by trying them all; so
all such values of a file are put through scrypt (RFC 7914) together with its path, and what comes out is
what their fingerprints are bound to. If one of them changes, all waivers of that file's guessable values
end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from counterseal.checks.contents.cards import find_cards
from counterseal.checks.contents.hit import Find, Hit
from counterseal.checks.contents.iban import find_ibans
from counterseal.checks.contents.personal import find_personal
from counterseal.checks.contents.secrets import find_secrets
from counterseal.policy.contents import Detector
from counterseal.policy.problem import Problem, fingerprint
from counterseal.policy.severity import Rating, Severity

TOOL: Final = "counterseal"
FINDERS: Final[Mapping[Detector, Find]] = {
    "card-number": find_cards,
    "iban": find_ibans,
    "secret": find_secrets,
    "personal-data": find_personal,
}
"""The finder of each detector."""

_SEVERITIES: Final = {"secret": Severity.CRITICAL, "personal-data": Severity.HIGH}
_REMEDIES: Final = {
    "secret": "revoke it, take it out of the history, and read it from a secret store",
    "personal-data": "take it out, or replace it by a published test value",
}


def hits_in(text: str, detectors: Iterable[Detector]) -> list[Hit]:
    """Return what some detectors find in a text, in the order of the text."""
    found = [hit for name in detectors for hit in FINDERS[name](text)]
    return sorted(found, key=lambda hit: (hit.at, hit.rule))


def problems_in(text: str, path: str, detectors: Iterable[Detector]) -> Iterator[Problem]:
    """Yield a problem for everything that some detectors find in a text.

    Args:
        text: the text.
        path: the path of its file.
        detectors: what is looked for.
    """
    hits = hits_in(text, detectors)
    if not hits:
        return
    bound = _bound([hit.value for hit in hits if hit.guessable], path)
    lines = _lines(text, [hit.at for hit in hits])
    for hit, line in zip(hits, lines, strict=True):
        yield Problem(
            kind=hit.sort,
            tool=TOOL,
            rule=hit.rule,
            message=hit.what,
            rating=Rating(severity=Severity.NONE if hit.known else _SEVERITIES[hit.sort], source=TOOL),
            subject=path[:1024],
            fingerprint=fingerprint(hit.rule, path, bound if hit.guessable else hit.value),
            line=line,
            remedy=_REMEDIES[hit.sort],
        )


def _bound(values: list[str], path: str) -> str:
    """Return what the guessable values of a file come to, in a way that is slow to try."""
    if not values:
        return ""
    material = "\n".join(values).encode("utf-8", "surrogatepass")
    salt = hashlib.sha256(path.encode("utf-8", "surrogatepass")).digest()
    return hashlib.scrypt(material, salt=salt, n=2**14, r=8, p=1, dklen=32).hex()


def _lines(text: str, places: list[int]) -> Iterator[int]:
    """Yield the line of each place; the places are in the order of the text."""
    line, done = 1, 0
    for place in places:
        line += text.count("\n", done, place)
        done = place
        yield line
