"""Signed approvals as decisions: a person's own key, which stands even when the forge does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from counterseal.approval.model import Event
from counterseal.checks.approvals.reviews import said_beside
from counterseal.errors import CountersealError, MalformedError
from counterseal.manifest.approval import SIGNED_APPROVAL, SignedApproval
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import sha256
from counterseal.manifest.pseudonym import without_pseudonyms
from counterseal.manifest.record import Reason
from counterseal.manifest.types import format_time
from counterseal.policy.pseudonyms import Pseudonyms
from counterseal.seal.trust import Trust
from counterseal.seal.verify import open_bundle


@dataclass(frozen=True)
class Signed:
    """A signed decision that is believed.

    Attributes:
        event: what it decides.
        bundle: its sealed bundle.
    """

    event: Event
    bundle: bytes


def signed_events(
    bundles: Iterable[bytes], trust: Trust, now: str, pseudonyms: Pseudonyms | None = None
) -> Iterator[Signed | Reason]:
    """Yield what signed approvals decide, and why one that cannot be read or believed decides nothing.

    Args:
        bundles: the sealed statements.
        trust: whose keys may approve (role `approval`).
        now: the present moment: what counts is the stamp of a file, else when it was seen first. What the
            signer states is text.
        pseudonyms: what names people; None where they are named. A key's fingerprint is nobody's name.
    """
    for bundle in dict.fromkeys(bundles):
        where = f"signed approval {sha256(bundle)[:16]}"
        try:
            yield Signed(_event(bundle, trust, now, where, pseudonyms), bundle)
        except CountersealError as error:
            yield Reason(rule="signed-approval", message=error.diagnosis()[:1000], subject=where)


def _event(bundle: bytes, trust: Trust, now: str, where: str, pseudonyms: Pseudonyms | None) -> Event:
    opened = open_bundle(bundle, trust, role="approval", where=where)
    statement = read_statement(opened.payload, where=where)
    said = statement.predicate
    if statement.predicate_type != SIGNED_APPROVAL or not isinstance(said, SignedApproval):
        raise MalformedError("this is no signed approval", where=where)
    keyid, reason = opened.keyid, said_beside(said.reason or "")
    if pseudonyms is not None:
        if reason and without_pseudonyms(pseudonyms.prose(reason)) != without_pseudonyms(reason):
            remedy = "sign again with COUNTERSEAL_PSEUDONYM_KEY set, or without a reason"
            raise MalformedError(
                "its reason names somebody, and it would be kept", where=where, remedy=remedy
            )
        keyid = pseudonyms.key(keyid)
    return Event(
        id=f"signed-file:{opened.payload_digest}:{keyid}",  # two people may sign the same words
        source="signed-file",
        action=said.action,
        at=format_time(opened.trusted_time) if opened.trusted_time else now,
        keyid=keyid,
        request=said.request,
        candidate=said.candidate.sha256,
        stage=said.stage,
        reason=reason,
    )
