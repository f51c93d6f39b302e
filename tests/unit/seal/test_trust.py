from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.errors import MalformedError, SealError, UsageError
from counterseal.seal.keygen import generate_key
from counterseal.seal.signers.pem import load_signer
from counterseal.seal.trust import (
    EMPTY,
    Trust,
    TrustedAuthority,
    TrustedIdentity,
    TrustedKey,
    add_key,
    judge,
    parse_trust,
    revoke_key,
)

_DAY = timedelta(days=1)
_FROM = datetime(2026, 1, 1, tzinfo=UTC)
_UNTIL = datetime(2026, 6, 30, tzinfo=UTC)
_REVOKED = datetime(2026, 4, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def _key(**changes) -> TrustedKey:
    key = load_signer(generate_key(), env={}, where="key").public_key
    values = {
        "roles": ("release",),
        "valid_from": _FROM,
        "keyid": key.keyid,
        "public_key": key.pem,
        **changes,
    }
    return TrustedKey(**values)


@pytest.fixture(scope="module")
def key() -> TrustedKey:
    return _key()


# `judge`: (what the trust file says, claimed time, trusted time, is it believed?)
_OPEN, _CLOSED = {}, {"valid_until": _UNTIL}
_GONE = {"revoked_at": _REVOKED}
TABLE = [
    # no end, no revocation
    (_OPEN, None, None, True),
    (_OPEN, _FROM, None, True),
    (_OPEN, _FROM - _SECOND, None, False),
    (_OPEN, None, _FROM, True),
    (_OPEN, None, _FROM - _SECOND, False),
    (_OPEN, _FROM, _FROM - _SECOND, False),  # the trusted time decides
    (_OPEN, _FROM - _DAY, _FROM, True),
    # a window, both ends inside
    (_CLOSED, None, None, False),
    (_CLOSED, _FROM, None, True),
    (_CLOSED, _UNTIL, None, True),
    (_CLOSED, _UNTIL + _SECOND, None, False),
    (_CLOSED, None, _UNTIL, True),
    (_CLOSED, None, _UNTIL + _SECOND, False),
    (_CLOSED, _UNTIL, _UNTIL + _SECOND, False),
    (_CLOSED, _UNTIL + _DAY, _UNTIL, True),
    # a revocation: only a trusted time strictly before it helps
    (_GONE, None, None, False),
    (_GONE, _REVOKED - _DAY, None, False),
    (_GONE, _REVOKED + _DAY, None, False),
    (_GONE, None, _REVOKED - _SECOND, True),
    (_GONE, None, _REVOKED, False),
    (_GONE, None, _REVOKED + _SECOND, False),
    (_GONE, _REVOKED - _DAY, _REVOKED + _DAY, False),
    (_GONE, _REVOKED + _DAY, _REVOKED - _DAY, True),
    (_GONE, None, _FROM - _SECOND, False),
    # both
    (_CLOSED | _GONE, None, _REVOKED - _SECOND, True),
    (_CLOSED | {"revoked_at": _UNTIL + _DAY}, None, _UNTIL + _SECOND, False),
    (_CLOSED | {"revoked_at": _FROM - _DAY}, None, _FROM, False),
]


@pytest.mark.parametrize(("changes", "claimed", "trusted", "believed"), TABLE)
def test_validity_and_revocation(key, changes, claimed, trusted, believed):
    holder = msgspec.structs.replace(key, **changes)
    identity = TrustedIdentity(issuer="i", subject="s", roles=("release",), valid_from=_FROM, **changes)
    for one in (holder, identity):
        if believed:
            judge(one, "release", claimed, trusted)
        else:
            with pytest.raises(SealError) as caught:
                judge(one, "release", claimed, trusted)
            assert one.name in caught.value.message


@pytest.mark.parametrize("role", ["release", "record", "checkpoint", "approval"])
def test_a_role_is_not_any_other(key, role):
    holder = msgspec.structs.replace(key, roles=(role,))
    for asked in ("release", "record", "checkpoint", "approval", "", "RELEASE"):
        if asked == role:
            judge(holder, asked, None, None)
        else:
            with pytest.raises(SealError, match="not trusted to seal"):
                judge(holder, asked, None, None)


@pytest.mark.parametrize(
    ("role", "named"), [("index", "an index"), ("incident", "an incident"), ("hold", "a hold")]
)
def test_a_role_has_its_article(key, role, named):
    with pytest.raises(SealError, match=f"not trusted to seal {named}$"):
        judge(key, role, None, None)


_TIMES = st.none() | st.integers(-365, 365).map(lambda days: _FROM + days * _DAY)


@given(claimed=_TIMES, trusted=_TIMES, until=_TIMES, revoked=_TIMES, later=st.timedeltas(_SECOND, _DAY))
def test_more_distrust_never_makes_more_believed(claimed, trusted, until, revoked, later):
    def believed(until, revoked):
        holder = TrustedIdentity(
            issuer="i",
            subject="s",
            roles=("release",),
            valid_from=_FROM,
            valid_until=until,
            revoked_at=revoked,
        )
        try:
            judge(holder, "release", claimed, trusted)
        except SealError:
            return False
        return True

    if believed(until, revoked):
        assert believed(None, revoked)
        assert believed(until, None)
        if revoked:
            assert believed(until, revoked + later)
        if until:
            assert believed(until + later, revoked)


def test_a_trust_file_comes_back(key, stamping):
    trust = Trust(
        version=1,
        keys=(key, _key(roles=("record", "checkpoint"), valid_until=_UNTIL, comment="Ünït ✓")),
        timestamp_authorities=(TrustedAuthority(roots=(stamping[1].pem,), valid_from=_FROM),),
        identities=(TrustedIdentity(issuer="https://i", subject="s", roles=("release",), valid_from=_FROM),),
    )
    again = parse_trust(trust.encode(), where="trust.json")
    assert again == trust
    assert again.encode() == trust.encode()
    assert again.find(key.keyid) == key
    assert again.public_key(key.keyid).pem == key.public_key
    assert again.find("SHA256:" + "a" * 43) is None
    assert again.public_key("SHA256:" + "a" * 43) is None


def test_a_trust_file_is_camel_case_with_utc_times(key):
    value = json.loads(Trust(version=1, keys=(msgspec.structs.replace(key, valid_until=_UNTIL),)).encode())
    assert value["keys"][0] == {
        "roles": ["release"],
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2026-06-30T00:00:00Z",
        "keyid": key.keyid,
        "publicKey": key.public_key,
    }


def test_each_key_is_loaded_once(key):
    trust = Trust(version=1, keys=(key,))
    assert trust.public_key(key.keyid) is trust.public_key(key.keyid)


def test_an_offset_is_the_same_moment(key):
    value = json.loads(Trust(version=1, keys=(key,)).encode())
    value["keys"][0]["validFrom"] = "2026-01-01T02:00:00+02:00"
    assert parse_trust(json.dumps(value).encode(), where="t").find(key.keyid).valid_from == _FROM


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 2),
        ("version", "1"),
        ("version", None),
        ("extra", 1),
        ("keys", {}),
        ("keys.0.keyid", "SHA256:" + "a" * 43),
        ("keys.0.keyid", "0" * 64),
        ("keys.0.keyid", "x"),
        ("keys.0.publicKey", ""),
        ("keys.0.publicKey", "not a key"),
        ("keys.0.roles", []),
        ("keys.0.roles", ["admin"]),
        ("keys.0.roles", "release"),
        ("keys.0.streams", []),
        ("keys.0.streams", [""]),
        ("keys.0.streams", "acme"),
        ("keys.0.validFrom", "2026-01-01"),
        ("keys.0.validFrom", "2026-01-01T00:00:00"),
        ("keys.0.validFrom", None),
        ("keys.0.validFrom", 1767225600),
        ("keys.0.validUntil", "2025-12-31T23:59:59Z"),
        ("keys.0.revokedAt", "yesterday"),
        ("keys.0.revoked_at", "2026-01-01T00:00:00Z"),
        ("keys.0.revoked", True),
        ("identities.0.subject", ""),
        ("identities.0.roles", []),
        ("timestampAuthorities.0.roots", []),
        ("timestampAuthorities.0.roots", ["no certificate"]),
        ("timestampAuthorities.0.intermediates", ["no certificate"]),
        ("timestampAuthorities.0.roots", [""]),
        ("timestampAuthorities.0.validUntil", "2020-01-01T00:00:00Z"),
    ],
)
def test_every_field_is_checked(key, stamping, path, value):
    trust = Trust(
        version=1,
        keys=(key,),
        timestamp_authorities=(TrustedAuthority(roots=(stamping[1].pem,), valid_from=_FROM),),
        identities=(TrustedIdentity(issuer="i", subject="s", roles=("release",), valid_from=_FROM),),
    )
    document = json.loads(trust.encode())
    place = document
    *parents, last = path.split(".")
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    place[last] = value
    with pytest.raises(MalformedError):
        parse_trust(json.dumps(document).encode(), where="trust.json")


