"""Verifiers that are not ours: securesystemslib on envelopes, openssl on the bytes that are signed."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope as ForeignEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from counterseal.seal.bundle import parse_bundle
from counterseal.seal.dsse import pae
from counterseal.seal.sealer import Sealer

_PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1"}'


def _foreign_key(signer) -> SSlibKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(signer.public_key.pem.encode())
    return SSlibKey.from_crypto(key, keyid=signer.public_key.keyid)


def test_securesystemslib_accepts_our_envelope(signer):
    document = json.loads(Sealer(signer).envelope(_PAYLOAD))
    envelope = ForeignEnvelope.from_dict(document)
    accepted = envelope.verify([_foreign_key(signer)], threshold=1)
    assert list(accepted) == [signer.public_key.keyid]
    assert envelope.payload == _PAYLOAD


@pytest.mark.parametrize("field", ["payload", "payloadType", "sig"])
def test_securesystemslib_refuses_a_changed_envelope(signer, field):
    document = json.loads(Sealer(signer).envelope(_PAYLOAD))
    place = document["signatures"][0] if field == "sig" else document
    first = place[field][12]
    place[field] = place[field][:12] + ("A" if first != "A" else "B") + place[field][13:]
    with pytest.raises(VerificationError):
        ForeignEnvelope.from_dict(document).verify([_foreign_key(signer)], threshold=1)


def test_securesystemslib_encodes_the_same_bytes():
    envelope = ForeignEnvelope(_PAYLOAD, "application/vnd.in-toto+json", {})
    assert envelope.pae() == pae("application/vnd.in-toto+json", _PAYLOAD)


def _openssl(directory: Path, algorithm: str) -> int:
    command = {
        "ecdsa-p256-sha256": "openssl dgst -sha256 -verify key.pem -signature signature pae",
        "ed25519": "openssl pkeyutl -verify -pubin -inkey key.pem -sigfile signature -rawin -in pae",
    }[algorithm]
    return subprocess.run(command.split(), cwd=directory, check=False, capture_output=True).returncode


def test_openssl_accepts_our_signature_and_refuses_a_changed_payload(signer, tmp_path: Path):
    document = json.loads(Sealer(signer).seal(_PAYLOAD))["dsseEnvelope"]
    payload = base64.b64decode(document["payload"])
    (tmp_path / "key.pem").write_text(signer.public_key.pem)
    (tmp_path / "signature").write_bytes(base64.b64decode(document["signatures"][0]["sig"]))
    kind = document["payloadType"]
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %s %d " % (len(kind), kind.encode(), len(payload)) + payload)
    assert _openssl(tmp_path, signer.public_key.algorithm) == 0
    (tmp_path / "pae").write_bytes(pae(kind, payload + b" "))
    assert _openssl(tmp_path, signer.public_key.algorithm) != 0


def test_a_key_made_by_openssl_signs(tmp_path: Path, trust_in):
    from counterseal.seal.signer import open_signer
    from counterseal.seal.verify import open_bundle

    command = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "key.pem").chmod(0o600)
    signer = open_signer(f"file:{tmp_path / 'key.pem'}", env={})
    sealed = Sealer(signer).seal(_PAYLOAD)
    assert open_bundle(sealed, trust_in(signer), role="release", where="x").payload == _PAYLOAD
    assert parse_bundle(sealed, where="x").hint == signer.public_key.keyid
