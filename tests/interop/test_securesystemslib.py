"""securesystemslib, the DSSE library of TUF and in-toto, accepts our envelopes and refuses altered ones."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from counterseal.seal.key import PublicKey
from interop.material import CHANGES, Release, altered, other_key


def judge(document: bytes, key: PublicKey, *, keyid: str | None = None) -> None:
    """Verify a bundle's envelope, or a plain one; raise what securesystemslib raises."""
    value = json.loads(document)
    loaded = serialization.load_pem_public_key(key.pem.encode())
    envelope = Envelope.from_dict(value.get("dsseEnvelope", value))
    envelope.verify([SSlibKey.from_crypto(loaded, keyid=keyid or key.keyid)], 1)


@pytest.fixture(params=["bundle", "vsa", "checkpoint"])
def document(request: pytest.FixtureRequest, release: Release) -> bytes:
    sealed: bytes = getattr(release, request.param)
    return sealed


def test_accepts(release: Release, document: bytes) -> None:
    judge(document, release.key)


@pytest.mark.parametrize("change", ["payloadType", "signature", "no signature"])
def test_refuses_an_altered_envelope(release: Release, document: bytes, change: str) -> None:
    with pytest.raises(VerificationError):
        judge(altered(document, CHANGES[change]), release.key)


@pytest.mark.parametrize("line", ["bundle", "vsa"])
def test_refuses_an_altered_outcome(release: Release, line: str) -> None:
    with pytest.raises(VerificationError):
        judge(altered(getattr(release, line), CHANGES["payload"]), release.key)


def test_refuses_two_signatures_of_one_key(release: Release, document: bytes) -> None:
    with pytest.raises(ValueError, match="Multiple signatures"):
        judge(altered(document, CHANGES["two signatures"]), release.key)


def test_refuses_another_key_under_the_same_name(release: Release, document: bytes) -> None:
    with pytest.raises(VerificationError):
        judge(document, other_key(release.key.algorithm), keyid=release.key.keyid)
