from __future__ import annotations

import pytest

from counterseal.manifest.digest import is_sha256, sha256


def test_the_digest_is_that_of_the_standard():
    assert sha256(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("a" * 64, True),
        (sha256(b""), True),
        ("A" * 64, False),
        ("a" * 63, False),
        ("a" * 65, False),
        ("a" * 64 + "\n", False),
        ("g" * 64, False),
        ("\u0661" * 64, False),
        ("", False),
    ],
)
def test_a_digest_is_64_small_hexadecimal_digits(text, is_one):
    assert is_sha256(text) is is_one
