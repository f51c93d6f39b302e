"""The answer of an audit: verdicts on every element of every population. Reports are made of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Literal

import msgspec

from counterseal.audit.population import Census, Window
from counterseal.errors import MalformedError
from counterseal.manifest.canonical import encode, parse
from counterseal.manifest.types import Count, Name, Sha256, Slug, Struct, Text, Time

LIMIT: Final = 512 * 1024 * 1024
"""The largest answer that is read, in bytes."""


class Grade(StrEnum):
    """How bad a verdict is, from the best to the worst."""

    COVERED = "covered"
    NOTE = "note"
    UNPROVABLE = "unprovable"
    GAP = "gap"
    TAMPERED = "tampered"


EXIT_CODES = {
    Grade.COVERED: 0,
    Grade.NOTE: 0,
    Grade.UNPROVABLE: 14,
    Grade.GAP: 15,
    Grade.TAMPERED: 12,
}
"""The exit code of an audit by its worst grade: what is proven wrong outranks what cannot be told."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What an audit says about one element.

    Attributes:
        code: which verdict, of the list in `docs/audit.md`.
        grade: how bad it is.
        message: what was found, in one sentence.
        digest: SHA-256 of the evidence that it rests on.
        related: other elements that it is about, by population and name (`releases:<stream>/<sequence>`).
        remedy: what the reader can do about it.
        stage: the stage that was not run, for `control-not-run`; older answers do not say it.
    """

    code: Slug
    grade: Grade
    message: Text
    digest: Sha256 | None = None
    related: tuple[Name, ...] = ()
    remedy: Text | None = None
    stage: Slug | None = None


class Judged(Struct, frozen=True, kw_only=True):
    """An element of a population with its verdicts; there is always at least one.

    Attributes:
        population: which population it belongs to.
        name: its name there: a commit, a ref, `<platform>:<id>` of a deployment, `<stream id>/<sequence>` of
            a release, a key of an object.
        at: when it happened; None where nobody tells.
        title: what a person calls it.
        verdicts: what is said about it, the worst first.
    """

    population: Literal["changes", "tags", "deployments", "releases", "objects"]
    name: Name
    at: Time | None = None
    title: Text = ""
    verdicts: tuple[Verdict, ...]

    @property
    def grade(self) -> Grade:
        """The worst grade of its verdicts."""
        return worst(one.grade for one in self.verdicts)


class Work(Struct, frozen=True, kw_only=True):
    """How much was verified for an answer.

    Attributes:
        entries: the entries that were read and verified now.
        signatures: the signatures that were verified now.
        blobs: the files that were read and hashed now.
        carried: the entries whose verification was taken from signed checkpoints of earlier audits, or of the
            jobs that share this one.
        checkpoints: SHA-256 of the payload of each of those that was believed.
        disbelieved: how many of those were there and were not believed: altered, or of another store, trust
            file, policy, repository or version.
    """

    entries: Count = 0
    signatures: Count = 0
    blobs: Count = 0
    carried: Count = 0
    checkpoints: tuple[Sha256, ...] = ()
    disbelieved: Count = 0


class Answer(Struct, frozen=True, kw_only=True):
    """The answer to the auditor's question for a window.

    Attributes:
        window: the time that it is about.
        repository: the repository's URI.
        environments: the environments that count as production.
        store: the address of the store.
        policy: SHA-256 of today's policy; None where none was given.
        trust: SHA-256 of the trust file.
        censuses: how many elements each population has, and what could not be found out.
        elements: every element with its verdicts, in order of population, time and name.
        exercised: how many records that passed each stage has in the releases of the window that verify, and
            how many of those have a time `stamp`: without a case no control is satisfied.
        work: how much was verified.
        version: the version of counterseal that gave it.
    """

    window: Window
    repository: Name
    environments: tuple[Name, ...] = ()
    store: Text
    policy: Sha256 | None = None
    trust: Sha256
    censuses: tuple[Census, ...] = ()
    elements: tuple[Judged, ...] = ()
    exercised: dict[Slug, Count] = msgspec.field(default_factory=dict)
    work: Work = Work()
    version: Name

    @property
    def grade(self) -> Grade:
        """The worst grade of all; without a single element nothing is proven."""
        return worst((one.grade for one in self.elements), empty=Grade.UNPROVABLE)

    def exceptions(self) -> tuple[Judged, ...]:
        """Return the elements whose grade is worse than a note, the worst first."""
        order = list(Grade)
        found = [one for one in self.elements if one.grade not in (Grade.COVERED, Grade.NOTE)]
        return tuple(sorted(found, key=lambda one: -order.index(one.grade)))


def encode_answer(answer: Answer) -> bytes:
    """Return the canonical bytes of an answer (RFC 8785)."""
    return encode(msgspec.to_builtins(answer), where="answer")


def read_answer(data: bytes, where: str) -> Answer:
    """Read an answer.

    Raises:
        MalformedError: it is none.
        RuleBroken: it is not strict JSON.
    """
    try:
        return msgspec.convert(parse(data, where=where, limit=LIMIT), Answer)
    except msgspec.ValidationError as cause:
        raise MalformedError(f"is no answer of an audit: {cause}"[:300], where=where) from cause


_PLACES = {grade: at for at, grade in enumerate(Grade)}


def worst(grades: Iterable[Grade], empty: Grade = Grade.COVERED) -> Grade:
    """Return the worst of some grades; `empty` when there is none."""
    return max(grades, key=_PLACES.__getitem__, default=empty)
