"""Releases that are of the window although they say otherwise: found when all is compared, and verified.

What a release says of its time decides what is verified of it while the store is read. Whoever can make it
lie (a runner's clock, a key of the pipeline) would take it out of the window, with all that is wrong with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from counterseal.audit.answer import Work
from counterseal.audit.compared import Compared
from counterseal.audit.judge_objects import keys_of
from counterseal.audit.population import Release, is_of_window
from counterseal.audit.sources.known import Listing
from counterseal.audit.sources.proven import Name, Proof, Watcher, release_of
from counterseal.audit.sources.scan import held_of, troubles_of
from counterseal.checks.approvals.decided import decision_problems
from counterseal.ledger.layout import place_of
from counterseal.ledger.verify import verify_releases
from counterseal.manifest.types import parse_time

_EVER: Final = "0001-01-01T00:00:00Z"


def taken_in(listing: Listing, since: str) -> frozenset[str]:
    """Return the names of the releases of which a store has taken the entry or checkpoint since a moment."""
    begun = parse_time(since)
    written = (
        key
        for key, versions in listing.items()
        for one in versions
        if one.written_at is not None and not one.marker and parse_time(one.written_at) >= begun
    )
    return frozenset(f"{place[0]}/{place[1]}" for key in written if (place := place_of(key)))


def completed(compared: Compared, proof: Proof, listing: Listing, work: Work) -> tuple[Compared, Work]:
    """Return the populations with every release of the window verified whole, and how much that was.

    Args:
        compared: the populations, in which a release is verified whole that says that it is of the window.
        proof: what releases are proven with.
        listing: the versions of every key of the store.
        work: how much was verified for them.
    """
    populations, inside = compared.populations, compared.inside
    lacking = [
        one for one in populations.releases if one.name in inside and not is_of_window(one, proof.since)
    ]
    if not lacking:
        return compared, work
    whole, more = _verified(lacking, proof)
    releases = tuple(whole.get((one.stream, one.sequence), one) for one in populations.releases)
    there = {(one.key, one.version) for one in populations.held}
    held = held_of(proof.store, listing, {key: one for one in whole.values() for key in keys_of(one)})
    fresh = tuple(one for one in held if (one.key, one.version) not in there)
    counts = {"releases": len(lacking), "objects": len(fresh)}
    censuses = tuple(
        replace(one, count=one.count + counts.get(one.population, 0)) for one in populations.censuses
    )
    made = replace(populations, releases=releases, held=(*populations.held, *fresh), censuses=censuses)
    added = replace(work, signatures=work.signatures + more.signatures, blobs=work.blobs + more.blobs)
    return dataclasses.replace(compared, populations=made), added


def _verified(releases: Sequence[Release], proof: Proof) -> tuple[dict[Name, Release], Work]:
    """Verify releases each by itself, with records and files; what was told of them before is kept."""
    names = [(one.stream, one.sequence) for one in releases]
    watcher = Watcher(_EVER)
    report = verify_releases(
        proof.store, proof.trust, names, inspect=decision_problems, watch=watcher, now=proof.now
    )
    troubles = troubles_of(report)
    found: dict[Name, Release] = {}
    for name, one in zip(names, releases, strict=True):
        told = dict.fromkeys((*one.troubles, *troubles.get(name, ())))
        found[name] = release_of(name, watcher, told, proof.store, proof.judges)
    return found, Work(signatures=report.signatures, blobs=report.blobs)
