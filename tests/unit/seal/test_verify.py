from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import SealError
from counterseal.manifest.digest import sha256
from counterseal.seal.bundle import Bundle, parse_bundle
from counterseal.seal.dsse import Envelope, Signature, parse_envelope, sign_envelope
from counterseal.seal.keygen import generate_key
from counterseal.seal.sealer import Sealer
from counterseal.seal.signers.pem import load_signer
from counterseal.seal.timestamp import TimestampAuthority
from counterseal.seal.trust import EMPTY, Trust, TrustedAuthority, TrustedIdentity, revoke_key
from counterseal.seal.verify import open_bundle, open_envelope
from simulators.tsa import TimestampServer, authority

_DAY = timedelta(days=1)
_PAYLOAD = b'{"createdAt":"2026-03-01T00:00:00Z"}'
_CLAIMED = datetime(2026, 3, 1, tzinfo=UTC)

OPENERS: dict[str, tuple[Callable, Callable]] = {
    "bundle": (Sealer.seal, open_bundle),
    "envelope": (Sealer.envelope, open_envelope),
}


@pytest.fixture(params=OPENERS)
def form(request):
    return OPENERS[request.param]


@pytest.fixture(scope="module")
def stamped(ecdsa, stamping) -> bytes:
    with TimestampServer(stamping[0]) as server:
        return Sealer(ecdsa, TimestampAuthority(server.url)).seal(_PAYLOAD)


def _open(data: bytes, trust: Trust, role: str = "release", claimed_time=None):
    return open_bundle(data, trust, role=role, where="entry 7", claimed_time=claimed_time)


def _claim(payload: bytes) -> datetime:
    return datetime.fromisoformat(json.loads(payload)["createdAt"])


def test_what_was_sealed_is_what_is_opened(signer, trust_in, form):
    seal, opener = form
    verified = opener(seal(Sealer(signer), _PAYLOAD), trust_in(signer), role="release", where="x")
    assert verified.payload == _PAYLOAD
    assert verified.payload_digest == sha256(_PAYLOAD)
    assert verified.keyid == signer.public_key.keyid
    assert verified.trusted_time is None


@given(payload=st.binary(max_size=500))
def test_any_payload_can_be_sealed(ecdsa, payload):
    trust = Trust(version=1, keys=(_trusted(ecdsa),))
    assert _open(Sealer(ecdsa).seal(payload), trust).payload == payload


def _trusted(signer, *roles, **changes):
    from counterseal.seal.trust import TrustedKey

    key = signer.public_key
    values = {"roles": roles or ("release",), "valid_from": datetime(2026, 1, 1, tzinfo=UTC), **changes}
    return TrustedKey(keyid=key.keyid, public_key=key.pem, **values)


def test_an_unknown_key_is_refused(signer, form):
    seal, opener = form
    with pytest.raises(SealError, match=re.escape(signer.public_key.keyid)) as caught:
        opener(seal(Sealer(signer), _PAYLOAD), EMPTY, role="release", where="entry 7")
    assert caught.value.where == "entry 7"
    assert "keys trust" in caught.value.remedy


def test_a_key_for_something_else_is_refused(signer, trust_in, form):
    seal, opener = form
    with pytest.raises(SealError, match="not trusted to seal a release"):
        opener(seal(Sealer(signer), _PAYLOAD), trust_in(signer, "record"), role="release", where="x")


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF], ids=hex)
def test_no_byte_of_a_bundle_can_change_unnoticed(signer, trust_in, mask):
    sealed, trust = Sealer(signer).seal(_PAYLOAD), trust_in(signer)
    _open(sealed, trust)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= mask
        with pytest.raises(SealError):
            _open(bytes(changed), trust)


def test_no_byte_of_a_stamped_bundle_can_change_unnoticed(stamped, ecdsa, trust_in, believed):
    trust = trust_in(ecdsa, authorities=(believed,))
    assert _open(stamped, trust).trusted_time
    for at in range(len(stamped)):
        changed = bytearray(stamped)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(SealError):
            _open(bytes(changed), trust)


