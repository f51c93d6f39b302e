"""Keyless bundles of a simulated Sigstore: verified by sigstore-python, judged by the trust file."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from counterseal.errors import SealError
from counterseal.manifest import canonical
from counterseal.manifest.digest import sha256
from counterseal.seal import keyless
from counterseal.seal.trust import Trust, TrustedIdentity
from counterseal.seal.verify import open_bundle, open_envelope
from simulators.sigstore_instance import SigstoreInstance

_PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1"}'
_SUBJECT = "https://github.example/acme/payments/.github/workflows/release.yml@refs/heads/main"
_ISSUER = "https://token.example"
_AT = datetime(2026, 3, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


@pytest.fixture(autouse=True)
def _root_of_trust(instance, monkeypatch, tmp_path):
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier

    path = tmp_path / "trusted_root.json"
    path.write_text(instance.trusted_root())
    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(path)))
    monkeypatch.setattr(keyless, "_verifier", lambda: verifier)


@pytest.fixture(scope="module")
def document(instance) -> dict:
    return instance.seal(_PAYLOAD, subject=_SUBJECT, issuer=_ISSUER, at=_AT)


def _trust(**changes) -> Trust:
    values = {"subject": _SUBJECT, "issuer": _ISSUER, "roles": ("release",), "valid_from": _AT, **changes}
    return Trust(version=1, identities=(TrustedIdentity(**values),))


def _open(document: dict, trust: Trust, opener=open_bundle):
    return opener(canonical.encode(document), trust, role="release", where="entry 7")


@pytest.mark.parametrize("opener", [open_bundle, open_envelope])
def test_a_bundle_of_a_trusted_identity_opens(document, opener):
    verified = _open(document, _trust(), opener)
    assert (verified.payload, verified.payload_digest) == (_PAYLOAD, sha256(_PAYLOAD))
    assert verified.keyid == f"identity {_SUBJECT} of {_ISSUER}"
    assert verified.trusted_time == _AT + 10 * _MINUTE  # the last moment of the certificate


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject": _SUBJECT.replace("main", "evil")}, "no identity"),
        ({"subject": _SUBJECT.upper()}, "no identity"),
        ({"subject": _SUBJECT[:-1]}, "no identity"),
        ({"issuer": "https://other.example"}, "no identity"),
        ({"roles": ("record", "checkpoint", "approval")}, "not trusted to seal a release"),
        ({"valid_from": _AT + _MINUTE}, "not valid yet"),
        ({"valid_from": _AT - _MINUTE, "valid_until": _AT + 9 * _MINUTE}, "no longer valid"),
        ({"revoked_at": _AT}, "revoked"),
        ({"revoked_at": _AT + 10 * _MINUTE}, "revoked"),  # it may have been signed at that very moment
    ],
)
def test_the_trust_file_decides_who_and_when(document, changes, message):
    with pytest.raises(SealError, match=message) as caught:
        _open(document, _trust(**changes))
    assert caught.value.where == "entry 7"


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": _AT + 10 * _MINUTE},
        {"revoked_at": _AT + 11 * _MINUTE},
    ],
)
def test_what_was_sealed_before_the_end_stays(document, changes):
    assert _open(document, _trust(**changes)).payload == _PAYLOAD


def test_nobody_is_trusted_by_default(document):
    with pytest.raises(SealError, match="no identity"):
        _open(document, Trust(version=1))


def test_another_root_of_trust_refuses_it():
    elsewhere = SigstoreInstance().seal(_PAYLOAD, subject=_SUBJECT, issuer=_ISSUER, at=_AT)
    with pytest.raises(SealError, match="does not verify"):
        _open(elsewhere, _trust())


def _change(document: dict, path: str, value: object) -> dict:
    changed = json.loads(json.dumps(document))
    place = changed
    *parents, last = path.split(".")
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    place[last] = value
    return changed


_ENTRY = "verificationMaterial.tlogEntries.0"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mediaType", "application/vnd.dev.sigstore.bundle.v0.4+json"),
        ("dsseEnvelope.payload", "e30="),
        ("dsseEnvelope.payloadType", "application/json"),
        ("dsseEnvelope.signatures", []),
        ("dsseEnvelope.signatures.0.sig", "AAAA"),
        ("verificationMaterial.certificate.rawBytes", "AAAA"),
        ("verificationMaterial.tlogEntries", []),
        (f"{_ENTRY}.canonicalizedBody", "e30="),
        (f"{_ENTRY}.integratedTime", "1"),
        (f"{_ENTRY}.inclusionPromise.signedEntryTimestamp", "AAAA"),
        (f"{_ENTRY}.inclusionProof.rootHash", "AAAA"),
        (f"{_ENTRY}.inclusionProof.checkpoint.envelope", "x"),
        ("surprise", 1),
    ],
)
def test_every_part_of_the_seal_is_needed(document, path, value):
    with pytest.raises(SealError):
        _open(_change(document, path, value), _trust())


def test_parts_of_two_seals_cannot_be_mixed(instance, document):
    other = instance.seal(b'{"_type":"other"}', subject=_SUBJECT, issuer=_ISSUER, at=_AT)
    for part in ("dsseEnvelope", "verificationMaterial"):
        with pytest.raises(SealError):
            _open(document | {part: other[part]}, _trust())


def test_what_is_no_statement_is_refused(instance):
    sealed = instance.seal(_PAYLOAD, subject=_SUBJECT, issuer=_ISSUER, at=_AT, kind="application/json")
    with pytest.raises(SealError, match="not a statement"):
        _open(sealed, _trust())


def test_only_the_canonical_bytes_are_read(document):
    with pytest.raises(SealError, match="canonical"):
        open_bundle(json.dumps(document).encode(), _trust(), role="release", where="x")


def test_the_extra_is_named_when_it_is_missing(document, monkeypatch):
    for name in [one for one in sys.modules if one == "sigstore" or one.startswith("sigstore.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    with pytest.raises(SealError) as caught:
        _open(document, _trust())
    assert "counterseal[sigstore]" in caught.value.remedy


def test_an_identity_is_not_a_managed_key(document):
    managed = _change(document, "verificationMaterial", {"publicKey": {"hint": "SHA256:" + "a" * 43}})
    with pytest.raises(SealError, match="not a sealed bundle"):
        _open(managed, _trust())
