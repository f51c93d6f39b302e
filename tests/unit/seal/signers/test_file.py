from __future__ import annotations

import traceback

import pytest

from counterseal.errors import UsageError
from counterseal.seal.keygen import generate_key
from counterseal.seal.signer import open_signer
from counterseal.seal.signers.pem import PASSWORD_VARIABLE


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(key_file, mode):
    key_file.chmod(mode)
    signer = open_signer(f"file:{key_file}", env={})
    assert signer.public_key.verify(b"data", signer.sign(b"data"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_a_file_that_others_can_reach_is_refused(key_file, mode):
    key_file.chmod(mode)
    with pytest.raises(UsageError, match=f"mode 0{mode:o}") as caught:
        open_signer(f"file:{key_file}", env={})
    assert caught.value.where == str(key_file)
    assert "chmod 600" in caught.value.remedy


def test_an_encrypted_file_may_be_reachable(key_file):
    key_file.write_bytes(generate_key(password="hunter2"))
    key_file.chmod(0o644)
    signer = open_signer(f"file:{key_file}", env={PASSWORD_VARIABLE: "hunter2"})
    assert signer.public_key.verify(b"data", signer.sign(b"data"))


@pytest.mark.parametrize("path", ["", "missing.key", ".", "a\x00b"])
def test_what_is_no_file_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        open_signer(f"file:{path}", env={})


def test_a_path_may_have_colons_and_blanks(key_file):
    renamed = key_file.rename(key_file.with_name("a: b.key"))
    assert open_signer(f"file:{renamed}", env={}).public_key.algorithm == "ecdsa-p256-sha256"


def _misplaced() -> list[str]:
    pem = generate_key().decode()
    short = generate_key("ed25519").decode()
    body = "".join(pem.splitlines()[1:-1])
    return [
        body,
        pem,
        pem.replace("\n", "\\n"),
        "\\n".join(pem.splitlines()[1:-1]),
        short.splitlines()[1],
        "keys/" + body,
        "x-y." * 26,
    ]


@pytest.mark.parametrize("number", range(len(_misplaced())))
def test_a_key_in_the_place_of_a_path_is_not_repeated(number):
    given = _misplaced()[number]
    with pytest.raises(UsageError) as caught:
        open_signer(f"file:{given}", env={})
    assert caught.value.where == "the path given after file:"
    everything = caught.value.diagnosis() + "".join(traceback.format_exception(caught.value))
    assert not any(given[at : at + 12] in everything for at in range(len(given) - 12))


def test_a_path_that_does_not_exist_is_named():
    with pytest.raises(UsageError) as caught:
        open_signer("file:keys/missing.key", env={})
    assert caught.value.where == "keys/missing.key"
