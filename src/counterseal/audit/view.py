"""What a page says: the verdicts, lists and words of one release, ready to be laid out and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from counterseal.audit.facts import Finding, Seal
from counterseal.audit.recipe import SealingKey, Step
from counterseal.manifest.record import ControlRecord, EvidenceReference
from counterseal.manifest.release import RecordReference, ReleaseManifest, SealedReference


@dataclass(frozen=True)
class Verdict:
    """One answer, in a word and a sentence.

    Attributes:
        state: which mark and colour it has: `passed`, `failed`, `inconclusive` or `unknown`.
        word: the answer.
        sentence: what the word means here.
    """

    state: str
    word: str
    sentence: str


@dataclass(frozen=True)
class FileView:
    """A file in the store, and whether it is still what the manifest says."""

    reference: EvidenceReference
    place: str
    intact: bool


@dataclass(frozen=True)
class RecordView:
    """A control record as the manifest lists it, with its content when its signature verified.

    Attributes:
        reference: the manifest's entry.
        sealed: the bundle that carries the record.
        content: the record; None when it does not verify.
        files: the evidence files that it rests on.
        covers: whether its validity covers the release; None when it states none.
    """

    reference: RecordReference
    sealed: FileView
    content: ControlRecord | None
    files: tuple[FileView, ...]
    covers: bool | None

    @property
    def title(self) -> str:
        """The record's name as policies and reasons write it."""
        return f"{self.reference.stage}:{self.reference.name}"


@dataclass(frozen=True)
class StatementView:
    """A sealed statement in a standard predicate."""

    reference: SealedReference
    sealed: FileView


@dataclass(frozen=True)
class Moment:
    """Something that happened: when, what, whose clock says so, and whether it is outside the pipeline."""

    at: str
    event: str
    clock: str
    vouched: bool = False


@dataclass(frozen=True)
class KeyView:
    """A key and what it signed."""

    key: SealingKey
    seals: tuple[Seal, ...]


@dataclass(frozen=True)
class ReleaseView:
    """The page of one release.

    Attributes:
        title: the short name of what is released, to where.
        stream: the id of the stream.
        sequence: the place in the stream.
        entry: where the release lies in the store.
        page: the file name of its page.
        evidence: whether the evidence verifies.
        outcome: what the release came to.
        findings: everything in it that does not verify.
        notices: what is not wrong and worth knowing.
        manifest: the manifest, None when it does not verify.
        payload_digest: SHA-256 of the manifest's payload.
        builder_proof: how far the builder's identity is proven, in plain words.
        records: the control records.
        statements: the sealed statements in standard predicates.
        loose: evidence files that no readable record mentions.
        timeline: what happened, in order.
        keys: who signed what.
        steps: how to verify it with openssl; empty when there is no way.
    """

    title: str
    stream: str
    sequence: int
    entry: str
    page: str
    evidence: Verdict
    outcome: Verdict
    findings: tuple[Finding, ...]
    notices: tuple[str, ...] = ()
    manifest: ReleaseManifest | None = None
    payload_digest: str = ""
    builder_proof: str = ""
    records: tuple[RecordView, ...] = ()
    statements: tuple[StatementView, ...] = ()
    loose: tuple[FileView, ...] = ()
    timeline: tuple[Moment, ...] = ()
    keys: tuple[KeyView, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def command(self) -> str:
        """The command that verifies this release, run in the directory of the store."""
        place = f"--stream {self.stream} --sequence {self.sequence}"
        return f"counterseal verify --store . --trust trust.json {place}"

    @property
    def stamped(self) -> bool:
        """Whether a clock outside the pipeline saw any of this."""
        return any(moment.vouched for moment in self.timeline)


@dataclass(frozen=True)
class IndexRow:
    """A release in the list of all: its page, its two verdicts, and what identifies it if that verifies."""

    stream: str
    sequence: int
    page: str
    title: str
    evidence: Verdict
    outcome: Verdict
    commit: str
    created_at: str


@dataclass(frozen=True)
class StreamView:
    """The releases of one stream, newest first."""

    id: str
    title: str
    rows: tuple[IndexRow, ...]


@dataclass(frozen=True)
class IndexView:
    """The page of all releases.

    Attributes:
        extent: what was looked at, in words.
        evidence: whether all evidence verifies.
        findings: what does not verify and belongs to no release that has a page.
        streams: the releases by stream.
    """

    extent: str
    evidence: Verdict
    findings: tuple[Finding, ...]
    streams: tuple[StreamView, ...]
