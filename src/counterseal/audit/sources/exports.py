"""Deployments that another platform has exported, as CSV or JSON (`docs/audit.md`, "Exports of deployments").

A line that cannot be read refuses the whole export: a deployment that is left out would leave no trace.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from counterseal.audit.population import Deployed
from counterseal.errors import MalformedError
from counterseal.manifest.canonical import parse
from counterseal.manifest.release import Person
from counterseal.manifest.types import GitObject, Name, Outcome, Positive, Sha256, Slug, Time, parse_time

MOST: Final = 100_000
"""The most deployments that one export may have."""

_LIMIT: Final = 64 * 1024 * 1024  # bytes
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_NEEDED: Final = frozenset({"id", "environment", "commit", "started_at"})
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0", ""})


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One deployment of an export.

    Attributes:
        id: its name on the platform.
        environment: where it went.
        commit: what was deployed, by its full object name.
        started_at: when it began (RFC 3339, UTC).
        finished_at: when it ended.
        outcome: `passed`, `failed` or `inconclusive`.
        rolled_back: whether it was taken back.
        person_id: the number of the account that started it.
        artifacts: SHA-256 of what was deployed; in CSV separated by blanks.
        release: the release that it is of, `<stream id>/<sequence>`.
        platform: which platform says so.
        url: where a person can read about it.
    """

    id: Name
    environment: Name
    commit: GitObject
    started_at: Time
    finished_at: Time | None = None
    outcome: Outcome | None = None
    rolled_back: bool = False
    person_id: Positive | None = None
    artifacts: Annotated[tuple[Sha256, ...], msgspec.Meta(max_length=1000)] = ()
    release: Name | None = None
    platform: Slug = "export"
    url: Name | None = None


def read_export(data: bytes, where: str) -> tuple[Deployed, ...]:
    """Return the deployments of an export; it is JSON when it begins with a bracket, else CSV.

    Raises:
        MalformedError: naming the line, or the number of the deployment, that is wrong.
    """
    if len(data) > _LIMIT:
        raise MalformedError(f"an export has at most {_LIMIT} bytes", where=where)
    data = data.removeprefix(codecs.BOM_UTF8)
    rows = _of_json(data, where) if data.lstrip()[:1] in (b"[", b"{") else _of_csv(data, where)
    found: dict[tuple[str, str], Deployed] = {}
    for place, row in rows:
        one = _deployed(row, place)
        if found.setdefault((one.platform, one.id), one) is not one:
            raise MalformedError(f"the deployment {one.id!r} stands in it twice", where=place)
        if len(found) > MOST:
            raise MalformedError(f"an export has at most {MOST} deployments", where=where)
    return tuple(found.values())


def _of_json(data: bytes, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    value: Any = parse(data, where=where, limit=_LIMIT)
    rows = value.get("deployments") if isinstance(value, dict) and set(value) == {"deployments"} else value
    if not isinstance(rows, list):
        raise MalformedError('an export is a list, or {"deployments": [...]}', where=where)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise MalformedError("a deployment is an object", where=f"{where}: number {number}")
        yield f"{where}: number {number}", row


def _of_csv(data: bytes, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise MalformedError("not UTF-8", where=where) from cause
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="", restval="")
    try:
        names = reader.fieldnames or []
        if len(set(names)) != len(names):
            raise MalformedError("a column stands in it twice", where=f"{where}:1")
        _require_columns(names, where)
        for row in reader:
            place = f"{where}:{reader.line_num}"
            if "" in row:
                raise MalformedError("the line has more cells than the header", where=place)
            yield place, _cells(row, place)
    except csv.Error as cause:
        raise MalformedError(f"not CSV: {cause}", where=f"{where}:{reader.line_num}") from cause


def _require_columns(names: Sequence[str], where: str) -> None:
    """Refuse a header that is none: a file without lines would else be an export of nothing."""
    missing, strange = sorted(_NEEDED - set(names)), sorted(set(names) - set(Line.__struct_fields__))
    if missing or strange:
        known = ", ".join(Line.__struct_fields__)
        said = f"lacks the column {missing[0]}" if missing else f"has a column {strange[0][:40]!r}"
        raise MalformedError(
            f"the header {said}", where=f"{where}:1", remedy=f"known are, separated by commas: {known}"
        )


def _cells(row: Mapping[str, str], place: str) -> dict[str, Any]:
    """Return the cells of a line in their types; an empty cell says nothing."""
    found: dict[str, Any] = {name: text.strip() for name, text in row.items() if text.strip()}
    if "rolled_back" in found:
        word = found["rolled_back"].lower()
        if word not in _TRUE | _FALSE:
            raise MalformedError(f"rolled_back is {word[:40]!r}, neither true nor false", where=place)
        found["rolled_back"] = word in _TRUE
    if "person_id" in found and _NUMBER.fullmatch(found["person_id"]):
        found["person_id"] = int(found["person_id"])
    if "artifacts" in found:
        found["artifacts"] = found["artifacts"].split()
    return found


def _deployed(row: Mapping[str, Any], place: str) -> Deployed:
    try:
        line = msgspec.convert(row, Line)
    except msgspec.ValidationError as cause:
        known = ", ".join(Line.__struct_fields__)
        raise MalformedError(f"{cause}"[:300], where=place, remedy=f"known are: {known}") from cause
    began = parse_time(line.started_at, where=place)
    if line.finished_at is not None and parse_time(line.finished_at, where=place) < began:
        raise MalformedError("it ended before it began", where=place)
    return Deployed(
        id=line.id,
        platform=line.platform,
        environment=line.environment,
        commit=line.commit,
        started_at=line.started_at,
        finished_at=line.finished_at,
        outcome=line.outcome,
        rolled_back=line.rolled_back,
        person=Person(id=line.person_id) if line.person_id else None,
        artifacts=line.artifacts,
        release=line.release,
        url=line.url,
    )
