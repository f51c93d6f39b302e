"""The case file: the folder in which the stages of one run leave their records until they are sealed.

Layout (every name below is made from digests or checked words, never from a file's own name)::

    records/<stage>/<name>.json     payload of a control record
    statements/<sha256>.json        payload of a statement in a standard predicate
    bundles/<sha256>.json           the sealed bundle of the payload with that digest, once there is one
    blobs/<sha256>                  an evidence file
    artifacts/<sha256>.json         name, size and digest of a released artifact
    refused/<stage>/<name>.json     a second record of a name: it was not taken, and must not be forgotten
    candidate.json                  the release candidate, once it is fixed for approval
    requests/<id>.json              the sealed bundle of an approval request
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from counterseal.errors import MalformedError, StoreError, UsageError
from counterseal.manifest import canonical
from counterseal.manifest.check import read_statement
from counterseal.manifest.digest import is_sha256, sha256
from counterseal.manifest.record import ControlRecord, Digest, EvidenceReference
from counterseal.manifest.release import Artifact, ReleaseCandidate
from counterseal.manifest.statement import Statement, encode_statement

_CANDIDATE = "candidate.json"

Seal: TypeAlias = Callable[[bytes], bytes]
"""Turns a payload into the bytes of its sealed bundle."""


@dataclass(frozen=True)
class FiledStatement:
    """A statement of the case file.

    Attributes:
        payload: the payload bytes.
        statement: the same, read.
        bundle: the sealed bundle, when a stage sealed it at once.
    """

    payload: bytes
    statement: Statement
    bundle: bytes | None


class CaseFile:
    """The case file in a folder; the folder is made when something is first written.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def require_new(self, stage: str, name: str) -> None:
        """Refuse a second record of a name, and leave a mark so that the release cannot pass without it.

        Raises:
            UsageError: when a record of that stage and name is there already: records are never replaced.
        """
        if not (self.root / "records" / stage / f"{name}.json").exists():
            return
        _write(self.root / "refused" / stage / f"{name}.json", b"")
        raise UsageError(
            f"record {stage}:{name} is filed already",
            where=str(self.root),
            remedy="give each record of a run its own name, and each run its own evidence folder",
        )

    def add_record(self, statement: Statement, seal: Seal | None = None) -> bytes:
        """File a control record, sealed at once when there is a `seal`, and return its payload.

        It is filed last, after the statements, files and artifacts that it speaks of; errors as of
        `require_new`.
        """
        record: ControlRecord = statement.predicate
        self.require_new(record.stage, record.name)
        payload = encode_statement(statement)
        self._file(payload, self.root / "records" / record.stage / f"{record.name}.json", seal)
        return payload

    def add_statement(self, payload: bytes, seal: Seal | None = None) -> None:
        """File the payload of a statement in a standard predicate, sealed at once when there is a `seal`."""
        self._file(payload, self.root / "statements" / f"{sha256(payload)}.json", seal)

    def add_file(self, path: Path, name: str, media_type: str) -> EvidenceReference:
        """Copy an evidence file into the case file and return its reference, made from the copied bytes."""
        blobs = self.root / "blobs"
        blobs.mkdir(parents=True, exist_ok=True)
        temporary = blobs / f".{os.getpid()}-{os.urandom(4).hex()}"
        try:
            shutil.copyfile(path, temporary)
            digest, size = _hash(temporary)
            temporary.replace(blobs / digest)
        finally:
            temporary.unlink(missing_ok=True)
        return EvidenceReference(
            name=name[:1024], media_type=media_type, size=size, digest=Digest(sha256=digest)
        )

    def add_artifact(self, artifact: Artifact) -> None:
        """File what a released artifact is; the artifact itself is not copied."""
        data = canonical.encode(msgspec.to_builtins(artifact))
        _write(self.root / "artifacts" / f"{artifact.digest.sha256}.json", data)

    def records(self) -> list[FiledStatement]:
        """Return every control record, ordered by stage and name.

        Raises:
            MalformedError: for a file that is not a control record, or is filed under another's name.
        """
        return [self._record(path) for path in self._paths("records", depth=2)]

    def refused(self) -> list[str]:
        """Return the records that were refused, each `stage:name`."""
        return [f"{path.parent.name}:{path.stem}" for path in self._paths("refused", depth=2)]

    def statements(self) -> list[FiledStatement]:
        """Return every statement in a standard predicate, ordered by digest."""
        filed = [self._read(path) for path in self._paths("statements")]
        return sorted(filed, key=lambda one: sha256(one.payload))

    def artifacts(self) -> tuple[Artifact, ...]:
        """Return every artifact, ordered by name and digest."""
        found = [_artifact(path) for path in self._paths("artifacts")]
        return tuple(sorted(found, key=lambda one: (one.name, one.digest.sha256)))

    def fix_candidate(self, candidate: ReleaseCandidate) -> None:
        """File the candidate that people are asked about; a second one must be the same.

        Raises:
            UsageError: another candidate is fixed already.
        """
        known = self.candidate()
        if known is not None and known != candidate:
            raise UsageError(
                "another candidate was fixed in this run",
                where=str(self.root / _CANDIDATE),
                remedy="begin the run anew with an empty evidence folder",
            )
        _write(self.root / _CANDIDATE, canonical.encode(msgspec.to_builtins(candidate)))

    def candidate(self) -> ReleaseCandidate | None:
        """Return the candidate that was fixed, or None.

        Raises:
            MalformedError: the file is not a candidate.
        """
        path = self.root / _CANDIDATE
        if not os.path.lexists(path):
            return None
        _require_plain(path)
        data = _read_bytes(path)
        canonical.require_canonical(data, where=str(path))
        try:
            return msgspec.json.decode(data, type=ReleaseCandidate)
        except msgspec.MsgspecError as cause:
            raise MalformedError(f"not a candidate: {str(cause)[:300]}", where=str(path)) from cause

    def add_request(self, name: str, bundle: bytes) -> None:
        """File the sealed bundle of an approval request, by the request's id."""
        _write(self.root / "requests" / f"{name}.json", bundle)

    def requests(self) -> list[bytes]:
        """Return the sealed bundles of the approval requests, in the order of their ids."""
        return [_read_bytes(path) for path in self._paths("requests")]

    def add_seal(self, payload: bytes, bundle: bytes) -> None:
        """File the seal of a payload that is filed already."""
        _write(self.bundle(payload), bundle)

    def require_sealed(self, filed: list[FiledStatement]) -> None:
        """Refuse a seal whose payload is gone: what was sealed has been altered since.

        Raises:
            MalformedError: naming the seal.
        """
        known = {sha256(one.payload) for one in filed}
        for path in self._paths("bundles"):
            if path.stem not in known:
                raise MalformedError(
                    "what this seals is not here: it was altered or removed", where=str(path)
                )

    def blob(self, reference: EvidenceReference) -> Path:
        """Return the path of an evidence file.

        Raises:
            MalformedError: when the file is not here or is not what the reference says.
        """
        path = self.root / "blobs" / reference.digest.sha256
        if not path.is_file() or path.is_symlink():
            raise MalformedError(
                f"the evidence file {reference.name} is not in the case file", where=str(path)
            )
        if _hash(path) != (reference.digest.sha256, reference.size):
            raise MalformedError(f"the evidence file {reference.name} was changed", where=str(path))
        return path

    def bundle(self, payload: bytes) -> Path:
        """Return where the sealed bundle of a payload lies, whether there is one or not."""
        return self.root / "bundles" / f"{sha256(payload)}.json"

    def _file(self, payload: bytes, path: Path, seal: Seal | None) -> None:
        if seal is not None:
            _write(self.bundle(payload), seal(payload))
        _write(path, payload)

    def _record(self, path: Path) -> FiledStatement:
        filed = self._read(path)
        record = filed.statement.predicate
        if not isinstance(record, ControlRecord):
            raise MalformedError("not a control record", where=str(path))
        if (path.parent.name, path.name) != (record.stage, f"{record.name}.json"):
            raise MalformedError(f"holds the record {record.stage}:{record.name}", where=str(path))
        return filed

    def _read(self, path: Path) -> FiledStatement:
        payload = _read_bytes(path)
        bundle = self.bundle(payload)
        sealed = _read_bytes(bundle) if bundle.is_file() else None
        return FiledStatement(payload, read_statement(payload, where=str(path)), sealed)

    def _paths(self, folder: str, depth: int = 1) -> list[Path]:
        """Return every file of a folder; one that cannot be listed is an error, not an empty one."""
        paths = [self.root / folder] if (self.root / folder).exists() else []
        for _ in range(depth):
            try:
                paths = sorted(path for parent in paths for path in parent.iterdir())
            except OSError as cause:
                raise MalformedError(f"cannot be listed: {cause.strerror}", where=str(self.root)) from cause
        for path in paths:
            _require_plain(path)
        return paths


def _require_plain(path: Path) -> None:
    """Refuse what is no document of a case file: a link, a pipe or a folder would be read from elsewhere."""
    if path.is_symlink() or not path.is_file() or path.suffix != ".json":
        raise MalformedError("does not belong into a case file", where=str(path))


def _artifact(path: Path) -> Artifact:
    data = _read_bytes(path)
    canonical.require_canonical(data, where=str(path))
    try:
        artifact = msgspec.json.decode(data, type=Artifact)
    except msgspec.MsgspecError as cause:
        raise MalformedError(f"not an artifact: {str(cause)[:300]}", where=str(path)) from cause
    if path.stem != artifact.digest.sha256 or not is_sha256(path.stem):
        raise MalformedError("filed under another digest", where=str(path))
    return artifact


def _hash(path: Path) -> tuple[str, int]:
    import hashlib

    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def _read_bytes(path: Path) -> bytes:
    if path.stat().st_size > canonical.MAX_BYTES:
        raise MalformedError(f"larger than {canonical.MAX_BYTES} bytes", where=str(path))
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    """Write a file at once or not at all."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as cause:
        raise StoreError(f"cannot be written: {cause.strerror}", where=str(path)) from cause
