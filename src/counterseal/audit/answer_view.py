"""What the page of an answer says: its verdict, exceptions, controls and elements. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from counterseal.audit.answer import Answer, Grade, Judged, Verdict, encode_answer
from counterseal.audit.clauses import Catalogue
from counterseal.audit.standing import Standing, standings
from counterseal.audit.view import Verdict as Said
from counterseal.manifest.digest import sha256

MOST_EXCEPTIONS: Final = 500
MOST_ELEMENTS: Final = 2000
"""The most elements that a page lists; all of them are in the table and the answer."""

_STATES: Final = {
    Grade.COVERED: "passed",
    Grade.NOTE: "passed",
    Grade.UNPROVABLE: "inconclusive",
    Grade.GAP: "failed",
    Grade.TAMPERED: "failed",
}
_WORDS: Final = {
    Grade.COVERED: ("Yes", "Every change, deployment and release of the window is accounted for."),
    Grade.NOTE: (
        "Yes",
        "Every change, deployment and release is accounted for; read the notes.",
    ),
    Grade.UNPROVABLE: (
        "It cannot be told",
        "Something could not be read, or is not there. That is never a pass.",
    ),
    Grade.GAP: ("No", "Something happened without what the policy demands."),
    Grade.TAMPERED: (
        "No",
        "Evidence was altered or removed. Rely on none of it until each finding is explained.",
    ),
}
_CONTROL_WORDS: Final = {
    "satisfied": ("passed", "Satisfied"),
    "failed": ("failed", "Not satisfied"),
    "unknown": ("inconclusive", "Cannot be told"),
    "no-case": ("unknown", "No case"),
    "not-assessed": ("unknown", "Not looked at"),
}


@dataclass(frozen=True)
class Population:
    """A population: how many elements and exceptions it has, where it was read, and what is not known."""

    name: str
    count: int
    exceptions: int
    source: str
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A verdict on an element."""

    population: str
    name: str
    short: str
    at: str | None
    title: str
    state: str
    grade: str
    code: str
    message: str
    digest: str | None
    remedy: str | None


@dataclass(frozen=True)
class ControlRow:
    """A control as it stands: what shows it, and how much speaks of it other than that all is well."""

    title: str
    mark: str
    word: str
    cases: str
    count: int
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class AnswerView:
    """The page of an answer.

    Attributes:
        answer: the answer.
        digest: SHA-256 of its canonical bytes.
        verdict: the answer to the question.
        populations: what was compared.
        exceptions: what is wrong or cannot be told, the worst first.
        more_exceptions: how many are not listed.
        controls: how each control stands.
        notes: what is not wrong and worth knowing.
        elements: every element but the objects of the store, with its worst verdict.
        elements_total: how many there are.
        catalogue: the version of the catalogue of clauses.
    """

    answer: Answer
    digest: str
    verdict: Said
    populations: tuple[Population, ...]
    exceptions: tuple[Row, ...]
    more_exceptions: int
    controls: tuple[ControlRow, ...]
    notes: tuple[Row, ...]
    elements: tuple[Row, ...]
    elements_total: int
    catalogue: str

    @property
    def elements_shown(self) -> int:
        """How many elements are listed."""
        return len(self.elements)


def answer_view(answer: Answer, catalogue: Catalogue) -> AnswerView:
    """Return what the page of an answer says."""
    bad = [row for one in answer.exceptions() for row in _rows(one, wrong=True)]
    fine = [row for one in answer.elements for row in _rows(one, wrong=False)]
    listed = [one for one in answer.elements if one.population != "objects" and one.name != "census"]
    word, sentence = _WORDS[answer.grade]
    return AnswerView(
        answer=answer,
        digest=sha256(encode_answer(answer)),
        verdict=Said(_STATES[answer.grade], word, sentence),
        populations=tuple(_populations(answer)),
        exceptions=tuple(bad[:MOST_EXCEPTIONS]),
        more_exceptions=max(0, len(bad) - MOST_EXCEPTIONS),
        controls=tuple(map(_control, standings(answer, catalogue))),
        notes=tuple(fine[:MOST_EXCEPTIONS]),
        elements=tuple(map(_element, listed[:MOST_ELEMENTS])),
        elements_total=len(listed),
        catalogue=catalogue.version,
    )


def _populations(answer: Answer) -> Iterator[Population]:
    for census in answer.censuses:
        bad = sum(one.population == census.population for one in answer.exceptions())
        gaps = tuple(gap.message for gap in census.gaps)
        yield Population(census.population, census.count, bad, census.source, gaps)


def _rows(one: Judged, *, wrong: bool) -> Iterator[Row]:
    """Yield the verdicts of an element that are worse than a note, or those that are notes."""
    for verdict in one.verdicts:
        is_wrong = verdict.grade not in (Grade.COVERED, Grade.NOTE)
        if is_wrong if wrong else verdict.grade is Grade.NOTE:
            yield _row(one, verdict)


def _element(one: Judged) -> Row:
    """Return an element with its worst verdict, and its own digest where it is covered all the same."""
    row = _row(one, one.verdicts[0])
    own = next((verdict.digest for verdict in one.verdicts if verdict.code == "covered"), None)
    return replace(row, digest=own or row.digest)


def _row(one: Judged, verdict: Verdict) -> Row:
    return Row(
        population=one.population,
        name=one.name,
        short=one.name[:12] if one.population == "changes" else one.name,
        at=one.at,
        title=one.title,
        state=_STATES[verdict.grade],
        grade=str(verdict.grade),
        code=verdict.code,
        message=verdict.message,
        digest=verdict.digest,
        remedy=verdict.remedy,
    )


def _control(standing: Standing) -> ControlRow:
    mark, word = _CONTROL_WORDS[standing.state]
    cases = ", ".join(f"{name} ({count:,})" for name, count in standing.cases) or "none"
    control = standing.control
    return ControlRow(control.title, mark, word, cases, len(standing.found), control.clauses)