def test_nothing_may_be_in_it_twice(key):
    with pytest.raises(MalformedError, match="keyid occurs twice"):
        parse_trust(Trust(version=1, keys=(key, key)).encode(), where="t")
    one = TrustedIdentity(issuer="i", subject="s", roles=("release",), valid_from=_FROM)
    with pytest.raises(MalformedError, match="identity occurs twice"):
        parse_trust(Trust(version=1, identities=(one, one)).encode(), where="t")
    with pytest.raises(MalformedError, match="occurs twice in one object"):
        parse_trust(b'{"version":1,"version":1}', where="t")


def test_a_key_is_added_once(key):
    grown = add_key(EMPTY, key)
    assert grown.keys == (key,)
    assert EMPTY.keys == ()
    with pytest.raises(UsageError, match="already"):
        add_key(grown, msgspec.structs.replace(key, roles=("record",)))
    with pytest.raises(MalformedError, match="validUntil is before"):
        add_key(EMPTY, msgspec.structs.replace(key, valid_until=_FROM - _DAY))


def test_a_revocation_moves_to_earlier_moments_only(key):
    trust = add_key(add_key(EMPTY, key), _key())
    revoked = revoke_key(trust, key.keyid, at=_REVOKED, reason="lost")
    found = revoked.find(key.keyid)
    assert (found.revoked_at, found.reason) == (_REVOKED, "lost")
    assert [one.keyid for one in revoked.keys] == [one.keyid for one in trust.keys]
    assert revoked.keys[1] == trust.keys[1]
    for at in (_REVOKED, _REVOKED + _DAY):
        with pytest.raises(UsageError, match="already"):
            revoke_key(revoked, key.keyid, at=at, reason="found again")
    assert (
        revoke_key(revoked, key.keyid, at=_REVOKED - _DAY, reason="x").find(key.keyid).revoked_at < _REVOKED
    )


def test_an_unknown_key_cannot_be_revoked(key):
    with pytest.raises(UsageError, match="not in the trust file"):
        revoke_key(EMPTY, key.keyid, at=_REVOKED, reason="lost")


@pytest.mark.parametrize(
    "around",
    [
        "{}PEM\ntouch x\ncat <<'PEM'\n",
        "comment\n{}",
        "{0}{0}",
        "{}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
)
@pytest.mark.parametrize("member", ["publicKey", "roots", "intermediates"])
def test_a_pem_member_holds_one_block_and_nothing_around_it(key, stamping, member, around):
    pem = stamping[1].pem
    authority = TrustedAuthority(roots=(pem,), intermediates=(pem,), valid_from=_FROM)
    document = json.loads(Trust(version=1, keys=(key,), timestamp_authorities=(authority,)).encode())
    parse_trust(json.dumps(document).encode(), where="t")
    if member == "publicKey":
        document["keys"][0][member] = around.format(key.public_key)
    else:
        document["timestampAuthorities"][0][member] = [around.format(pem)]
    with pytest.raises(MalformedError):
        parse_trust(json.dumps(document).encode(), where="t")
