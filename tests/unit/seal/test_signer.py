from __future__ import annotations

import pytest

from counterseal.errors import UsageError
from counterseal.seal.keygen import generate_key
from counterseal.seal.signer import SCHEMES, KeylessSigner, open_signer


def test_every_scheme_has_its_file():
    for scheme in SCHEMES:
        with pytest.raises(Exception, match=r".") as caught:
            open_signer(f"{scheme}:\x00", env={})
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("uri", ["gcp-kms:key", "https://kms", "FILE:a.key", ":", "", "file", "a.key"])
def test_an_unknown_scheme_lists_the_known_ones(uri):
    with pytest.raises(UsageError, match="unknown kind of signer") as caught:
        open_signer(uri, env={})
    for scheme in SCHEMES:
        assert f"{scheme}:" in caught.value.remedy


def test_a_key_in_the_place_of_the_uri_is_not_repeated():
    for pem in (generate_key().decode(), "Proc-Type: 4,ENCRYPTED\nc2VjcmV0c2VjcmV0"):
        with pytest.raises(UsageError) as caught:
            open_signer(pem, env={})
        assert pem.splitlines()[1] not in caught.value.diagnosis()


def test_a_managed_key_is_not_taken_for_a_keyless_one(signer):
    assert not isinstance(signer, KeylessSigner)
