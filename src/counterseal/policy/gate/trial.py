"""Tests of a policy: documents that people write down, and what the gate has to say of each.

A test gives only what it is about. What it leaves out is filled in as harmless as possible, so that nothing
but what is written down can be the reason for the verdict.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from counterseal.manifest.digest import sha256
from counterseal.policy.base import Section
from counterseal.policy.gate.case import Verdict
from counterseal.policy.gate.document import Document, to_document
from counterseal.policy.located import read_document

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]

_RELEASE: Final = {"repository": "https://repository.example", "commit": "0" * 40}
_FILLED: Final[dict[str, dict[str, Any]]] = {
    "records": {"kind": "record", "outcome": "passed", "digest": "0" * 64},
    "problems": {"stage": "sca", "kind": "dependency", "tool": "test", "severity": "unknown"},
    "components": {"scope": "required"},
}


class Expected(Section, frozen=True, kw_only=True):
    """What the gate has to say.

    Attributes:
        outcome: what it comes to.
        blocking: what blocks, exactly: each `<rule> <subject>`.
        undetermined: what cannot be determined, exactly: each `<rule> <subject>`; not looked at when absent.
    """

    outcome: Literal["passed", "failed", "inconclusive"]
    blocking: tuple[Word, ...] = ()
    undetermined: tuple[Word, ...] | None = None


class Trial(Section, frozen=True, kw_only=True):
    """One test.

    Attributes:
        name: what it shows.
        given: the members of the document that it is about.
        expect: what the gate has to say.
    """

    name: Word
    given: dict[str, Any] = msgspec.field(default_factory=dict)
    expect: Expected


class TrialFile(Section, frozen=True, kw_only=True):
    """A file of tests.

    Attributes:
        version: the version of this format.
        given: the members that all of its tests have, unless a test has its own.
        tests: the tests.
    """

    version: Literal[1]
    given: dict[str, Any] = msgspec.field(default_factory=dict)
    tests: Annotated[tuple[Trial, ...], msgspec.Meta(min_length=1)]


def load_trials(data: bytes, where: str) -> TrialFile:
    """Read a file of tests.

    Raises:
        MalformedError: naming the first thing that is wrong, and where it stands.
    """
    return read_document(data, TrialFile, where).value


def document_of(file: TrialFile, trial: Trial) -> Document:
    """Return the whole document of a test.

    Raises:
        MalformedError: what is given makes none.
    """
    given = _merged(file.given, trial.given)
    now = given.pop("now", "2026-01-01T00:00:00Z")
    release = _RELEASE | given.pop("release", {})
    filled = {name: _filled(name, value, now) for name, value in given.items()}
    return to_document({**filled, "now": now, "release": release}, trial.name)


def shortfall(verdict: Verdict, expected: Expected) -> tuple[str, ...]:
    """Return in which way a verdict is not what was expected; nothing when it is."""
    told = [f"it is {verdict.outcome}, not {expected.outcome}"] if verdict.outcome != expected.outcome else []
    blocking = {f"{one.rule} {one.subject}" for one in verdict.blocking}
    told += _differences("blocks", blocking, set(expected.blocking))
    if expected.undetermined is not None:
        open_ = {f"{one.reason.rule} {one.reason.subject}" for one in verdict.undetermined}
        told += _differences("is undetermined", open_, set(expected.undetermined))
    return tuple(told)


def _differences(what: str, found: set[str], wanted: set[str]) -> list[str]:
    more = [f"`{one}` {what}, which was not expected" for one in sorted(found - wanted)]
    return more + [f"`{one}` {what} not, which was expected" for one in sorted(wanted - found)]


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return two objects as one: members of `above` win, objects are merged, lists are replaced."""
    both = dict(below)
    for name, value in above.items():
        known = both.get(name)
        both[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return both


def _filled(name: str, value: Any, now: str) -> Any:
    """Return a list of facts in which each has what it needs to be one."""
    if name not in _FILLED or not isinstance(value, list):
        return value
    return [_with_names(name, {**_FILLED[name], **one}, at, now) for at, one in enumerate(value)]


def _with_names(name: str, one: dict[str, Any], at: int, now: str) -> dict[str, Any]:
    if name == "records":
        return {"issued-at": now, "name": one.get("stage"), **one}
    if name == "problems":
        return {"fingerprint": sha256(f"{name} {at}".encode()), **one}
    purl = str(one.get("purl", ""))
    package, _, version = purl.rpartition("/")[2].partition("@")
    return {"name": package or "package", "version": version or "0", **one}
