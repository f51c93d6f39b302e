"""Checkpoints: a signed statement, kept apart from the entries, that a stream had got this far.

A chain alone can be cut short or replaced as a whole. A checkpoint cannot be made by whoever can only write
to the store; one that is kept elsewhere (an anchor) pins everything up to it.
"""

from __future__ import annotations

from counterseal.errors import MalformedError
from counterseal.manifest.record import Digest
from counterseal.manifest.release import CHECKPOINT, Checkpoint, Stream
from counterseal.manifest.statement import Statement, encode_statement, subject_of_file


def checkpoint_payload(stream: Stream, sequence: int, head: str, created_at: str) -> bytes:
    """Return the payload of the checkpoint of one entry.

    Args:
        stream: the stream.
        sequence: the entry's sequence.
        head: the entry's payload digest.
        created_at: the time (RFC 3339, UTC).
    """
    checkpoint = Checkpoint(stream=stream, sequence=sequence, head=Digest(sha256=head), created_at=created_at)
    subject = subject_of_file(f"release {sequence}", head)
    return encode_statement(Statement((subject,), CHECKPOINT, checkpoint))


def read_checkpoint(statement: Statement, *, where: str) -> Checkpoint:
    """Return the checkpoint that a verified statement must be.

    Raises:
        MalformedError: when it is something else.
    """
    if not isinstance(statement.predicate, Checkpoint):
        raise MalformedError("the sealed statement is not a checkpoint", where=where)
    return statement.predicate
