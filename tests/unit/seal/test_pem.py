from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.seal.pem import is_block, is_blocks

KEY = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\nAAA=\n-----END PUBLIC KEY-----\n"
CERTIFICATE = KEY.replace("PUBLIC KEY", "CERTIFICATE")


def test_one_block_is_what_it_is_called():
    assert is_block(KEY, "PUBLIC KEY")
    assert is_block(f"\n{CERTIFICATE.strip()}", "CERTIFICATE")
    assert not is_block(KEY, "CERTIFICATE")
    assert not is_block(KEY + KEY, "PUBLIC KEY")
    assert is_blocks(KEY)
    assert is_blocks(CERTIFICATE + CERTIFICATE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PEM",
        f"comment\n{CERTIFICATE}",
        f"{CERTIFICATE}PEM\ntouch x\ncat <<'PEM'\n",
        f"{CERTIFICATE}\n{CERTIFICATE}",
        CERTIFICATE.replace("AAA=", "AAA= x"),
        CERTIFICATE.replace("AAA=", "$(x)"),
        CERTIFICATE.replace("\n", "\r\n"),
        CERTIFICATE.replace("END CERTIFICATE", "END PUBLIC KEY"),
        CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY"),
        CERTIFICATE.replace("\nMC", "\n\nMC"),
    ],
)
def test_anything_around_or_inside_is_refused(text):
    assert not is_block(text, "CERTIFICATE")
    assert not is_blocks(text)


@given(st.text(max_size=20), st.integers(0, len(CERTIFICATE)))
def test_what_is_accepted_has_the_letters_of_pem_alone(extra, at):
    text = CERTIFICATE[:at] + extra + CERTIFICATE[at:]
    if is_blocks(text):
        lines = text.strip().split("\n")
        assert all(set(line) <= set(CERTIFICATE) | set(_BASE64) for line in lines)


_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
