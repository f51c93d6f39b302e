"""Vouching: a revocation does not reach what is known to have existed before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from counterseal.ledger.vouch import VouchedTrust
from counterseal.seal.trust import Trust
from simulators.releases import new_sealer, trusted

REVOKED = datetime(2026, 6, 1, tzinfo=UTC)
EARLY = trusted(new_sealer(), "record", revoked_at=REVOKED, reason="lost")
LATE = trusted(new_sealer(), "record", revoked_at=REVOKED + timedelta(days=30))
SOUND = trusted(new_sealer(), "record")
TRUST = Trust(version=1, keys=(EARLY, LATE, SOUND))


@given(st.integers(-200, 200).map(lambda hours: REVOKED + timedelta(days=15, hours=5 * hours)))
def test_only_revocations_after_the_moment_are_set_aside(moment: datetime):
    at = VouchedTrust(TRUST).at(moment)
    for key in TRUST.keys:
        later = key.revoked_at is not None and moment < key.revoked_at
        expected = msgspec.structs.replace(key, revoked_at=None) if later else key
        assert at.find(key.keyid) == expected


def test_at_the_very_moment_of_the_revocation_it_holds():
    assert VouchedTrust(TRUST).at(REVOKED).find(EARLY.keyid) == EARLY


def test_without_a_trusted_moment_nothing_changes():
    vouched = VouchedTrust(TRUST)
    assert vouched.at(None) is TRUST


def test_each_variant_is_made_once():
    vouched = VouchedTrust(TRUST)
    assert vouched.at(REVOKED - timedelta(days=1)) is vouched.at(REVOKED - timedelta(days=2))
    assert vouched.at(REVOKED + timedelta(days=365)) is TRUST
