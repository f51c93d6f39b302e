from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import MalformedError, SealError, UsageError
from counterseal.seal.dsse import (
    MAX_BYTES,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    pae,
    parse_envelope,
    sign_envelope,
)

_MEDIA_TYPES = st.from_regex(r"[a-z]{1,12}/[a-zA-Z0-9.+_-]{1,40}", fullmatch=True)


def _read_pae(data: bytes) -> tuple[str, bytes]:
    """Read a pre-authentication encoding as the specification defines it, independently of the writer."""
    head, size, rest = data.split(b" ", 2)
    assert head == b"DSSEv1"
    kind, rest = rest[: int(size)], rest[int(size) :]
    assert rest[:1] == b" "
    size, body = rest[1:].split(b" ", 1)
    assert len(body) == int(size)
    return kind.decode(), body


def test_pae_of_the_specification():
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "  # lengths are in bytes


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_pae_can_be_read_in_one_way_only(kind, payload):
    assert _read_pae(pae(kind, payload)) == (kind, payload)


def test_a_signed_envelope_carries_keyid_and_signature(signer):
    envelope = sign_envelope(b"{}", signer)
    (signature,) = envelope.signatures
    assert (envelope.payload_type, signature.keyid) == (PAYLOAD_TYPE, signer.public_key.keyid)
    assert signer.public_key.verify(pae(PAYLOAD_TYPE, b"{}"), signature.sig)


@given(st.binary(max_size=300), _MEDIA_TYPES, st.lists(st.binary(max_size=80), min_size=1, max_size=3))
def test_an_envelope_is_canonical_json_and_comes_back(payload, kind, signatures):
    envelope = Envelope(payload, kind, tuple(Signature("SHA256:" + "a" * 43, one) for one in signatures))
    data = envelope.encode()
    assert data == rfc8785.dumps(json.loads(data)) == rfc8785.dumps(envelope.to_dict())
    assert parse_envelope(data, where="envelope") == envelope


@pytest.mark.parametrize("kind", ["", "a b", 'a"b', "a\\b", "é", "a\n", "x" * 201])
def test_a_payload_type_that_is_no_media_type_is_refused(signer, kind):
    with pytest.raises(UsageError, match="media type"):
        sign_envelope(b"{}", signer, kind)


def test_a_signature_that_its_own_key_refuses_never_leaves():
    class Broken:
        def __init__(self, public_key):
            self.public_key = public_key

        def sign(self, _data):
            return b"0\x06\x02\x01\x01\x02\x01\x01"

    from counterseal.seal.keygen import generate_key
    from counterseal.seal.signers.pem import load_signer

    key = load_signer(generate_key(), env={}, where="key").public_key
    with pytest.raises(SealError, match="own public key refuses"):
        sign_envelope(b"{}", Broken(key))


def _valid() -> dict:
    return {
        "payload": "e30=",
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": "SHA256:" + "a" * 43, "sig": "AAAA"}],
    }


def _with(path: str, value: object) -> dict:
    document = _valid()
    *parents, last = path.split(".")
    place = document
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    if value is _DROP:
        del place[last]
    else:
        place[last] = value
    return document


_DROP = object()

MALFORMED = [
    ("payload", _DROP),
    ("payload", None),
    ("payload", 1),
    ("payload", "e30"),  # no padding
    ("payload", "e31="),  # bits beyond the last byte
    ("payload", "e30=\n"),
    ("payload", "-_=="),  # the other alphabet
    ("payloadType", _DROP),
    ("payloadType", ""),
    ("payloadType", "a b"),
    ("payloadType", "é"),
    ("payloadType", ["a"]),
    ("signatures", _DROP),
    ("signatures", []),
    ("signatures", None),
    ("signatures", {"0": 1}),
    ("signatures.0.keyid", _DROP),
    ("signatures.0.keyid", ""),
    ("signatures.0.keyid", "AB" * 32),
    ("signatures.0.keyid", "ab" * 33),
    ("signatures.0.keyid", "SHA256:" + "a" * 43 + "\n"),
    ("signatures.0.keyid", "ab" * 32),
    ("signatures.0.sig", _DROP),
    ("signatures.0.sig", "AAA"),
    ("signatures.0.sig", 7),
    ("signatures.0.cert", "x"),
    ("extra", 1),
]


@pytest.mark.parametrize(("path", "value"), MALFORMED)
def test_every_field_is_checked(path, value):
    assert parse_envelope(rfc8785.dumps(_valid()), where="vsa")
    with pytest.raises(MalformedError) as caught:
        parse_envelope(rfc8785.dumps(_with(path, value)), where="vsa")
    assert caught.value.where == "vsa"


def test_an_envelope_that_is_too_large_is_not_read():
    data = Envelope(
        bytes(MAX_BYTES * 3 // 4), PAYLOAD_TYPE, (Signature("SHA256:" + "a" * 43, b"sig"),)
    ).encode()
    with pytest.raises(MalformedError, match="more than the"):
        parse_envelope(data, where="vsa")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        rfc8785.dumps(_valid()) + b"\n",
        b" " + rfc8785.dumps(_valid()),
        json.dumps(_valid()).encode(),
        rfc8785.dumps(_valid()).replace(b'"sig":', b'"sig":"AAAB","sig":'),
        rfc8785.dumps(_valid()).replace(b"application", b"\\u0061pplication"),
        rfc8785.dumps(_valid()).replace(b"AAAA", b"\\u0041AAA"),
    ],
    ids=range(13),
)
def test_no_other_byte_form_is_read(data):
    with pytest.raises(MalformedError):
        parse_envelope(data, where="vsa")
