"""How a manifest lists a record that was sealed and stored."""

from __future__ import annotations

from counterseal.ledger.sealing import Sealing
from counterseal.manifest.record import CONTROL_RECORD
from counterseal.manifest.release import RecordReference
from counterseal.manifest.statement import Statement, encode_statement


def listed(statement: Statement, sealing: Sealing) -> RecordReference:
    """Seal and store a record, and return how a manifest lists it."""
    payload = encode_statement(statement)
    record = statement.predicate
    kept = sealing.keep(
        sealing.sealer.seal(payload), payload, CONTROL_RECORD, f"{record.stage}.{record.name}"
    )
    return RecordReference(
        **{name: getattr(kept, name) for name in kept.__struct_fields__},
        stage=record.stage,
        name=record.name,
        kind=record.kind,
        outcome=record.outcome,
        waivers=record.waivers,
    )
