"""What an audit says about the objects of a store: one version each, and locked as was promised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from counterseal.audit.answer import Judged, Verdict
from counterseal.audit.compared import Compared
from counterseal.audit.population import Held, Release
from counterseal.audit.verdicts import code_of_trouble, judged, verdict
from counterseal.ledger.layout import checkpoint_key
from counterseal.ledger.verify_blobs import listed_by
from counterseal.manifest.release import Retention
from counterseal.manifest.types import parse_time
from counterseal.store.blobs import blob_key
from counterseal.store.interface import MODES, firmness


def judge_objects(compared: Compared) -> Iterator[Judged]:
    """Yield every object with its verdicts, and what in the store belongs to no release."""
    promised = _promised(compared)
    troubles: dict[str, list[Verdict]] = defaultdict(list)
    for trouble in compared.populations.troubles:
        code = code_of_trouble(trouble.code, trouble.message, listed=not compared.gaps("releases"))
        troubles[trouble.where or "store"].append(verdict(code, trouble.message))
    ordered = sorted(
        compared.populations.held, key=lambda one: (one.key, one.written_at or "", one.version or "")
    )
    for key, group in groupby(ordered, key=attrgetter("key")):
        first, *more = group
        found = troubles.pop(key, [])
        if more or first.marker or key in promised:  # nearly none has more than one version
            versions = [first, *more]
            found = [*_versions(versions), *_lock(versions, promised.get(key)), *found]
        yield judged("objects", key, first.written_at, "", found)
    for where, others in troubles.items():
        yield judged("objects", where, None, "", others)


def keys_of(release: Release) -> list[str]:
    """Return the keys of everything that a release consists of."""
    own = [release.entry, checkpoint_key(release.stream, release.sequence)]
    return own if release.manifest is None else [*own, *map(blob_key, listed_by(release.manifest))]


def _promised(compared: Compared) -> dict[str, Retention]:
    """Return the longest retention that any release has promised for each key."""
    found: dict[str, Retention] = {}
    for release in compared.populations.releases:
        retention = release.manifest.retention if release.manifest else None
        if retention is None or retention.mode is None:
            continue
        for key in keys_of(release):
            kept = release.manifest.retention_of(key.rpartition("/")[2]) if release.manifest else None
            if kept is not None and (key not in found or firmness(found[key]) < firmness(kept)):
                found[key] = kept
    return found


def _versions(versions: list[Held]) -> Iterator[Verdict]:
    for one in versions:
        if one.marker:
            yield verdict(
                "delete-marker", f"a delete marker lies over it since {one.written_at or 'no known time'}"
            )
    kept = [one for one in versions if not one.marker]
    if len(kept) > 1:
        names = ", ".join(f"{one.version} of {one.written_at}" for one in kept)
        yield verdict("overwritten", f"it has {len(kept)} versions: {names}")


def _lock(versions: list[Held], promised: Retention | None) -> Iterator[Verdict]:
    if promised is None:
        return
    kept = [one for one in versions if not one.marker]
    if not kept:
        return
    first = kept[0]
    if first.mode is None or first.retain_until is None:
        yield verdict("lock-unproven", f"{promised.mode} until {promised.retain_until} was promised")
        return
    if MODES.index(first.mode) < MODES.index(promised.mode):
        yield verdict("lock-weaker", f"it is locked in {first.mode} mode; {promised.mode} was promised")
    if parse_time(first.retain_until) < parse_time(promised.retain_until):
        message = f"it is locked until {first.retain_until}; {promised.retain_until} was promised"
        yield verdict("retention-shortened", message)
