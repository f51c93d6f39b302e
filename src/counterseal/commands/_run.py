"""What the commands of one run share: the case file, the origin of what they write, and the time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.commands._base import Input, Reason
from counterseal.errors import UsageError
from counterseal.host import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from counterseal.clients.git import GitRepository
    from counterseal.commands._base import Inputs
    from counterseal.host import Host
    from counterseal.manifest import record as manifest
    from counterseal.manifest.record import Origin
    from counterseal.seal.sealer import Sealer
    from counterseal.store.casefile import CaseFile, Seal
    from counterseal.store.interface import Store

_NUMBER = re.compile(r"[0-9]{1,10}")
_SEQUENCE = re.compile(r"[0-9]{1,12}")  # as many digits as the key of an entry has
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

EXIT_CODES = {"passed": 0, "failed": 10, "inconclusive": 14}
"""The exit code that each outcome of a control has."""

EVIDENCE_DIR = Input(
    "evidence-dir",
    "Folder where the stages of a run leave their records; by default in the runner's temporary folder.",
)
TIMESTAMP_URL = Input(
    "timestamp-url", "Address of an RFC 3161 time stamping authority that stamps each seal."
)


def now() -> datetime:
    """Return the present moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def case_file(host: Host, inputs: Inputs) -> CaseFile:
    """Return the case file of the run: the folder given, else one outside the checkout."""
    from counterseal.store.casefile import CaseFile

    if given := inputs["evidence-dir"]:
        return CaseFile(host.cwd / given)
    temporary = host.env.get(names.RUNNER_TEMP)
    return CaseFile(
        Path(temporary) / "counterseal" / "evidence" if temporary else host.cwd / "counterseal-evidence"
    )


def repository(host: Host) -> GitRepository:
    """Return the repository that is checked out in the working directory."""
    from counterseal.clients.git import GitRepository

    return GitRepository(host.cwd)


def repository_uri(host: Host, clone: GitRepository | None = None) -> str:
    """Return the repository's address: the forge's on a runner, else that of `origin`, else the folder's.

    Args:
        host: the surroundings.
        clone: the clone that is asked for its origin; by default the checkout.
    """
    if host.context.repository:
        return f"{host.context.server_url or 'https://github.com'}/{host.context.repository}"
    found = clone or repository(host)
    return found.remote_url() or found.root.resolve().as_uri()


def origin(host: Host, about: str | None = None) -> Origin:
    """Return what the records of this run belong to: the commit that is checked out, and the run.

    Args:
        host: the surroundings.
        about: the commit that a deploying run is about, whatever it was started for.

    Raises:
        UsageError: when the checkout is not the commit that the run is about.
    """
    from counterseal.manifest.record import Origin

    commit, _ = repository(host).head()
    announced = about or host.context.sha
    if announced and announced != commit:
        raise UsageError(
            f"the run is about commit {announced} and {commit} is checked out",
            where=str(host.cwd),
            remedy="check out the commit of the run",
        )
    return Origin(repository=repository_uri(host), commit=commit, run=run_name(host))


def run_name(host: Host) -> str | None:
    """Return what evidence calls this run and its attempt; None outside a runner."""
    run_id, attempt = host.context.run_id, host.context.run_attempt
    return f"{run_id}/{attempt or 1}" if run_id else None


def open_sealer(host: Host, key: str, timestamp_url: str = "") -> Sealer:
    """Return the sealer for a signer address and, where one is given, a time stamping authority."""
    from counterseal.seal.sealer import Sealer
    from counterseal.seal.signer import open_signer
    from counterseal.seal.timestamp import TimestampAuthority

    authority = TimestampAuthority(timestamp_url) if timestamp_url else None
    return Sealer(open_signer(key, env=host.env), authority)


def seal_at_once(host: Host, inputs: Inputs) -> Seal | None:
    """Return the seal of the inputs' `key`, or None when there is none and sealing waits for the upload."""
    return open_sealer(host, inputs["key"], inputs["timestamp-url"]).seal if inputs["key"] else None


def slug(inputs: Inputs, name: str) -> str:
    """Return an input that has to be a short lowercase name."""
    value = inputs[name]
    if not _SLUG.fullmatch(value):
        raise UsageError(
            f"{value[:100]!r} is not a short name",
            where=name,
            remedy="use a-z, 0-9, dot, hyphen and underscore",
        )
    return value


def sequence(inputs: Inputs) -> int | None:
    """Return the number of the release that is meant, or None for all of them."""
    text = inputs["sequence"]
    if text and not _SEQUENCE.fullmatch(text):
        raise UsageError(f"{text[:40]!r} is not the number of a release", where="sequence")
    return int(text) if text else None


def number(inputs: Inputs, name: str, least: int, most: int) -> int:
    """Return an input that has to be a number.

    Raises:
        UsageError: it is none, or too small or too large.
    """
    text = inputs[name]
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise UsageError(f"{text[:40]!r} is no number from {least} to {most}", where=name)
    return int(text)


def reasons(found: Iterable[manifest.Reason]) -> tuple[Reason, ...]:
    """Return the reasons of a document as a command says them."""
    return tuple(
        Reason(one.rule, one.message, one.subject, one.digest.sha256 if one.digest else None, one.remedy)
        for one in found
    )


def store_uri(host: Host, uri: str) -> str:
    """Return the address of a store with a relative path made absolute."""
    scheme, separator, rest = uri.partition(":")
    if separator and scheme != "dir":
        return uri
    return f"dir:{host.cwd / (rest if separator else uri)}"


def store_to_read(inputs: Inputs, host: Host) -> Store:
    """Return the store of a command that reads it and never begins one: it has to be there.

    Raises:
        UsageError: there is no such folder, or the address names no store.
    """
    from counterseal.store.open import open_existing

    return open_existing(store_uri(host, inputs["store"]))


def write_file(host: Host, path: str, data: bytes) -> Path:
    """Write a file that an input names, and the folders above it; return where it is.

    Raises:
        UsageError: when it cannot be written.
    """
    from counterseal.host.files import write_bytes

    whole = host.cwd / path
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(whole, data)
    except OSError as cause:
        raise UsageError(f"cannot be written: {cause.strerror}", where=path) from cause
    return whole


def read_text(host: Host, path: str) -> str:
    """Return the text of a file that an input names.

    Raises:
        UsageError: when it cannot be read, is too large, or is not UTF-8.
    """
    try:
        return read_file(host, path).decode("utf-8")
    except UnicodeDecodeError as cause:
        raise UsageError("not UTF-8", where=path) from cause


def read_file(host: Host, path: str, limit: int = 16 * 1024 * 1024) -> bytes:
    """Return the bytes of a file that an input names.

    Raises:
        UsageError: when it cannot be read or is larger than `limit` bytes.
    """
    from counterseal.host.files import read_bytes

    try:
        return read_bytes(host.cwd / path, limit=limit)
    except OSError as cause:
        raise UsageError(f"cannot be read: {cause.strerror}", where=path) from cause
