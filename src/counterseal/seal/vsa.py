"""The verdict on a release in a form that others read: SLSA Verification Summary Attestation v1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterseal import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
VERIFIER_ID: Final = "https://counterseal.dev/verifier"


def vsa_predicate(
    *,
    resource_uri: str,
    policy: Mapping[str, Any],
    inputs: Sequence[Mapping[str, Any]],
    passed: bool,
    time_verified: str,
    levels: Sequence[str] = (),
    version: str = __version__,
) -> dict[str, Any]:
    """Return the predicate of a statement whose subjects are those of the manifest that it summarises.

    Args:
        resource_uri: what was released where, as a URI.
        policy: the policy that was applied: `{"uri", "digest": {algorithm: hex}}`.
        inputs: every attestation that was relied on, each `{"uri", "digest": {algorithm: hex}}`.
        passed: whether the release passed.
        time_verified: when it was judged, RFC 3339 in UTC.
        levels: the levels that were verified; a failed release has none.
        version: the version of this suite.
    """
    return {
        "verifier": {"id": VERIFIER_ID, "version": {"counterseal": version}},
        "timeVerified": time_verified,
        "resourceUri": resource_uri,
        "policy": dict(policy),
        "inputAttestations": [dict(one) for one in inputs],
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": list(levels) if passed else ["FAILED"],
        "slsaVersion": "1.1",
    }
