from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from counterseal.errors import MalformedError
from counterseal.seal.key import PublicKey

_INFO = PublicFormat.SubjectPublicKeyInfo


def test_the_keyid_is_the_fingerprint_that_openssh_prints(signer):
    loaded = load_pem_public_key(signer.public_key.pem.encode())
    line = loaded.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    assert signer.public_key.keyid == "SHA256:" + base64.b64encode(digest).decode()[:43]
    assert PublicKey.from_der(loaded.public_bytes(Encoding.DER, _INFO), where="key") == signer.public_key


def test_a_compressed_point_is_the_same_key():
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    header = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    assert PublicKey.from_der(header + point, where="key") == PublicKey.from_key(key, where="key")


def test_pem_with_other_line_ends_is_the_same_key(signer):
    pem = signer.public_key.pem
    assert PublicKey.from_pem(pem.replace("\n", "\r\n"), where="key") == signer.public_key
    assert PublicKey.from_pem(pem.encode(), where="key").pem == pem


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        ed448.Ed448PrivateKey.generate(),
        dsa.generate_private_key(2048),
    ],
    ids=["rsa", "p384", "secp256k1", "ed448", "dsa"],
)
def test_other_kinds_of_keys_are_refused(key):
    pem = key.public_key().public_bytes(Encoding.PEM, _INFO)
    with pytest.raises(MalformedError, match="not an accepted kind") as caught:
        PublicKey.from_pem(pem, where="trust.json")
    assert caught.value.where == "trust.json"
    assert "P-256" in caught.value.remedy


@pytest.mark.parametrize(
    "pem", ["", "key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "é"]
)
def test_what_is_no_key_is_refused(pem):
    with pytest.raises(MalformedError, match="not a public key in PEM"):
        PublicKey.from_pem(pem, where="trust.json")


def test_der_that_is_no_key_is_refused():
    with pytest.raises(MalformedError, match="not a public key in DER"):
        PublicKey.from_der(b"0\x00", where="key")


def test_a_private_key_is_no_public_key(key_file):
    with pytest.raises(MalformedError) as caught:
        PublicKey.from_pem(key_file.read_bytes(), where="trust.json")
    assert key_file.read_text().splitlines()[1] not in caught.value.diagnosis()


def test_a_signature_is_accepted_for_its_own_data_and_key_only(signer, ecdsa):
    signature = signer.sign(b"data")
    assert signer.public_key.verify(b"data", signature)
    assert not signer.public_key.verify(b"date", signature)
    assert signer is ecdsa or not ecdsa.public_key.verify(b"data", signature)


@pytest.mark.parametrize(
    "signature", [b"", b"0", b"\x00" * 64, b"0\x06\x02\x01\x00\x02\x01\x00", b"0" * 10_000]
)
def test_bytes_that_are_no_signature_are_not_accepted(signer, signature):
    assert not signer.public_key.verify(b"data", signature)


def test_ecdsa_signatures_other_than_der_are_not_accepted(ecdsa):
    signature = ecdsa.sign(b"data")
    r, s = decode_dss_signature(signature)
    assert ecdsa.public_key.verify(b"data", encode_dss_signature(r, s))
    assert not ecdsa.public_key.verify(b"data", r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    assert not ecdsa.public_key.verify(b"data", signature + b"\x00")
    assert not ecdsa.public_key.verify(b"data", b"0\x81" + signature[1:])  # a long form length is BER


def test_ecdsa_is_over_sha256_only():
    key = ec.generate_private_key(ec.SECP256R1())
    public = PublicKey.from_key(key.public_key(), where="key")
    assert public.verify(b"data", key.sign(b"data", ec.ECDSA(hashes.SHA256())))
    assert not public.verify(b"data", key.sign(b"data", ec.ECDSA(hashes.SHA384())))
