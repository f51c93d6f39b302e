from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import MalformedError
from counterseal.seal.bundle import MAX_STAMP_BYTES, MEDIA_TYPE, Bundle, is_keyless, parse_bundle
from counterseal.seal.dsse import PAYLOAD_TYPE, Envelope, Signature

_KEYID = "SHA256:" + "a" * 43


def _bundle(payload: bytes = b"{}", sig: bytes = b"sig", stamp: bytes | None = None) -> Bundle:
    return Bundle(Envelope(payload, PAYLOAD_TYPE, (Signature(_KEYID, sig),)), _KEYID, stamp)


@given(st.binary(max_size=300), st.binary(max_size=80), st.none() | st.binary(max_size=80))
def test_a_bundle_is_canonical_json_and_comes_back(payload, sig, stamp):
    bundle = _bundle(payload, sig, stamp)
    data = bundle.encode()
    assert data == rfc8785.dumps(json.loads(data))
    assert parse_bundle(data, where="bundle") == bundle


def test_the_form_of_a_bundle():
    value = json.loads(_bundle(stamp=b"stamp").encode())
    assert value == {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "dsseEnvelope": {
            "payload": "e30=",
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"keyid": _KEYID, "sig": "c2ln"}],
        },
        "verificationMaterial": {
            "publicKey": {"hint": _KEYID},
            "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": "c3RhbXA="}]},
        },
    }


_DROP = object()


def _with(path: str, value: object) -> bytes:
    document = json.loads(_bundle(stamp=b"stamp").encode())
    place = document
    *parents, last = path.split(".")
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    if value is _DROP:
        del place[last]
    else:
        place[last] = value
    return rfc8785.dumps(document)


_STAMPS = "verificationMaterial.timestampVerificationData.rfc3161Timestamps"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mediaType", _DROP),
        ("mediaType", MEDIA_TYPE.replace("0.3", "0.2")),
        ("mediaType", MEDIA_TYPE.replace("0.3", "0.4")),
        ("mediaType", MEDIA_TYPE.upper()),
        ("mediaType", None),
        ("dsseEnvelope", _DROP),
        ("dsseEnvelope", None),
        ("dsseEnvelope.payload", "e30"),
        ("dsseEnvelope.payload", "e31="),
        ("dsseEnvelope.payload", _DROP),
        ("dsseEnvelope.payloadType", _DROP),
        ("dsseEnvelope.signatures", []),
        ("dsseEnvelope.signatures", [{"keyid": _KEYID, "sig": "AAAA"}] * 2),
        ("dsseEnvelope.signatures.0.keyid", _DROP),
        ("dsseEnvelope.signatures.0.keyid", "cd" * 32),
        ("dsseEnvelope.signatures.0.sig", "AB=="),
        ("dsseEnvelope.signatures.0.sig", _DROP),
        ("dsseEnvelope.extra", 1),
        ("verificationMaterial", _DROP),
        ("verificationMaterial", {}),
        ("verificationMaterial.publicKey", _DROP),
        ("verificationMaterial.publicKey", None),
        ("verificationMaterial.publicKey.hint", _DROP),
        ("verificationMaterial.publicKey.hint", "cd" * 32),
        ("verificationMaterial.publicKey.hint", ""),
        ("verificationMaterial.publicKey.rawBytes", "AAAA"),
        ("verificationMaterial.certificate", {"rawBytes": "AAAA"}),
        ("verificationMaterial.tlogEntries", []),
        ("verificationMaterial.timestampVerificationData", None),
        ("verificationMaterial.timestampVerificationData", {}),
        ("verificationMaterial.timestampVerificationData.extra", 1),
        (_STAMPS, []),
        (_STAMPS, [{}]),
        (_STAMPS, [{"signedTimestamp": "c3RhbXA="}] * 2),
        (_STAMPS, [{"signedTimestamp": "c3RhbXA="}, {"signedTimestamp": "AAAA"}]),
        (f"{_STAMPS}.0.signedTimestamp", "AB=="),
        (f"{_STAMPS}.0.extra", 1),
        ("messageSignature", {}),
    ],
)
def test_every_field_is_checked(path, value):
    with pytest.raises(MalformedError) as caught:
        parse_bundle(_with(path, value), where="entry 7")
    assert caught.value.where == "entry 7"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: json.dumps(json.loads(data)).encode(),
        lambda data: json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode(),
        lambda data: data.replace(b'"mediaType":', b'"mediaType":"x","mediaType":'),
        lambda data: data.replace(b"e30=", b"e30\\u003d"),
        lambda data: data[:-1],
        lambda data: data[:0],
        lambda data: data + data,
    ],
)
def test_no_other_byte_form_is_read(change):
    with pytest.raises(MalformedError):
        parse_bundle(change(_bundle().encode()), where="bundle")


def test_a_bundle_with_a_certificate_is_told_apart():
    assert is_keyless(_with("verificationMaterial.certificate", {"rawBytes": "AAAA"}))
    assert not is_keyless(_bundle().encode())
    for data in (b"", b"[]", b"{}", b'{"verificationMaterial":1}', b"\xff"):
        assert not is_keyless(data)


def test_a_timestamp_beyond_the_limit_is_refused():
    largest = _bundle(stamp=bytes(MAX_STAMP_BYTES))
    assert parse_bundle(largest.encode(), where="x") == largest
    with pytest.raises(MalformedError, match="more than 65536 bytes"):
        parse_bundle(_bundle(stamp=bytes(MAX_STAMP_BYTES + 1)).encode(), where="x")
