"""Verifying keys and times: what a stamp vouches for, and what a revocation reaches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from counterseal.ledger.verify import verify_store
from counterseal.seal.sealer import Sealer
from counterseal.seal.timestamp import TimestampAuthority
from counterseal.seal.trust import Trust, TrustedAuthority
from simulators.memory_store import MemoryStore
from simulators.releases import World
from simulators.tsa import TimestampServer, authority


@pytest.fixture(scope="module")
def stamped(tmp_path_factory) -> World:
    """A release whose manifest and checkpoint are stamped, and whose records are not."""
    stamper, root = authority(tmp_path_factory.mktemp("tsa"))
    world = World(MemoryStore())
    year_ago = datetime.now(UTC) - timedelta(days=365)
    keys = tuple(msgspec.structs.replace(key, valid_from=year_ago) for key in world.trust.keys)
    believed = TrustedAuthority(roots=(root.pem,), valid_from=year_ago)
    world.trust = Trust(version=1, keys=keys, timestamp_authorities=(believed,))
    with TimestampServer(stamper) as server:
        clock = TimestampAuthority(server.url)
        world.release = Sealer(world.release.signer, clock)
        world.checkpoint = Sealer(world.checkpoint.signer, clock)
        world.publish()
    return world


def _revoked(world: World, when: datetime, *names: str) -> Trust:
    gone = {getattr(world, name).signer.public_key.keyid for name in names}
    return _with_keys(world, lambda key: {"revoked_at": when} if key.keyid in gone else {})


def _with_keys(world: World, change) -> Trust:
    keys = tuple(msgspec.structs.replace(key, **change(key)) for key in world.trust.keys)
    return msgspec.structs.replace(world.trust, keys=keys)


def test_a_stamped_manifest_vouches_for_what_it_lists_when_keys_are_revoked_later(stamped: World):
    later = datetime.now(UTC) + timedelta(days=1)
    trust = _revoked(stamped, later, "release", "record", "checkpoint")
    assert verify_store(stamped.store, trust).findings == ()


def test_a_revocation_before_the_stamp_reaches_everything(stamped: World):
    before = datetime.now(UTC) - timedelta(days=1)
    report = verify_store(stamped.store, _revoked(stamped, before, "record"))
    assert [finding.code for finding in report.findings] == ["record-seal", "statement-seal"]
    report = verify_store(stamped.store, _revoked(stamped, before, "release", "checkpoint"))
    assert [finding.code for finding in report.findings] == ["entry-seal", "checkpoint-seal"]


def test_without_a_stamp_a_revoked_key_is_not_believed(world: World):
    later = datetime.now(UTC) + timedelta(days=3650)
    report = verify_store(world.store, _revoked(world, later, "record"))
    assert {finding.code for finding in report.findings} == {"record-seal", "statement-seal"}


@pytest.mark.parametrize(("year", "codes"), [(2027, set()), (2026, {"record-seal", "statement-seal"})])
def test_attestations_without_a_time_are_judged_by_the_manifests(world: World, year: int, codes: set[str]):
    end = datetime(year, 2, 1, tzinfo=UTC)
    trust = _with_keys(world, lambda key: {"valid_until": end} if "record" in key.roles else {})
    assert {finding.code for finding in verify_store(world.store, trust).findings} == codes


def test_a_refused_attestation_says_why_its_own_key_is_refused(world: World):
    later = datetime.now(UTC) + timedelta(days=3650)
    report = verify_store(world.store, _revoked(world, later, "record"))
    (*_, message) = [finding.message for finding in report.findings if finding.code == "statement-seal"]
    assert "revoked" in message
