"""A whole store, verified: for commands whose figures rest on it, and are none when it is doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterseal.commands import _rego, _run
from counterseal.errors import SealError

if TYPE_CHECKING:
    from counterseal.audit.population import Release
    from counterseal.host import Host
    from counterseal.seal.trust import Trust
    from counterseal.store.interface import Store


def releases(host: Host, store: Store, trust: Trust, since: str) -> tuple[Release, ...]:
    """Verify a store by as many processes as there are cores, and return its releases.

    Args:
        host: the host.
        store: the store.
        trust: whom to believe.
        since: releases that are older are verified as links of their chains only, a `Time`.

    Raises:
        SealError: something in it does not verify.
    """
    from counterseal.audit.sources.decisions import Judges
    from counterseal.audit.sources.gather import reviews_of
    from counterseal.audit.sources.proven import Proof
    from counterseal.audit.sources.scan import scan
    from counterseal.audit.sources.workers import cores, processes
    from counterseal.audit.verdicts import is_wrong

    with processes(cores()) as workers:
        reviews = reviews_of(store, trust)
        judges = Judges(_rego.runner(host, named=""), None, reviews.given, doubts=reviews.doubts)
        scanned = scan(Proof(store, trust, since, judges, _run.now()), workers=workers)
    troubles = (*scanned.troubles, *(one for release in scanned.releases for one in release.troubles))
    doubtful = (one for one in troubles if is_wrong(one.code, one.message))
    wrong = next((one for one in doubtful if not one.code.endswith("-unlocked")), None)  # it is there now
    if wrong is not None:
        remedy = "run counterseal verify, and explain every finding first"
        raise SealError(
            f"the store does not verify: {wrong.code}: {wrong.message}", where=wrong.where, remedy=remedy
        )
    return scanned.releases
