"""Components against advisories: one problem for each vulnerability of each component, under whatever ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from counterseal.checks.inventory.found import purl_of
from counterseal.checks.sca.sources import RULE, Known
from counterseal.host.text import one_line
from counterseal.policy.advisory import Advisory, Incomparable, Match, match, rating_of
from counterseal.policy.component import Component
from counterseal.policy.finding import Finding, inconclusive
from counterseal.policy.problem import Problem, fingerprint
from counterseal.policy.severity import Rating, Severity, worst

_FIRST: Final = ("GHSA-", "CVE-", "PYSEC-", "GO-", "RUSTSEC-")


@dataclass(frozen=True)
class Urgency:
    """What makes a vulnerability urgent whatever its score.

    Attributes:
        exploited: ids that are known to be exploited.
        likely: the probability that an id is exploited, in per cent, for those at or above the policy's mark.
    """

    exploited: frozenset[str] = frozenset()
    likely: Mapping[str, int] | None = None


def problems_of(
    components: Iterable[Component], known: Known, urgency: Urgency
) -> tuple[list[Problem], list[Finding]]:
    """Return the vulnerabilities of components, and what could not be told.

    Args:
        components: the components.
        known: what a source knows of them.
        urgency: what makes a vulnerability urgent.
    """
    problems: list[Problem] = []
    findings: list[Finding] = []
    for component in components:
        hits: list[tuple[Advisory, Match]] = []
        for advisory in known.about.get(component.purl, ()):
            try:
                found = match(advisory, component)
            except Incomparable as cause:
                message = f"{advisory.id} may be about it: {one_line(str(cause), limit=200)}"
                findings.append(inconclusive(RULE, message, subject=component.purl))
                continue
            if found is not None:
                hits.append((advisory, found))
        problems += [_problem(component, group, known, urgency) for group in _groups(hits)]
    return problems, findings


def _groups(hits: list[tuple[Advisory, Match]]) -> Iterator[list[tuple[Advisory, Match]]]:
    """Yield the hits that are one vulnerability: records that name each other, or the same third id."""
    groups: list[tuple[set[str], list[tuple[Advisory, Match]]]] = []
    for advisory, found in hits:
        ids = {advisory.id, *advisory.aliases}
        same = [group for group in groups if group[0] & ids]
        merged = (ids.union(*(group[0] for group in same)), [hit for group in same for hit in group[1]])
        merged[1].append((advisory, found))
        groups = [group for group in groups if group not in same] + [merged]
    yield from (group for _, group in groups)


def _problem(
    component: Component, group: list[tuple[Advisory, Match]], known: Known, urgency: Urgency
) -> Problem:
    ids = sorted({name for one, _ in group for name in (one.id, *one.aliases)}, key=_order)
    first = min((one for one, _ in group), key=lambda one: _order(one.id))
    text = first.summary or first.details.strip().partition("\n")[0] or "(the advisory says nothing)"
    subject = purl_of(component.ecosystem, component.name, None)
    fixed = dict.fromkeys(version for _, found in group for version in found.fixed)
    return Problem(
        kind="dependency",
        tool="osv",
        rule=ids[0],
        message=f"{component.name} {component.version}: {one_line(text, limit=500)}",
        rating=_urgent(
            ids, worst(tuple(rating_of(one, found, known.other) for one, found in group)), urgency
        ),
        subject=subject,
        fingerprint=fingerprint("dependency", subject, component.version, ids[0]),
        version=component.version,
        aliases=tuple(ids[1:]),
        fixed=tuple(fixed),
        remedy=None if fixed else "no version mends it yet; replace it, or take it out",
        uri=f"https://osv.dev/vulnerability/{first.id}"[:1024],
    )


def _urgent(ids: list[str], rating: Rating, urgency: Urgency) -> Rating:
    """Return the rating, or that it is critical because somebody exploits it or probably will."""
    exploited = next((name for name in ids if name in urgency.exploited), None)
    if exploited:
        return Rating(
            severity=Severity.CRITICAL, source=f"known exploited: {exploited}", vector=rating.vector
        )
    likely = next(
        ((name, urgency.likely[name]) for name in ids if urgency.likely and name in urgency.likely), None
    )
    if likely:
        return Rating(
            severity=Severity.CRITICAL, source=f"EPSS {likely[1]} %: {likely[0]}", vector=rating.vector
        )
    return rating


def _order(name: str) -> tuple[int, str]:
    """GHSA first, as it has a severity most often; then the others, and what nobody knows last."""
    return next((at for at, head in enumerate(_FIRST) if name.startswith(head)), len(_FIRST)), name