def test_no_byte_of_an_envelope_can_change_unnoticed(signer, trust_in):
    sealed, trust = Sealer(signer).envelope(_PAYLOAD), trust_in(signer)
    for at in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[at] ^= 1 << bit
            with pytest.raises(SealError):
                open_envelope(bytes(changed), trust, role="release", where="x")


def test_no_byte_can_be_added_or_taken_away(signer, trust_in):
    sealed, trust = Sealer(signer).seal(_PAYLOAD), trust_in(signer)
    for at in range(len(sealed) + 1):
        for changed in (sealed[:at] + b" " + sealed[at:], sealed[:at] + sealed[at + 1 :]):
            if changed != sealed:
                with pytest.raises(SealError):
                    _open(changed, trust)


def test_parts_of_two_seals_cannot_be_mixed(ecdsa, trust_in):
    trust = trust_in(ecdsa)
    one = parse_bundle(Sealer(ecdsa).seal(b"1"), where="x")
    two = parse_bundle(Sealer(ecdsa).seal(b"2"), where="x")
    mixed = Envelope(one.envelope.payload, one.envelope.payload_type, two.envelope.signatures)
    with pytest.raises(SealError, match="not that of key"):
        _open(Bundle(mixed, one.hint).encode(), trust)


def test_another_keyid_does_not_help(ecdsa, trust_in):
    other = load_signer(generate_key(), env={}, where="key")
    forged = parse_bundle(Sealer(other).seal(_PAYLOAD), where="x").envelope
    claimed = Signature(ecdsa.public_key.keyid, forged.signatures[0].sig)
    bundle = Bundle(Envelope(forged.payload, forged.payload_type, (claimed,)), claimed.keyid)
    with pytest.raises(SealError, match="not that of key"):
        _open(bundle.encode(), trust_in(ecdsa))


def test_a_signature_over_another_payload_type_is_refused(ecdsa, trust_in):
    envelope = sign_envelope(_PAYLOAD, ecdsa, "application/json")
    with pytest.raises(SealError, match="application/json, not a statement"):
        _open(Bundle(envelope, ecdsa.public_key.keyid).encode(), trust_in(ecdsa))
    renamed = Envelope(envelope.payload, "application/vnd.in-toto+json", envelope.signatures)
    with pytest.raises(SealError, match="not that of key"):
        open_envelope(renamed.encode(), trust_in(ecdsa), role="release", where="x")


def test_two_signatures_are_refused_even_if_both_are_good(ecdsa, trust_in):
    envelope = sign_envelope(_PAYLOAD, ecdsa)
    again = sign_envelope(_PAYLOAD, ecdsa)
    both = Envelope(_PAYLOAD, envelope.payload_type, envelope.signatures + again.signatures)
    with pytest.raises(SealError, match="2 signatures"):
        open_envelope(both.encode(), trust_in(ecdsa), role="release", where="x")
    with pytest.raises(SealError, match="2 signatures"):
        _open(Bundle(both, ecdsa.public_key.keyid).encode(), trust_in(ecdsa))


def test_a_malleable_signature_changes_the_seal_but_not_what_is_chained(ecdsa, trust_in):
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    envelope = parse_envelope(Sealer(ecdsa).envelope(_PAYLOAD), where="x")
    (signature,) = envelope.signatures
    r, s = decode_dss_signature(signature.sig)
    twin = Signature(signature.keyid, encode_dss_signature(r, order - s))
    twisted = Envelope(envelope.payload, envelope.payload_type, (twin,))
    first = open_envelope(envelope.encode(), trust_in(ecdsa), role="release", where="x")
    second = open_envelope(twisted.encode(), trust_in(ecdsa), role="release", where="x")
    assert first.payload_digest == second.payload_digest


# rotation: the claimed time decides where there is no stamp


def test_a_key_that_ended_still_opens_what_it_sealed(signer, trust_in):
    sealed = Sealer(signer).seal(_PAYLOAD)
    ended = trust_in(signer, valid_until=_CLAIMED + _DAY)
    assert _open(sealed, ended, claimed_time=_claim).payload == _PAYLOAD
    for until in (_CLAIMED - _DAY, _CLAIMED - timedelta(seconds=1)):
        with pytest.raises(SealError, match="no longer valid"):
            _open(sealed, trust_in(signer, valid_until=until), claimed_time=_claim)
    with pytest.raises(SealError, match="nothing says when"):
        _open(sealed, ended)


