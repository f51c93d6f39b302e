"""Cases of sealed statements: bundles and envelopes, made byte by byte with keys made of fixed numbers."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from conformance.cases import Case, base, canonical, sha256, swap

PAYLOAD = canonical(base.manifest())
PAYLOAD_TYPE = "application/vnd.in-toto+json"
Key = ec.EllipticCurvePrivateKey | Ed25519PrivateKey
KEY = ec.derive_private_key(int(sha256(b"conformance key"), 16), ec.SECP256R1())
STRANGER = ec.derive_private_key(int(sha256(b"another key"), 16), ec.SECP256R1())
EDWARDS = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sha256(b"conformance key")))


def public(key: Key, encoding: serialization.Encoding) -> bytes:
    return key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def keyid(key: Key) -> str:
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + b64(digest).rstrip("=")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sign(payload: bytes, kind: str = PAYLOAD_TYPE, key: Key = KEY) -> bytes:
    """Return the signature over the pre-authentication encoding; the same at every run (RFC 6979)."""
    encoding = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(encoding)
    return key.sign(encoding, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def envelope(payload: bytes = PAYLOAD, kind: str = PAYLOAD_TYPE, key: Key = KEY) -> dict[str, Any]:
    signature = {"keyid": keyid(key), "sig": b64(sign(payload, kind, key))}
    return {"payload": b64(payload), "payloadType": kind, "signatures": [signature]}


def bundle(inner: dict[str, Any] | None = None, key: Key = KEY) -> dict[str, Any]:
    return {
        "dsseEnvelope": inner or envelope(key=key),
        "mediaType": base.BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": keyid(key)}},
    }


def altered(path: str, value: Any) -> dict[str, Any]:
    """Return the good bundle with one field set."""
    result = copy.deepcopy(bundle())
    *parents, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    place: Any = result
    for step in parents:
        place = place[step]
    place[last] = value
    return result


def raw_signature() -> str:
    """Return the good signature as r and s, 32 bytes each, instead of DER."""
    r, s = decode_dss_signature(sign(PAYLOAD))
    return b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


SIGNATURE = "dsseEnvelope.signatures.0.sig"
GOOD = envelope()
TWO = GOOD | {"signatures": [*GOOD["signatures"], *envelope(key=STRANGER)["signatures"]]}
URL_SAFE = swap(canonical(bundle(envelope(b"???>>>"))), b"Pz8/Pj4+", b"Pz8_Pj4-")

# name, rule, title, bundle (a JSON value, or its bytes)
BUNDLES = (
    (
        "changed-payload",
        "seal-signature",
        "another payload",
        altered("dsseEnvelope.payload", b64(PAYLOAD[:-1] + b" ")),
    ),
    (
        "changed-signature",
        "seal-signature",
        "a signature over another payload",
        altered(SIGNATURE, b64(sign(b"x"))),
    ),
    (
        "raw-signature",
        "seal-signature",
        "an ECDSA signature as r and s instead of DER",
        altered(SIGNATURE, raw_signature()),
    ),
    ("empty-signature", "seal-signature", "an empty signature", altered(SIGNATURE, "")),
    ("other-key", "seal-key", "signed with a key that nobody trusts", bundle(key=STRANGER)),
    (
        "wrong-hint",
        "seal-form",
        "a hint that is not the keyid",
        altered("verificationMaterial.publicKey.hint", keyid(STRANGER)),
    ),
    ("two-signatures", "seal-form", "two signatures", bundle(TWO)),
    ("no-signature", "seal-form", "no signature", altered("dsseEnvelope.signatures", [])),
    (
        "no-keyid",
        "seal-form",
        "a signature without keyid",
        altered("dsseEnvelope.signatures", [{"sig": b64(sign(PAYLOAD))}]),
    ),
    (
        "keyid-hexadecimal",
        "seal-form",
        "a keyid in another notation",
        altered("dsseEnvelope.signatures.0.keyid", sha256(public(KEY, serialization.Encoding.DER))),
    ),
    (
        "media-type-next",
        "seal-form",
        "a later version of the bundle",
        altered("mediaType", base.BUNDLE.replace("0.3", "0.4")),
    ),
    (
        "media-type-old",
        "seal-form",
        "an older version of the bundle",
        altered("mediaType", base.BUNDLE.replace("0.3", "0.2")),
    ),
    ("unknown-member", "seal-form", "a member that the format does not have", bundle() | {"zone": "x"}),
    (
        "payload-type-changed",
        "seal-signature",
        "a payload type that was changed after signing",
        altered("dsseEnvelope.payloadType", "application/json"),
    ),
    (
        "payload-type-other",
        "seal-payload-type",
        "a payload type that was signed and is no statement's",
        bundle(envelope(kind="application/json")),
    ),
    ("base64-url", "seal-form", "base64 with the alphabet of addresses", URL_SAFE),
    (
        "base64-no-padding",
        "seal-form",
        "base64 without padding",
        bundle(envelope(b"ab") | {"payload": "YWI"}),
    ),
    (
        "base64-loose-bits",
        "seal-form",
        "base64 whose last character has bits that belong to no byte",
        bundle(envelope(b"ab") | {"payload": "YWJ="}),
    ),
    (
        "base64-line-end",
        "seal-form",
        "base64 with a line end",
        bundle(envelope(b"ab") | {"payload": "YWI=\n"}),
    ),
    ("space", "seal-form", "a space that changes nothing", swap(canonical(bundle()), b":", b": ")),
    ("line-end", "seal-form", "a line end after the bundle", canonical(bundle()) + b"\n"),
    (
        "order",
        "seal-form",
        "members in another order",
        b'{"mediaType":"%s",%s}'
        % (
            base.BUNDLE.encode(),
            canonical({k: v for k, v in bundle().items() if k != "mediaType"})[1:-1],
        ),
    ),
    ("duplicate", "seal-form", "a member twice", b'{"dsseEnvelope":null,' + canonical(bundle())[1:]),
    ("cut-short", "seal-form", "a bundle that is cut short", canonical(bundle())[:-2]),
)

# name, rule, title, envelope
ENVELOPES = (
    ("two-signatures", "seal-form", "two signatures", TWO),
    ("changed-payload", "seal-signature", "another payload", GOOD | {"payload": b64(PAYLOAD[:-1] + b" ")}),
    ("unknown-member", "seal-form", "a member that the format does not have", GOOD | {"zone": "x"}),
    ("other-key", "seal-key", "signed with a key that nobody trusts", envelope(key=STRANGER)),
    ("of-a-bundle", "seal-form", "a bundle where an envelope is expected", bundle()),
)


def cases() -> Iterator[Case]:
    for name, key in (("ecdsa", KEY), ("ed25519", EDWARDS)):
        for kind, document in (("bundle", bundle(key=key)), ("envelope", envelope(key=key))):
            title = f"a {kind} that is sealed with {name}"
            inputs = _inputs(document, key)
            yield Case(f"{kind}-{name}", kind, title, inputs, digest=sha256(PAYLOAD))
    for name, rule, title, document in BUNDLES:
        yield Case(f"bundle-{name}", "bundle", title, _inputs(document), rule)
    for name, rule, title, document in ENVELOPES:
        yield Case(f"envelope-{name}", "envelope", title, _inputs(document), rule)


def _inputs(document: Any, key: Key = KEY) -> dict[str, bytes]:
    data = document if isinstance(document, bytes) else canonical(document)
    return {"input.json": data, "key.pem": public(key, serialization.Encoding.PEM)}
