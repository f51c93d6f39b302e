"""Reconciliation: every element of every population gets a verdict. Pure: no clock, no network, no files.

What is in one population is looked for in the others, in both directions. A population that is not whole
never makes anything better: where a verdict would rest on its silence, it is `cannot-enumerate`.
"""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.audit.answer import Judged, Verdict
from counterseal.audit.compared import Compared
from counterseal.audit.judge_changes import judge_changes, judge_tags
from counterseal.audit.judge_deployments import judge_deployments
from counterseal.audit.judge_objects import judge_objects
from counterseal.audit.judge_releases import judge_releases
from counterseal.audit.population import Populations
from counterseal.audit.verdicts import judged, verdict
from counterseal.policy.audit import Audit
from counterseal.policy.pseudonyms import Pseudonyms

_POPULATIONS = ("changes", "tags", "deployments", "releases", "objects")
_PLACES = {name: at for at, name in enumerate(_POPULATIONS)}


def reconcile(
    populations: Populations, demands: Audit, pseudonyms: Pseudonyms | None = None
) -> tuple[Judged, ...]:
    """Return every element with its verdicts, in order of population, time and name.

    Args:
        populations: what is compared.
        demands: the policy's section `audit`.
        pseudonyms: what people are told by in releases that name nobody; None where that is not known.
    """
    return reconciled(Compared(populations, demands, pseudonyms))


def reconciled(compared: Compared) -> tuple[Judged, ...]:
    """Return what `reconcile` does, of populations that stand side by side already."""
    found = [
        *_unread(compared),
        *judge_changes(compared),
        *judge_tags(compared),
        *judge_deployments(compared),
        *judge_releases(compared),
        *judge_objects(compared),
    ]
    return tuple(sorted(found, key=_order))


def _unread(compared: Compared) -> Iterator[Judged]:
    """Yield an element for each population that is not whole, or may not be: nobody may overlook that."""
    for name in _POPULATIONS:
        found = [verdict("cannot-enumerate", gap) for gap in compared.gaps(name)]
        found += _unpinned(compared) if name == "releases" else ()
        if found:
            yield judged(name, "census", None, f"the {name} as a whole", found)


def _unpinned(compared: Compared) -> Iterator[Verdict]:
    """Yield the streams whose newest releases nobody would miss."""
    streams = {one.stream for one in compared.releases.values()}
    for stream in sorted(streams - compared.populations.pinned):
        yield verdict("no-anchor", f"nothing from elsewhere tells where {stream} ends")


def _order(one: Judged) -> tuple[int, str, str]:
    return _PLACES[one.population], one.at or "", one.name
