"""Control records about one document, such as an incident or a legal hold: entries of the ledger's books."""

from __future__ import annotations

from counterseal.errors import MalformedError
from counterseal.ledger.opened import Opened, open_sealed
from counterseal.manifest.digest import sha256
from counterseal.manifest.record import CONTROL_RECORD, ControlRecord, Digest, EvidenceReference, Origin
from counterseal.manifest.statement import Statement, subject_of_commit
from counterseal.manifest.types import Outcome
from counterseal.seal.trust import Role, Trust
from counterseal.store.blobs import blob_key
from counterseal.store.interface import Store


def statement_of(stage: str, file_name: str, data: bytes, *, at: str, origin: Origin) -> Statement:
    """Return the statement of a record whose one piece of evidence is a document.

    Args:
        stage: the record's stage, which is its name and kind too.
        file_name: what the document is called.
        data: its bytes.
        at: the present moment, a `Time`.
        origin: the commit and run that enter it.
    """
    file = EvidenceReference(
        name=file_name, media_type="application/json", size=len(data), digest=Digest(sha256=sha256(data))
    )
    record = ControlRecord(
        stage=stage,
        name=stage,
        kind=stage,
        outcome=Outcome.PASSED,
        created_at=at,
        origin=origin,
        evidence=(file,),
    )
    return Statement((subject_of_commit(origin.repository, origin.commit),), CONTROL_RECORD, record)


def open_document(store: Store, trust: Trust, key: str, stage: str, role: Role) -> tuple[Opened, bytes]:
    """Return a sealed record of a stage and the bytes of the document that it is about.

    Args:
        store: where both are.
        trust: whose seals are believed.
        key: where the record lies.
        stage: the stage that it must be of.
        role: what it must be sealed as.

    Raises:
        SealError: its seal does not hold.
        MalformedError: it is no such record, or the document is another.
        StoreError: one of them cannot be read.
    """
    opened = open_sealed(store.get(key), trust, role, where=key)
    record = opened.statement.predicate
    if not isinstance(record, ControlRecord) or record.stage != stage or len(record.evidence) != 1:
        raise MalformedError(f"the sealed statement is not a record of the stage {stage}", where=key)
    digest = record.evidence[0].digest.sha256
    data = store.get(blob_key(digest))
    if sha256(data) != digest:
        raise MalformedError(f"the document is not {digest}", where=key)
    return opened, data