def test_a_key_opens_nothing_from_before_its_time(signer, trust_in):
    sealed = Sealer(signer).seal(_PAYLOAD)
    with pytest.raises(SealError, match="not valid yet"):
        _open(sealed, trust_in(signer, valid_from=_CLAIMED + _DAY), claimed_time=_claim)


def test_rotation_keeps_both_keys_working(signer, trust_in):
    successor = load_signer(generate_key(), env={}, where="key")
    old = trust_in(signer, valid_until=_CLAIMED)
    both = msgspec.structs.replace(old, keys=(*old.keys, _trusted(successor, valid_from=_CLAIMED)))
    for one in (signer, successor):
        assert _open(Sealer(one).seal(_PAYLOAD), both, claimed_time=_claim).keyid == one.public_key.keyid


def test_the_claimed_time_is_not_read_from_an_unverified_payload(signer, trust_in):
    def never(payload):
        raise AssertionError(payload)

    sealed = Sealer(signer).seal(_PAYLOAD)
    with pytest.raises(SealError):
        _open(sealed[:-9] + b"AAAA" + sealed[-5:], trust_in(signer), claimed_time=never)
    with pytest.raises(SealError):
        _open(sealed, EMPTY, claimed_time=never)


# revocation: only a trusted stamp from before it helps


@pytest.fixture(scope="module")
def stamped_at(stamped, ecdsa, believed) -> datetime:
    trust = Trust(version=1, keys=(_trusted(ecdsa),), timestamp_authorities=(believed,))
    moment = _open(stamped, trust).trusted_time
    assert moment is not None
    return moment


@pytest.mark.parametrize(
    ("revoked_after", "has_stamp", "believes_authority", "opens"),
    [
        (timedelta(seconds=1), True, True, True),
        (_DAY, True, True, True),
        (timedelta(0), True, True, False),
        (-timedelta(seconds=1), True, True, False),
        (_DAY, True, False, False),
        (_DAY, False, True, False),
        (_DAY, False, False, False),
    ],
)
def test_revocation(
    stamped, stamped_at, ecdsa, trust_in, believed, revoked_after, has_stamp, believes_authority, opens
):
    authorities = (believed,) if believes_authority else ()
    trust = trust_in(ecdsa, authorities=authorities)
    trust = revoke_key(trust, ecdsa.public_key.keyid, at=stamped_at + revoked_after, reason="lost laptop")
    sealed = stamped if has_stamp else Sealer(ecdsa).seal(_PAYLOAD)
    if opens:
        assert _open(sealed, trust, claimed_time=_claim).trusted_time == stamped_at
    else:
        with pytest.raises(SealError, match="revoked"):
            _open(sealed, trust, claimed_time=_claim)


def test_an_envelope_can_borrow_the_time_of_a_stamped_bundle(ecdsa, trust_in):
    sealed = Sealer(ecdsa).envelope(_PAYLOAD)
    trust = revoke_key(trust_in(ecdsa), ecdsa.public_key.keyid, at=_CLAIMED, reason="lost laptop")
    before = _CLAIMED - _DAY
    opened = open_envelope(sealed, trust, role="release", where="x", trusted_time=before)
    assert opened.trusted_time == before
    for moment in (None, _CLAIMED):
        with pytest.raises(SealError, match="revoked"):
            open_envelope(
                sealed, trust, role="release", where="x", claimed_time=lambda _: before, trusted_time=moment
            )


def test_a_stamp_counts_more_than_the_claimed_time(stamped, stamped_at, ecdsa, trust_in, believed):
    window = {"valid_from": stamped_at - _DAY, "valid_until": stamped_at + _DAY}
    assert window["valid_from"] > _CLAIMED
    trust = trust_in(ecdsa, authorities=(believed,), **window)
    assert _open(stamped, trust, claimed_time=_claim).trusted_time == stamped_at
    with pytest.raises(SealError, match="not valid yet"):
        _open(stamped, trust_in(ecdsa, **window), claimed_time=_claim)


