from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.clients.address import public_address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://forge.example/acme/pay.git", "https://forge.example/acme/pay.git"),
        ("https://user:p@ss@forge.example/acme", "https://forge.example/acme"),
        ("git+https://token@forge.example:8443/acme", "git+https://forge.example:8443/acme"),
        ("https://forge.example/acme?private_token=x", "https://forge.example/acme"),
        ("https://forge.example/acme#x", "https://forge.example/acme"),
        ("token:secret@forge.example:acme/pay", "forge.example:acme/pay"),
        ("git@forge.example:acme/pay.git", "forge.example:acme/pay.git"),
        ("ssh://git@[2001:db8::1]:22/acme", "ssh://[2001:db8::1]:22/acme"),
        ("https://user:p?ss@forge.example/acme", "https://forge.example/acme"),
        ("https://user:p#ss@forge.example/acme", "https://forge.example/acme"),
        ("/srv/git/pay.git", "/srv/git/pay.git"),
        ("file:///srv/git/pay.git", "file:///srv/git/pay.git"),
        ("../pay", "../pay"),
    ],
)
def test_what_is_shown_of_an_address(url, expected):
    assert public_address(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://user:p/ss@forge.example/acme",
        "https://user:p/s?s@forge.example/acme",
        "https://forge.example?private_token=x",
        "https://token@",
        "https://user%3Asecret%40forge.example/acme",
        "ext::sh -c 'curl secret'",
        "https::https://secret@forge.example",
        "https://forge.example/acme;token=secret",
        "https://forge.example/acme\nsecret",
    ],
)
def test_nothing_is_shown_of_an_address_that_is_not_understood(url):
    assert public_address(url) is None


@given(st.text(alphabet="ab@:/?#%. [];=&+"), st.sampled_from(["https://", "git+ssh://", ""]))
def test_no_password_is_ever_shown(noise, scheme):
    shown = public_address(f"{scheme}user:{noise}SECRET{noise[::-1]}@forge.example:acme/pay")
    assert "SECRET" not in (shown or "")
