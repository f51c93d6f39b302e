"""What verifying a world says, in short."""

from __future__ import annotations

from counterseal.ledger.entry import decode_entry
from counterseal.ledger.layout import entry_key, identity_of
from counterseal.ledger.verify import StoreReport, verify_store
from counterseal.manifest.release import ReleaseCandidate
from counterseal.manifest.statement import decode_statement
from counterseal.seal.bundle import parse_bundle
from simulators.releases import STREAM, World

ID = identity_of(STREAM)


def verify(world: World, **options) -> StoreReport:
    return verify_store(world.store, world.trust, **options)


def codes(report: StoreReport) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.sequence) for finding in report.findings]


def listed(world: World, sequence: int) -> ReleaseCandidate:
    return decode_statement(payload_of(world, sequence), where="").predicate.candidate


def payload_of(world: World, sequence: int) -> bytes:
    entry = decode_entry(world.store.get(entry_key(ID, sequence)), where="")
    return parse_bundle(entry.bundle, where="").envelope.payload
