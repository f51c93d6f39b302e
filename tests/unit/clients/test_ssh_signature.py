from __future__ import annotations

import base64
import contextlib

from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from counterseal.clients.allowed_signers import matches, read_allowed_signers
from counterseal.clients.ssh_signature import BadSignature, SshSignature, read_signature
from counterseal.errors import MalformedError

KINDS = st.sampled_from(
    [
        b"ssh-ed25519",
        b"ssh-rsa",
        b"rsa-sha2-512",
        b"ecdsa-sha2-nistp256",
        b"ecdsa-sha2-nistp999",
        b"sk-ssh-ed25519@openssh.com",
        b"sk-ecdsa-sha2-nistp256@openssh.com",
        b"ssh-ed25519-cert-v01@openssh.com",
        b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
        b"ssh-dss",
    ]
)
PARTS = st.binary(max_size=70) | st.sampled_from([b"nistp256", b"\1\0\1", b"\0" * 32, b"\x7f" * 257])


def strings(parts) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


BLOBS = st.builds(lambda kind, parts: strings([kind, *parts]), KINDS, st.lists(PARTS, max_size=4))


@examples(max_examples=1000)
@given(BLOBS, BLOBS | st.binary(max_size=80), st.sampled_from([b"sha256", b"sha512"]))
def test_no_key_and_signature_of_strangers_verify_or_do_anything_else_than_fail(blob, signature, name):
    try:
        SshSignature(blob, b"git", name, signature).verify(b"message")
    except BadSignature:
        return
    raise AssertionError("it verified")


@examples(max_examples=500)
@given(st.binary(max_size=300))
@example(b"SSHSIG")
@example(b"SSHSIG\0\0\0\1\xff\xff\xff\xff")
def test_reading_a_signature_fails_in_one_way_only(data):
    armoured = b"-----BEGIN SSH SIGNATURE-----\n%s-----END SSH SIGNATURE-----\n" % base64.encodebytes(data)
    for text in (armoured, data):
        with contextlib.suppress(BadSignature):
            read_signature(text)


@examples(max_examples=500)
@given(st.binary(max_size=200) | st.text(alphabet='ab@*!," =\n#sh-d25519AQ', max_size=200).map(str.encode))
def test_reading_allowed_signers_fails_in_one_way_only(data):
    with contextlib.suppress(MalformedError):
        read_allowed_signers(data)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_pattern_without_wildcards_matches_itself_alone(name, other):
    plain = name.replace(",", "").replace("*", "").replace("?", "").lstrip("!")
    assert matches(plain, plain)
    assert matches(other, plain) is (other == plain)
    assert not matches(plain, f"{plain},!{plain}")
