from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from counterseal.seal.keygen import generate_key


@pytest.mark.parametrize("password", [None, "pass word é"])
@pytest.mark.parametrize(
    ("algorithm", "kind"), [("ecdsa-p256-sha256", ec.EllipticCurvePrivateKey), ("ed25519", Ed25519PrivateKey)]
)
def test_a_key_is_pkcs8_of_its_algorithm(algorithm, kind, password):
    pem = generate_key(algorithm, password=password)
    head = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" if password else b"-----BEGIN PRIVATE KEY-----"
    assert pem.startswith(head)
    key = load_pem_private_key(pem, password.encode() if password else None)
    assert isinstance(key, kind)
    assert getattr(key, "key_size", 256) == 256


def test_no_two_keys_are_the_same():
    assert generate_key() != generate_key()
