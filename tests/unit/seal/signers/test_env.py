from __future__ import annotations

import pytest

from counterseal.errors import UsageError
from counterseal.seal.keygen import generate_key
from counterseal.seal.signer import open_signer


def test_the_variable_holds_the_key():
    signer = open_signer("env:SIGNING_KEY", env={"SIGNING_KEY": generate_key().decode()})
    assert signer.public_key.verify(b"data", signer.sign(b"data"))


@pytest.mark.parametrize("env", [{}, {"SIGNING_KEY": ""}])
def test_an_empty_variable_is_explained(env):
    with pytest.raises(UsageError, match="empty or not set") as caught:
        open_signer("env:SIGNING_KEY", env=env)
    assert caught.value.where == "SIGNING_KEY"


def test_a_key_in_the_place_of_the_name_is_not_repeated():
    pem = generate_key().decode()
    with pytest.raises(UsageError, match="not the name") as caught:
        open_signer(f"env:{pem}", env={})
    assert pem.splitlines()[1] not in caught.value.diagnosis()


def test_text_that_is_no_key_is_not_repeated():
    with pytest.raises(UsageError) as caught:
        open_signer("env:SIGNING_KEY", env={"SIGNING_KEY": "s3cret \udcff"})
    assert "s3cret" not in caught.value.diagnosis()