def test_a_stamp_of_no_known_authority_gives_no_time(stamped, ecdsa, trust_in):
    assert _open(stamped, trust_in(ecdsa)).trusted_time is None


def test_a_stamp_of_another_authority_is_never_ignored(stamped, ecdsa, trust_in, tmp_path):
    _, root = authority(tmp_path)
    other = TrustedAuthority(roots=(root.pem,), valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(SealError, match="stamp cannot be verified with this trust file") as caught:
        _open(stamped, trust_in(ecdsa, authorities=(other,)))
    assert "timestampAuthorities" in caught.value.remedy
    assert caught.value.where == "entry 7"


def test_authorities_of_the_past_are_tried_as_well(stamped, stamped_at, ecdsa, trust_in, believed, tmp_path):
    _, root = authority(tmp_path)
    other = TrustedAuthority(roots=(root.pem,), valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    for authorities in ((other, believed), (believed, other)):
        assert _open(stamped, trust_in(ecdsa, authorities=authorities)).trusted_time == stamped_at


def test_a_stamp_outside_the_authoritys_window_is_refused(stamped, stamped_at, ecdsa, trust_in, believed):
    for inside, window in (
        (True, {"valid_from": stamped_at, "valid_until": stamped_at}),
        (False, {"valid_from": stamped_at + _DAY}),
        (False, {"valid_until": stamped_at - _DAY}),
    ):
        changed = msgspec.structs.replace(believed, **window)
        trust = trust_in(ecdsa, authorities=(changed,))
        if inside:
            assert _open(stamped, trust).trusted_time == stamped_at
        else:
            with pytest.raises(SealError, match="outside the authority's window"):
                _open(stamped, trust)


def test_a_stamp_of_another_signature_is_refused(stamped, ecdsa, trust_in, believed):
    stamp = parse_bundle(stamped, where="x").timestamp
    fresh = parse_bundle(Sealer(ecdsa).seal(_PAYLOAD), where="x")
    moved = Bundle(fresh.envelope, fresh.hint, stamp)
    with pytest.raises(SealError, match="stamp cannot be verified"):
        _open(moved.encode(), trust_in(ecdsa, authorities=(believed,)))


def test_a_bad_stamp_is_refused(stamped, ecdsa, trust_in, believed):
    bundle = parse_bundle(stamped, where="x")
    worse = Bundle(bundle.envelope, bundle.hint, b"0\x00")
    with pytest.raises(SealError, match="stamp cannot be verified"):
        _open(worse.encode(), trust_in(ecdsa, authorities=(believed,)))


def test_a_stamp_that_is_there_twice_is_refused(stamped, ecdsa, trust_in, believed):
    document = json.loads(stamped)
    stamps = document["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    stamps.append(stamps[0])
    with pytest.raises(SealError, match="a list of 2 timestamps"):
        _open(rfc8785.dumps(document), trust_in(ecdsa, authorities=(believed,)))


@pytest.mark.parametrize("data", [b"", b"{}", b"null", b"[" * 9999, b"\xff"])
def test_bytes_that_are_no_seal_are_refused(data, form):
    _, opener = form
    with pytest.raises(SealError, match="not a s"):
        opener(data, EMPTY, role="release", where="x")


def test_a_bundle_is_no_envelope_and_an_envelope_no_bundle(signer, trust_in):
    sealer, trust = Sealer(signer), trust_in(signer)
    with pytest.raises(SealError):
        open_envelope(sealer.seal(_PAYLOAD), trust, role="release", where="x")
    with pytest.raises(SealError):
        _open(sealer.envelope(_PAYLOAD), trust)


def test_an_identity_says_nothing_about_a_key(signer):
    identity = TrustedIdentity(
        issuer="i", subject=signer.public_key.keyid, roles=("release",), valid_from=_CLAIMED
    )
    with pytest.raises(SealError, match="does not have"):
        _open(Sealer(signer).seal(_PAYLOAD), Trust(version=1, identities=(identity,)))
