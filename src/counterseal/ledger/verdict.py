"""The verdict: the SLSA verification summary that stands beside each manifest, and whether it says the same.

It is a function of the manifest alone, so it adds nothing that could contradict it, and it names the exact
bytes of the manifest's bundle, so that not even an equivalent seal can be put in their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from counterseal.ledger.layout import entry_key, identity_of
from counterseal.manifest.release import PolicyReference, ReleaseManifest, SealedReference, Stream
from counterseal.manifest.statement import Statement, encode_statement
from counterseal.manifest.types import Outcome
from counterseal.seal.vsa import PREDICATE_TYPE, vsa_predicate
from counterseal.store.blobs import blob_key

LEVEL: Final = "COUNTERSEAL_RELEASE_V1"
"""The level that a release which passed has: `docs/ledger.md` says what it stands for."""

NO_POLICY: Final = "https://counterseal.dev/policy/none"
"""The policy of a release that had no policy file: only the rules of the format itself were applied."""


def verdict_payload(statement: Statement, payload: str, bundle: str) -> bytes:
    """Return the payload of the verdict on a release.

    Args:
        statement: the manifest's statement.
        payload: the digest of the manifest's payload.
        bundle: the digest of the manifest's bundle.
    """
    predicate = _predicate(statement, payload, bundle)
    return encode_statement(Statement(statement.subject, PREDICATE_TYPE, predicate))


def disagreements(verdict: Statement, statement: Statement, payload: str, bundle: str) -> list[str]:
    """Return the fields in which a verified verdict does not say what the manifest beside it says.

    What the manifest does not determine, such as the version of the suite that wrote it, is left free.
    """
    found = verdict.predicate
    if verdict.predicate_type != PREDICATE_TYPE or not isinstance(found, dict):
        return ["predicateType"]
    expected = _predicate(statement, payload, bundle)
    verifier, author = expected.pop("verifier"), found.get("verifier")
    wrong = [name for name, value in expected.items() if found.get(name) != value]
    if not isinstance(author, dict) or author.get("id") != verifier["id"]:
        wrong.append("verifier")
    return wrong if verdict.subject == statement.subject else ["subject", *wrong]


def _predicate(statement: Statement, payload: str, bundle: str) -> dict[str, Any]:
    manifest: ReleaseManifest = statement.predicate
    return vsa_predicate(
        resource_uri=_resource(manifest.chain.stream),
        policy=_policy(manifest.candidate.policy),
        inputs=list(_inputs(manifest, payload, bundle)),
        passed=manifest.outcome is Outcome.PASSED,
        time_verified=manifest.created_at,
        levels=[LEVEL],
    )


@lru_cache(maxsize=1024)
def _resource(stream: Stream) -> str:
    """Return what was released where: the repository's URI, `@`, and the environment, percent-encoded."""
    return f"{stream.repository}@{quote(stream.environment, safe='')}"


def _policy(policy: PolicyReference | None) -> dict[str, Any]:
    if policy is None:
        return {"uri": NO_POLICY}
    return {"uri": policy.uri, "digest": {"sha256": policy.digest.sha256}}


def _inputs(manifest: ReleaseManifest, payload: str, bundle: str) -> Iterator[dict[str, Any]]:
    """Yield what the verdict rests on; each URI is a key, relative to the store."""
    key = entry_key(identity_of(manifest.chain.stream), manifest.chain.sequence)
    yield {"uri": f"{key}#payload", "digest": {"sha256": payload}}
    yield {"uri": f"{key}#bundle", "digest": {"sha256": bundle}}
    sealed: tuple[SealedReference, ...] = (*manifest.candidate.records, *manifest.candidate.statements)
    for reference in sealed:
        digest = reference.sealed.digest.sha256
        yield {"uri": blob_key(digest), "digest": {"sha256": digest}}
