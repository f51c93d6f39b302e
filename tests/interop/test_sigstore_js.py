"""sigstore-js, the reference client in JavaScript, accepts our bundles and refuses altered ones."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from interop.conftest import Judge
from interop.material import CHANGES, Release, altered, other_key, publish
from simulators.tsa import authority


def test_accepts_the_manifest(sigstore_js: Judge, release: Release) -> None:
    assert sigstore_js(release) == {"accepted": True}


def test_accepts_the_checkpoint(sigstore_js: Judge, release: Release) -> None:
    assert sigstore_js(release, release.checkpoint) == {"accepted": True}


@pytest.mark.parametrize("change", CHANGES)
def test_refuses_an_altered_envelope(sigstore_js: Judge, release: Release, change: str) -> None:
    assert not sigstore_js(release, altered(release.bundle, CHANGES[change]))["accepted"]


def test_refuses_another_key_under_the_same_name(sigstore_js: Judge, release: Release) -> None:
    impostor = other_key(release.key.algorithm)
    verdict = sigstore_js(release, keys={release.key.keyid: impostor.pem})
    assert verdict == {"accepted": False, "reason": "SIGNATURE_ERROR: signature verification failed"}


def test_refuses_a_key_that_it_does_not_know(sigstore_js: Judge, release: Release) -> None:
    verdict = sigstore_js(release, keys={})
    assert verdict["reason"].startswith("PUBLIC_KEY_ERROR: key not found")


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return publish(tmp_path_factory.mktemp("stamped"), "ecdsa-p256-sha256", stamped=True)


def test_refuses_an_authority_that_it_does_not_know(
    sigstore_js: Judge, stamped: Release, tmp_path: Path
) -> None:
    stamper, root = authority(tmp_path)
    verdict = sigstore_js(stamped, stampers=(stamper.leaf.pem, root.pem))
    assert verdict == {"accepted": False, "reason": "TIMESTAMP_ERROR: timestamp could not be verified"}


def test_refuses_the_stamp_of_another_signature(sigstore_js: Judge, stamped: Release) -> None:
    bundle, checkpoint = json.loads(stamped.bundle), json.loads(stamped.checkpoint)
    name = "timestampVerificationData"
    bundle["verificationMaterial"][name] = checkpoint["verificationMaterial"][name]
    assert not sigstore_js(stamped, json.dumps(bundle).encode())["accepted"]


def test_refuses_an_altered_stamp(sigstore_js: Judge, stamped: Release) -> None:
    bundle = json.loads(stamped.bundle)
    stamp = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    token = bytearray(base64.b64decode(stamp["signedTimestamp"]))
    token[-1] ^= 1  # the last byte of the authority's own signature
    stamp["signedTimestamp"] = base64.b64encode(token).decode()
    assert not sigstore_js(stamped, json.dumps(bundle).encode())["accepted"]


def test_refuses_a_missing_stamp_when_one_is_asked_for(sigstore_js: Judge, stamped: Release) -> None:
    bundle = json.loads(stamped.bundle)
    del bundle["verificationMaterial"]["timestampVerificationData"]
    verdict = sigstore_js(stamped, json.dumps(bundle).encode())
    assert verdict["reason"] == "TIMESTAMP_ERROR: expected 1 timestamps, got 0"
