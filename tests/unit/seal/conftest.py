"""Keys, trust files and a timestamp authority for the tests of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counterseal.seal.keygen import generate_key
from counterseal.seal.signers.pem import PemSigner, load_signer
from counterseal.seal.trust import Trust, TrustedAuthority, TrustedKey
from simulators.tsa import Identity, Stamper, TimestampServer, authority

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def new_signer(algorithm: str = "ecdsa-p256-sha256") -> PemSigner:
    return load_signer(generate_key(algorithm), env={}, where="test key")


def trusted(signer: PemSigner, *roles: str, **changes: Any) -> TrustedKey:
    key = signer.public_key
    values = {"roles": roles or ("release",), "valid_from": SINCE, "public_key": key.pem, **changes}
    return TrustedKey(keyid=key.keyid, **values)


@pytest.fixture(scope="session", params=["ecdsa-p256-sha256", "ed25519"])
def signer(request: pytest.FixtureRequest) -> PemSigner:
    return new_signer(request.param)


@pytest.fixture(scope="session")
def ecdsa() -> PemSigner:
    return new_signer()


@pytest.fixture
def trust_in() -> Callable[..., Trust]:
    """Build a trust file of one key: `trust_in(signer, "release", authorities=(), valid_until=...)`."""

    def build(
        one: PemSigner, *roles: str, authorities: tuple[TrustedAuthority, ...] = (), **changes: Any
    ) -> Trust:
        return Trust(version=1, keys=(trusted(one, *roles, **changes),), timestamp_authorities=authorities)

    return build


@pytest.fixture(scope="session")
def stamping(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stamper, Identity]:
    """A stamper and the root above it."""
    return authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def server(stamping: tuple[Stamper, Identity]) -> Iterator[TimestampServer]:
    with TimestampServer(stamping[0]) as running:
        yield running


@pytest.fixture(scope="session")
def believed(stamping: tuple[Stamper, Identity]) -> TrustedAuthority:
    """The trust file's entry for the stamper."""
    return TrustedAuthority(roots=(stamping[1].pem,), valid_from=SINCE)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "signing.key"
    path.write_bytes(generate_key())
    path.chmod(0o600)
    return path
