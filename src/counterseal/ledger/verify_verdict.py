"""Verifying a verdict: it is by its manifest's signer and says the same, so it needs no more proof."""

from __future__ import annotations

from counterseal.errors import MalformedError
from counterseal.ledger.entry import Entry
from counterseal.ledger.opened import Opened, open_sealed
from counterseal.ledger.verdict import disagreements
from counterseal.manifest.digest import sha256
from counterseal.manifest.types import parse_time
from counterseal.seal.trust import Trust


def verify_verdict(entry: Entry, manifest: Opened, trust: Trust, *, where: str) -> None:
    """Check the second line of an entry against its first.

    Args:
        entry: the entry.
        manifest: its manifest, verified.
        trust: whom to believe for what existed when the manifest was sealed.
        where: the entry's key, for the error.

    Raises:
        SealError: when the verdict's seal does not hold.
        MalformedError: when it does, over something that the manifest does not say.
    """
    claimed = parse_time(manifest.statement.predicate.created_at)
    verdict = open_sealed(entry.vsa, trust, "release", where=where, plain=True, claimed=claimed)
    if verdict.keyid != manifest.keyid:
        raise MalformedError(f"sealed by {verdict.keyid}, the manifest by {manifest.keyid}", where=where)
    bundle = sha256(entry.bundle)
    wrong = disagreements(verdict.statement, manifest.statement, manifest.payload, bundle)
    if wrong:
        text = f"the verdict does not say what the manifest says: {', '.join(wrong)}"
        raise MalformedError(text, where=where)
