from __future__ import annotations

import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from counterseal.errors import UsageError
from counterseal.seal.keygen import generate_key
from counterseal.seal.signers.pem import PASSWORD_VARIABLE, load_signer


def test_an_encrypted_key_signs_with_its_password():
    pem = generate_key("ed25519", password="hunter2")
    signer = load_signer(pem, env={PASSWORD_VARIABLE: "hunter2"}, where="key")
    assert signer.encrypted
    assert signer.public_key.verify(b"data", signer.sign(b"data"))


def test_an_encrypted_key_without_a_password_is_explained():
    with pytest.raises(UsageError, match="encrypted") as caught:
        load_signer(generate_key(password="hunter2"), env={}, where="a.key")
    assert caught.value.where == "a.key"
    assert PASSWORD_VARIABLE in caught.value.remedy


def test_a_wrong_password_is_explained_and_not_repeated():
    guess = "9" * 12
    with pytest.raises(UsageError, match="wrong password") as caught:
        load_signer(generate_key(password="hunter2"), env={PASSWORD_VARIABLE: guess}, where="a.key")
    assert guess not in _everything(caught.value)


def test_a_password_is_not_needed_for_a_plain_key():
    signer = load_signer(generate_key(), env={PASSWORD_VARIABLE: "hunter2"}, where="key")
    assert not signer.encrypted


def test_the_traditional_form_of_a_key_is_read():
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    signer = load_signer(pem, env={}, where="key")
    assert signer.public_key.verify(b"data", signer.sign(b"data"))


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())],
    ids=["rsa", "p384"],
)
def test_other_kinds_of_keys_are_refused(key):
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Exception, match="not an accepted kind of key") as caught:
        load_signer(pem, env={}, where="key")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("cut", range(0, 240, 16))
def test_a_damaged_key_is_refused_without_showing_it(cut):
    pem = generate_key()
    secret = pem.splitlines()[1].decode()
    with pytest.raises(UsageError) as caught:
        load_signer(pem[:cut] + b"#" + pem[cut + 7 :], env={}, where="key")
    assert not any(secret[at : at + 12] in _everything(caught.value) for at in range(len(secret) - 12))


def test_no_representation_of_a_signer_shows_the_key():
    pem = generate_key("ed25519")
    signer = load_signer(pem, env={}, where="key")
    raw = signer._key.private_bytes_raw()
    shown = repr(signer) + str(signer)
    assert raw.hex() not in shown
    assert pem.splitlines()[1].decode() not in shown


def _everything(error: BaseException) -> str:
    return repr(error) + error.diagnosis() + "".join(traceback.format_exception(error))
