"""What is known of a release once its evidence has been verified: the only thing that pages are made of.

A statement is here because its signature verified; one that did not is a finding and nothing else, so a page
can never show what nobody vouches for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from counterseal.audit.recipe import Authorities, SealingKey
from counterseal.ledger.report import Finding
from counterseal.manifest.record import ControlRecord
from counterseal.manifest.release import Checkpoint, ReleaseManifest

__all__ = ["Finding", "ReleaseFacts", "Seal"]


@dataclass(frozen=True)
class Seal:
    """A signature that verified.

    Attributes:
        statement: what it covers, in words.
        payload_digest: SHA-256 of what it covers.
        role: the role in which its key was trusted.
        key: the key.
        trusted_time: when a clock outside the pipeline saw the signature (RFC 3339); None when none did.
    """

    statement: str
    payload_digest: str
    role: str
    key: SealingKey
    trusted_time: str | None = None


@dataclass(frozen=True)
class ReleaseFacts:
    """One release of a store.

    Attributes:
        stream: the id of its stream.
        sequence: its place in the stream, from 1.
        entry: where it lies in the store.
        findings: everything in it that does not verify; empty when all of it does.
        notices: what is not wrong and worth knowing.
        elsewhere: how many findings there are in the rest of the store.
        manifest: the manifest, when its signature verified.
        seal: the signature of the manifest, when it verified.
        records: the control records whose signatures verified, by payload digest.
        checkpoint: the checkpoint of this entry, when there is one and its signature verified.
        seals: the other signatures that verified.
        authorities: whose time stamps were believed, when any were.
    """

    stream: str
    sequence: int
    entry: str
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    elsewhere: int = 0
    manifest: ReleaseManifest | None = None
    seal: Seal | None = None
    records: Mapping[str, ControlRecord] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    seals: tuple[Seal, ...] = ()
    authorities: Authorities | None = None
