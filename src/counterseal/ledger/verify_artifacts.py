"""What a verified statement proves of artifacts: a release that passed, or provenance, vouches for them."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import ReleaseManifest
from counterseal.manifest.statement import Statement
from counterseal.manifest.types import Outcome
from counterseal.seal.provenance import PREDICATE_TYPE as PROVENANCE
from counterseal.seal.vsa import PREDICATE_TYPE as VSA

_PASSED = "PASSED"


def vouched(statement: Statement) -> Iterator[str]:
    """Yield the SHA-256 of every artifact that a verified statement vouches for.

    A release manifest that passed does so, SLSA provenance, and a VSA that passed. A record, a checkpoint or
    a statement in any other predicate may name an artifact without saying that it is the release's.
    """
    if statement.predicate_type == PROVENANCE or _verdict(statement) == _PASSED:
        yield from (one.digest.sha256 for one in statement.subject if one.digest.sha256)


def refusal(statement: Statement) -> str | None:
    """Return why a statement speaks against what it is about, or None when it does not."""
    predicate = statement.predicate
    if isinstance(predicate, ControlRecord) and predicate.outcome is not Outcome.PASSED:
        return f"the record {predicate.stage}:{predicate.name} is {predicate.outcome}"
    verdict = _verdict(statement)
    if verdict in {None, _PASSED}:
        return None
    return f"the verdict on the release is {verdict}"


def _verdict(statement: Statement) -> str | None:
    """Return the verdict in a manifest or a VSA, `PASSED` for a pass; None where there is none to give."""
    predicate = statement.predicate
    if isinstance(predicate, ReleaseManifest):
        return predicate.outcome.value.upper()
    if statement.predicate_type != VSA:
        return None
    passed = isinstance(predicate, dict) and predicate.get("verificationResult") == _PASSED
    return _PASSED if passed else "FAILED"
